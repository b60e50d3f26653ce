/** What the status of an answer means that is neither a page nor a file: absence, or one of the ways not to say. */
import { type Answer, discard } from './exchange.ts'
import type { Fail } from './failures.ts'
import { retryAfterMs } from './fields.ts'
import type { UpstreamError } from './error.ts'

const DENIED: ReadonlySet<number> = new Set([401, 403, 407, 511])

/** 404, 410 and the statuses that the operator names (`absentOn`). */
export function isAbsent(status: number, absentOn: readonly number[]): boolean {
  return status === 404 || status === 410 || absentOn.includes(status)
}

/** Why `answer` is of no use. Its body is discarded. */
export function uselessAnswer(answer: Answer, fail: Fail): UpstreamError {
  discard(answer)
  const { status, fields } = answer
  const what = `answered ${status}`
  if (DENIED.has(status)) return fail('denied', what, { status })
  const waitMs = retryAfterMs(fields, Date.now())
  if (status === 429) return fail('throttled', what, { status, retryAfterMs: waitMs })
  if (status < 400) return fail('protocol', `${what}, which was not asked for`, { status })
  return fail('status', what, { status, retryAfterMs: waitMs })
}
