/** What an error of undici, Node or OpenSSL means, as one of our words; decided by code, never by text. */
import { type FailureCode, UpstreamError } from './error.ts'
import { errors } from './undici.ts'

/** Makes the errors of one question to an upstream. `what` completes a sentence that begins with the question: "answered 503". */
export type Fail = (
  code: FailureCode,
  what: string,
  options?: { readonly cause?: unknown; readonly status?: number; readonly retryAfterMs?: number | undefined },
) => UpstreamError

/** A message names the path at most: not the host, which the upstream's name stands for, and never the query. */
const MAX_PATH_LENGTH = 200

/** `GET /simple/numpy/`: how a question is called in messages. */
export function questionName(method: string, url: URL): string {
  const path = url.pathname
  return `${method} ${path.length > MAX_PATH_LENGTH ? `${path.slice(0, MAX_PATH_LENGTH)}…` : path}`
}

export function failing(upstream: string, question: string): Fail {
  return (code, what, options) => new UpstreamError(upstream, code, `${question} ${what}`, options)
}

const CODES: ReadonlyMap<string, readonly [FailureCode, string]> = new Map([
  ['ENOTFOUND', ['dns', 'failed: the host name is not known']],
  ['UND_ERR_CONNECT_TIMEOUT', ['timeout', 'failed: no connection in time']],
  ['UND_ERR_BODY_TIMEOUT', ['timeout', 'stopped sending']],
  ['ETIMEDOUT', ['timeout', 'failed: the connection timed out']],
  ['ECONNRESET', ['reset', 'failed: the connection was reset']],
  ['EPIPE', ['reset', 'failed: the connection was reset']],
  ['UND_ERR_SOCKET', ['reset', 'failed: the connection was closed before there was an answer']],
  ['UND_ERR_HEADERS_OVERFLOW', ['protocol', 'answered with too large a header']],
  ['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', ['protocol', 'was answered with lengths that contradict each other']],
  // Nothing that we pass is invalid, so this is how undici says that a proxy answered 407 to a plain request.
  ['UND_ERR_INVALID_ARG', ['denied', 'failed: the proxy asks for credentials']],
])

/** Codes of OpenSSL and Node for a certificate or handshake that only an operator can mend. */
const CERTIFICATE = [
  'CERT_',
  'CRL_',
  'DEPTH_ZERO_',
  'SELF_SIGNED_',
  'UNABLE_TO_',
  'ERR_TLS_',
  'ERR_SSL_',
  'UND_ERR_PRX_TLS',
]
const CERTIFICATE_CODES: ReadonlySet<string> = new Set([
  'EPROTO',
  'HOSTNAME_MISMATCH',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'PATH_LENGTH_EXCEEDED',
])

/**
 * `error` as an UpstreamError. `phase` says whether the head of an answer had already come.
 * Anything without a code is a bug of ours and is given back as it is.
 */
export function explained(error: unknown, phase: 'head' | 'body', fail: Fail): unknown {
  if (error instanceof UpstreamError) return error
  if (phase === 'body' && isCut(error)) return fail('truncated', 'was cut off', { cause: error })
  // Most errors of the parser have no code.
  if (error instanceof errors.HTTPParserError) {
    return fail('protocol', 'was answered with something that is not HTTP', { cause: error })
  }
  const code = codeOf(error)
  if (code === undefined) return error
  const known = CODES.get(code)
  if (known !== undefined) return fail(known[0], known[1], { cause: error })
  if (CERTIFICATE_CODES.has(code) || CERTIFICATE.some((start) => code.startsWith(start))) {
    return fail('certificate', `failed: the TLS connection cannot be trusted (${code})`, { cause: error })
  }
  if (code.startsWith('EAI_'))
    return fail('dns', `failed: the host name cannot be resolved (${code})`, { cause: error })
  return fail('connect', `failed: no connection (${code})`, { cause: error })
}

/** Whether the connection ended within a body. The parser finds that out with nothing left to parse. */
function isCut(error: unknown): boolean {
  if (error instanceof errors.HTTPParserError) return 'data' in error && error.data === ''
  return error instanceof errors.SocketError || error instanceof errors.ResponseContentLengthMismatchError
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
