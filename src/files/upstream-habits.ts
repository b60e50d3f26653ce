/** What servers turned out not to have, so that nobody waits for a question whose answer is known. */
import type { UpstreamClient } from '../upstream/contract.ts'

/** As often in a row it must not be there before it is taken for a habit. */
const MISSES = 5
/** So long, in ms: servers are updated. */
const HOLDS_MS = 10 * 60_000

export interface Habit {
  /** Whether it is worth a question. */
  isLikely(client: UpstreamClient): boolean
  note(client: UpstreamClient, isThere: boolean): void
}

/** By client: one for other rules begins anew. */
export function habit(): Habit {
  const missed = new WeakMap<UpstreamClient, { readonly times: number; readonly at: number }>()
  return {
    isLikely(client) {
      const known = missed.get(client)
      return known === undefined || known.times < MISSES || performance.now() - known.at > HOLDS_MS
    },
    note(client, isThere) {
      if (isThere) missed.delete(client)
      else missed.set(client, { times: (missed.get(client)?.times ?? 0) + 1, at: performance.now() })
    },
  }
}
