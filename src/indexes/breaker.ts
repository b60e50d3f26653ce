/** An upstream that fails is left alone for a while: 1, 2, 4, 5, 5 … s, then one question finds out whether it is back. */
import { UpstreamError } from '../upstream/error.ts'
import { OF_ONE_PAGE, OF_OURSELVES, OF_THE_CONNECTION } from '../upstream/failure-scope.ts'
import type { Index } from './contract.ts'

const PAUSES_MS = [1000, 2000, 4000, 5000]
/** An upstream may ask for more patience (`Retry-After`), within this. */
const MAX_PAUSE_MS = 300_000

export interface BreakerOptions {
  readonly now: () => number
  /** Called when the upstream is left alone, and when it is back. */
  readonly onChange?: (state: 'open' | 'closed', error?: UpstreamError) => void
}

/** While it is left alone, the failure that opened it is thrown again: the same cause gives the same status. */
export function withBreaker(inner: Index, options: BreakerOptions): Index {
  // A list is large and asked for by ourselves: its trouble must not keep anybody from a page.
  const [pages, lists] = [breaker(options), breaker(options)]
  return {
    getProject: (name, ask) => pages((anew) => inner.getProject(name, { ...ask, anew })),
    listProjects: (held) => lists(() => inner.listProjects(held)),
  }
}

function breaker({ now, onChange }: BreakerOptions): <T>(ask: (anew: boolean) => Promise<T>) => Promise<T> {
  let failures = 0
  let pauses = 0
  let answeredAt = -Infinity
  /** Failures that were shared by several, or are thrown again: each counts once. */
  const seen = new WeakSet<UpstreamError>()
  let open: { readonly error: UpstreamError; readonly since: number; readonly pauseMs: number } | undefined

  /** Whether less than `ms` have passed. A clock that was set back must not make it longer. */
  function isWithin(ms: number, since: number): boolean {
    const ageMs = now() - since
    return ageMs >= 0 && ageMs < ms
  }

  const nextPauseMs = () => PAUSES_MS[Math.min(pauses, PAUSES_MS.length - 1)] ?? 0

  function failed(error: UpstreamError, { isProbe, askedAt }: { isProbe: boolean; askedAt: number }): void {
    // It has answered others meanwhile: what is slow is this page.
    if (error.code === 'timeout' && askedAt < answeredAt) return
    // Questions that were under way when it opened tell nothing new, nor does a late one that was to find out whether it is back.
    if (isProbe !== (open !== undefined)) return
    failures += 1
    if (open === undefined && failures < 2 && !OF_THE_CONNECTION.has(error.code)) return
    if (open === undefined) onChange?.('open', error)
    // The pause of a question that was to find out counts from its start: others need not wait for what hangs.
    const { since, pauseMs } = open ?? { since: now(), pauseMs: nextPauseMs() }
    const wantedMs = error.retryAfterMs === undefined ? 0 : now() - since + Math.min(error.retryAfterMs, MAX_PAUSE_MS)
    open = { error, since, pauseMs: Math.max(pauseMs, wantedMs) }
  }

  function answered(): void {
    if (open !== undefined) onChange?.('closed')
    failures = pauses = 0
    answeredAt = now()
    open = undefined
  }

  return async (ask) => {
    const isProbe = open !== undefined
    if (open !== undefined) {
      if (isWithin(open.pauseMs, open.since)) throw open.error
      pauses += 1
      open = { error: open.error, since: now(), pauseMs: nextPauseMs() }
    }
    const askedAt = now()
    try {
      const answer = await ask(isProbe)
      answered()
      return answer
    } catch (error) {
      if (error instanceof UpstreamError && !seen.has(error)) {
        seen.add(error)
        if (OF_ONE_PAGE.has(error.code)) answered()
        else if (!OF_OURSELVES.has(error.code)) failed(error, { isProbe, askedAt })
      }
      throw error
    }
  }
}
