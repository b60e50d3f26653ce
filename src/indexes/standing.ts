/** Whether a kept answer may stand for its upstream: decided from ages alone, before and after the upstream is asked. */
import type { UpstreamError } from '../upstream/error.ts'
import { SHARED_FOR_MS, type Windows } from './windows.ts'

/** What is kept: when it was last confirmed, until when it is fresh, and whether it is more than an absence. */
export interface Kept {
  readonly checkedAt: number
  readonly freshUntil: number
  readonly hasPage: boolean
}

/** `give`: without asking. `give-and-ask`: at once, while it is asked for behind. `ask`: the upstream must be asked. */
export type Standing = 'give' | 'give-and-ask' | 'ask'

/** How new an answer has to be, beside what the windows say. */
export interface Wanted {
  /** A client wants no older one than this. */
  readonly maxAgeMs?: number
  /** An operator wants one from after this moment. */
  readonly notBefore?: number
  /** What would be asked for behind is waited for. */
  readonly refresh?: boolean
}

/** Before the upstream is asked. */
export function standingBefore(kept: Kept | undefined, windows: Windows, now: number, wanted: Wanted = {}): Standing {
  const { maxAgeMs, notBefore, refresh = false } = wanted
  const behind = refresh ? 'ask' : 'give-and-ask'
  if (kept === undefined || (notBefore !== undefined && kept.checkedAt < notBefore)) return 'ask'
  const ageMs = now - kept.checkedAt
  // A clock that was set back must not make an answer fresh for longer.
  if (ageMs < 0 || (maxAgeMs !== undefined && ageMs > Math.max(maxAgeMs, SHARED_FOR_MS))) return 'ask'
  if (now < kept.freshUntil) {
    // An absence that is about to end is asked for again before somebody has to wait.
    const isEnding = !kept.hasPage && windows.whileRefreshingMs > 0 && ageMs > windows.absentForMs / 2
    return isEnding ? behind : 'give'
  }
  return kept.hasPage && now < kept.freshUntil + windows.whileRefreshingMs ? behind : 'ask'
}

/** After it was asked and could not say. An absence never stands in for an upstream that fails. */
export function mayStandIn(
  kept: Kept | undefined,
  error: Pick<UpstreamError, 'mayHeal'>,
  windows: Windows,
  now: number,
): boolean {
  if (kept === undefined || !kept.hasPage) return false
  return now - kept.checkedAt <= (error.mayHeal ? windows.whileFailingMs : windows.whileDeniedMs)
}
