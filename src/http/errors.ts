/** The one place where a failure becomes a status code and a log line. */
import type { Context } from 'hono'
import { UpstreamError } from '../indexes/contract.ts'
import type { Report } from '../log/report.ts'
import { UnknownIndexError } from '../resolve/unknown-index.ts'
import { StateError } from '../store/state.ts'

/** What an operator looks at who reads it. */
const DENIED_HINT =
  '. It refuses us: see its "auth" in the rules, or its "absentOn" if that is how it says that it does not have a project'

/** Clients that are told to come back wait that long; pip sleeps the whole of it, so it is never much. */
const MAX_RETRY_AFTER_S = 3

export const TEXT_HEADERS = {
  'Content-Type': 'text/plain; charset=utf-8',
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
}

/** A line of text for a person, that no cache keeps. */
export function textResponse(
  c: Context,
  status: 400 | 403 | 404 | 405 | 406 | 416 | 421 | 500 | 502 | 503,
  text: string,
  headers: Record<string, string> = {},
): Response {
  return c.body(`${text}\n`, status, {
    ...TEXT_HEADERS,
    ...headers,
  })
}

/** For `app.onError`. */
export function errorHandler(report: Report): (error: Error, c: Context) => Response {
  return (error, c) => {
    if (error instanceof UnknownIndexError) return textResponse(c, 404, error.message)
    if (error instanceof UpstreamError) return upstreamFailed(error, c, report)
    if (error instanceof StateError) {
      report('error', 'request_failed', { path: c.req.path, status: 503, code: 'state', reason: error.message })
      return textResponse(
        c,
        503,
        'What is remembered about names cannot be read, so nothing is answered; the log says why',
        { 'Retry-After': '1' },
      )
    }
    report('error', 'bug', { method: c.req.method, path: c.req.path, reason: error.message, stack: error.stack })
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
  })
  const hint = code === 'denied' ? DENIED_HINT : ''
  const text = `Upstream "${upstream}" cannot say (${message}), and nothing else may answer in its place${hint}`
  const seconds = Math.min(Math.max(Math.ceil((error.retryAfterMs ?? 1000) / 1000), 1), MAX_RETRY_AFTER_S)
  return textResponse(c, status, text, {
    'X-Unidex-Sources': `${upstream};missing`,
    ...(error.mayHeal && { 'Retry-After': String(seconds) }),
  })
}
