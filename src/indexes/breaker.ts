/** An upstream that fails is left alone for a while: 1, 2, 4, 5, 5 … s, then one question finds out whether it is back. */
import { type FailureCode, UpstreamError } from '../upstream/error.ts'
import type { Index } from './contract.ts'

/** These say nothing about other pages of the same upstream, but that it answers. */
const OF_ONE_PAGE: ReadonlySet<FailureCode> = new Set([
  'bad-page',
  'api-version',
  'too-large',
  'bad-media-type',
  'bad-encoding',
  'truncated',
  'redirect-refused',
])
/** Nobody was asked. */
const OF_OURSELVES: ReadonlySet<FailureCode> = new Set(['busy', 'offline'])
/** One is enough to know that the next will not do better. */
const OF_THE_CONNECTION: ReadonlySet<FailureCode> = new Set([
  'connect',
  'dns',
  'timeout',
  'certificate',
  'throttled',
  'secret-unavailable',
])

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
    getProject: (name, ask) => pages(() => inner.getProject(name, ask)),
    listProjects: (held) => lists(() => inner.listProjects(held)),
  }
}

function breaker({ now, onChange }: BreakerOptions): <T>(ask: () => Promise<T>) => Promise<T> {
  let failures = 0
  let pauses = 0
  let open: { readonly error: UpstreamError; readonly since: number; readonly pauseMs: number } | undefined
  let probing = false

  function failed(error: UpstreamError, isProbe: boolean): void {
    // Questions that were under way when it opened tell nothing new.
    if (open !== undefined && !isProbe) return
    failures += 1
    if (open === undefined && failures < 2 && !OF_THE_CONNECTION.has(error.code)) return
    const pauseMs = Math.max(
      PAUSES_MS[Math.min(pauses, PAUSES_MS.length - 1)] ?? 0,
      Math.min(error.retryAfterMs ?? 0, MAX_PAUSE_MS),
    )
    if (open === undefined) onChange?.('open', error)
    open = { error, since: now(), pauseMs }
    pauses += 1
  }

  function answered(): void {
    if (open !== undefined) onChange?.('closed')
    failures = pauses = 0
    open = undefined
  }

  return async (ask) => {
    const isProbe = open !== undefined
    if (open !== undefined) {
      const ageMs = now() - open.since
      // A clock that was set back must not make the pause longer.
      if (probing || (ageMs >= 0 && ageMs < open.pauseMs)) throw open.error
      probing = true
    }
    try {
      const answer = await ask()
      answered()
      return answer
    } catch (error) {
      if (error instanceof UpstreamError) {
        if (OF_ONE_PAGE.has(error.code)) answered()
        else if (!OF_OURSELVES.has(error.code)) failed(error, isProbe)
      }
      throw error
    } finally {
      if (isProbe) probing = false
    }
  }
}
