/** An upstream that cannot say. Absence is a value everywhere; only this is an exception. */

/**
 * Why an upstream could not say, as a fixed word for logs and metrics. Those of `OPERATOR_MUST_ACT` do not heal by
 * themselves; all others may.
 */
export type FailureCode =
  | 'connect'
  | 'dns'
  | 'timeout'
  | 'reset'
  | 'protocol'
  | 'status'
  | 'throttled'
  | 'busy'
  | 'truncated'
  | 'too-large'
  | 'bad-encoding'
  | 'bad-media-type'
  | 'bad-page'
  | 'bad-file'
  | 'offline'
  | 'denied'
  | 'certificate'
  | 'redirect-refused'
  | 'forwarded'
  | 'address-refused'
  | 'api-version'
  | 'secret-unavailable'

const OPERATOR_MUST_ACT: ReadonlySet<FailureCode> = new Set([
  'denied',
  'certificate',
  'redirect-refused',
  'forwarded',
  'address-refused',
  'api-version',
  'secret-unavailable',
])

/** An upstream could not be asked, or what it said cannot be believed. Never an absence. */
export class UpstreamError extends Error {
  override readonly name = 'UpstreamError'
  readonly upstream: string
  readonly code: FailureCode
  /** The HTTP status, where there was one. */
  readonly status?: number
  /** How long the upstream wants to be left alone, where it said so. */
  readonly retryAfterMs?: number

  /** `message` says what was attempted and what came, without URLs that could hold a secret. */
  constructor(
    upstream: string,
    code: FailureCode,
    message: string,
    options: { cause?: unknown; status?: number | undefined; retryAfterMs?: number | undefined } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.upstream = upstream
    this.code = code
    if (options.status !== undefined) this.status = options.status
    if (options.retryAfterMs !== undefined) this.retryAfterMs = options.retryAfterMs
  }

  /** false: it stays as it is until an operator does something. */
  get mayHeal(): boolean {
    return !OPERATOR_MUST_ACT.has(this.code)
  }
}
