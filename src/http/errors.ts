/** The one place where a failure becomes a status code and a log line. */
import type { Context } from 'hono'
import { UpstreamError } from '../indexes/contract.ts'
import type { Report } from '../log/report.ts'
import { UnknownIndexError } from '../resolve/unknown-index.ts'
import { StateError } from '../store/state.ts'
import { parseName } from '../simple/name.ts'
import { DEFAULT_INDEX } from './default-index.ts'
import { readMore } from './read-more.ts'
import { requestId } from './request-id.ts'

/** What an operator looks at who reads it. */
const DENIED_HINT =
  '. It refuses us: see its "auth" in the rules, or its "absentOn" if that is how it says that it does not have a project'

/** Clients that are told to come back wait that long; pip sleeps the whole of it, so it is never much. */
const MAX_RETRY_AFTER_S = 3

type ErrorStatus = 400 | 403 | 404 | 405 | 406 | 410 | 416 | 421 | 500 | 502 | 503

/** A line of text for a person, that no cache keeps unless `headers` say so. */
export function textResponse(
  c: Context,
  status: ErrorStatus,
  text: string,
  headers: Record<string, string> = {},
): Response {
  return textOf(c.req.raw, status, text, headers)
}

/**
 * Of what clients show of an error, the words behind its status are often all: so these say what happened. What no cache
 * keeps has the request's id, which a client may have chosen; and where somebody should look into it, the text has it too.
 */
export function textOf(
  request: Request,
  status: ErrorStatus,
  text: string,
  headers: Record<string, string> = {},
): Response {
  const isKept = headers['Cache-Control'] !== undefined
  const isForSomebody = status === 403 || status >= 500
  const id = requestId(request)
  return new Response(`${text}${isForSomebody ? ` (request ${id})` : ''}\n`, {
    status,
    statusText: reasonPhrase(text),
    headers: {
      'Content-Type': 'text/plain; charset=utf-8',
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
      ...(!isKept && { 'X-Request-Id': id }),
      ...headers,
    },
  })
}

/** Long enough for a name, a rule and its line; a terminal shows it behind an address. */
const MAX_REASON_LENGTH = 400

/** RFC 9112, section 4: visible ASCII and spaces. Names and reasons come from strangers, and this is a line of the head. */
function reasonPhrase(text: string): string {
  const plain = text.replaceAll(/[^ -~]+/g, '?')
  return plain.length <= MAX_REASON_LENGTH ? plain : `${plain.slice(0, MAX_REASON_LENGTH - 3)}...`
}

/** For `app.onError`. */
export function errorHandler(report: Report): (error: Error, c: Context) => Response {
  return (error, c) => {
    if (error instanceof UnknownIndexError)
      return textResponse(c, 404, error.message + readMore(c, DEFAULT_INDEX, undefined))
    if (error instanceof UpstreamError) return upstreamFailed(error, c, report)
    const id = requestId(c.req.raw)
    if (error instanceof StateError) {
      report('error', 'request_failed', { path: c.req.path, status: 503, code: 'state', reason: error.message, id })
      return textResponse(
        c,
        503,
        'What is remembered about names cannot be read, so nothing is answered; the log says why',
        { 'Retry-After': '1' },
      )
    }
    report('error', 'bug', { method: c.req.method, path: c.req.path, reason: error.message, stack: error.stack, id })
    return textResponse(c, 500, 'Unidex failed over this request; the log says why')
  }
}

/** 503 for what may heal by itself, 502 for what an operator must mend; never 404, never what a lower upstream has. */
function upstreamFailed(error: UpstreamError, c: Context, report: Report): Response {
  const { upstream, code, message } = error
  const status = error.mayHeal ? 503 : 502
  report(error.mayHeal ? 'warn' : 'error', 'request_failed', {
    path: c.req.path,
    status,
    upstream,
    code,
    reason: message,
    id: requestId(c.req.raw),
  })
  const hint = code === 'denied' ? DENIED_HINT : ''
  const more = readMore(c, c.req.param('index') ?? DEFAULT_INDEX, parseName(c.req.param('project') ?? ''))
  const text = `Upstream "${upstream}" cannot say (${message}), and nothing else may answer in its place${hint}${more}`
  const seconds = Math.min(Math.max(Math.ceil((error.retryAfterMs ?? 1000) / 1000), 1), MAX_RETRY_AFTER_S)
  return textResponse(c, status, text, {
    'X-Unidex-Sources': `${upstream};missing`,
    ...(error.mayHeal && { 'Retry-After': String(seconds) }),
  })
}
