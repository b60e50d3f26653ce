/** How one address of an upstream is doing: how long it takes, whether it fails, and when somebody should look again. */
import { UpstreamError } from './error.ts'
import { OF_ONE_PAGE, OF_OURSELVES, OF_THE_CONNECTION } from './failure-scope.ts'

/** How much a new latency counts beside all before it. */
const WEIGHT = 0.3
/** Latencies of which the 95th percentile is taken, and how many it takes for one. */
const MAX_SAMPLES = 64
const MIN_SAMPLES = 5
/** Another address is asked too after this at the latest, in ms; and not before that, or noise would double all questions. */
const MAX_HEDGE_MS = 1000
const MIN_HEDGE_MS = 50
/** Where all others fail, one that is down is tried again as soon, in ms: it may be back, and whoever asks has nobody else. */
const TRIED_AGAIN_MS = 250
/** A little less than anybody waits for one alone, so that it is known by then. */
const SILENT_MS = 900
/** With the second for which a failure is shared by those who ask the same, an address is back within 5 s. */
const PAUSES_MS = [1000, 2000, 4000]
/** One that is not used is looked at so often, and one that was slow, as long as there are questions. */
const LOOK_EVERY_MS = 60_000
const LOOK_AGAIN_MS = 4000

export interface Health {
  /** A question to it begins. */
  begin(): Begun
  /** It fails, and is left alone. */
  isDown(): boolean
  /** It is not down, or nobody has looked for a while. */
  mayBeAsked(): boolean
  /** It may be tried although it is down, where there is nobody else: not by everybody at once, and not while it is silent. */
  mayBeTried(): boolean
  /** Nobody asked it for a while: one more question is well spent. */
  isUnknown(): boolean
  /** The moving average, or how long it has said nothing, if that is more. undefined: nobody knows yet. In ms. */
  latencyMs(): number | undefined
  /** Somebody has waited for it for as long as anybody waits for one alone. */
  isSilent(): boolean
  /** How long to wait for it before another one is asked as well, in ms. */
  hedgeMs(): number
  /** When a question began that it answered, ms since the epoch; undefined: it never did. */
  answeredAt(): number | undefined
  /** Why it is down. */
  lastError(): UpstreamError | undefined
}

/** One of the two, once. */
export interface Begun {
  answered(): void
  /** What is no UpstreamError says nothing about the address. */
  failed(error: unknown): void
}

export interface HealthOptions {
  /** ms since the epoch. */
  readonly now: () => number
  /** Called when it goes down, and when it is back. */
  readonly onChange?: (state: 'down' | 'up', error?: UpstreamError) => void
}

export function openHealth({ now, onChange }: HealthOptions): Health {
  const samples: number[] = []
  const pending = new Set<{ readonly at: number }>()
  let average: number | undefined
  let failures = 0
  let pauses = 0
  let answeredAt = -Infinity
  let lookedAt = -Infinity
  /** The last thing that was heard of it was a failure, or came late. */
  let wasBad = false
  let down: { readonly error: UpstreamError; since: number; pauseMs: number } | undefined

  /** Whether at least `ms` have passed; also after a clock was set back, so that nothing is left alone for longer. */
  function isOver(ms: number, since: number): boolean {
    const ageMs = now() - since
    return ageMs >= ms || ageMs < 0
  }

  const silentMs = () => Math.max(0, ...Array.from(pending, ({ at }) => performance.now() - at))

  function answered(at: number, askedAt: number): void {
    const ms = performance.now() - at
    samples.push(ms)
    if (samples.length > MAX_SAMPLES) samples.shift()
    average = average === undefined || wasBad ? ms : average + WEIGHT * (ms - average)
    wasBad = ms > MAX_HEDGE_MS
    failures = pauses = 0
    answeredAt = Math.max(answeredAt, askedAt)
    rise()
  }

  function rise(): void {
    if (down === undefined) return
    down = undefined
    onChange?.('up')
  }

  function failed(error: UpstreamError, askedAt: number, isLook: boolean): void {
    if (OF_OURSELVES.has(error.code)) return
    if (OF_ONE_PAGE.has(error.code)) {
      failures = pauses = 0
      rise()
      return
    }
    // It has answered others that were asked later: what is slow is this page.
    if (error.code === 'timeout' && askedAt < answeredAt) return
    wasBad = true
    // Questions that were under way when it went down tell nothing new.
    if (isLook !== (down !== undefined)) return
    failures += 1
    if (down === undefined && failures < 2 && !OF_THE_CONNECTION.has(error.code)) return
    const before = down
    down = { since: now(), pauseMs: PAUSES_MS[0] ?? 0, ...before, error }
    if (before === undefined) onChange?.('down', error)
  }

  return {
    begin() {
      const [at, askedAt, isLook] = [performance.now(), now(), down !== undefined]
      lookedAt = askedAt
      if (down !== undefined) {
        pauses += 1
        down.since = askedAt
        down.pauseMs = PAUSES_MS[Math.min(pauses, PAUSES_MS.length - 1)] ?? 0
      }
      const question = { at }
      pending.add(question)
      const end = () => pending.delete(question)
      return {
        answered() {
          if (end()) answered(at, askedAt)
        },
        failed(error) {
          if (end() && error instanceof UpstreamError) failed(error, askedAt, isLook)
        },
      }
    },
    isDown: () => down !== undefined,
    mayBeAsked: () => down === undefined || isOver(down.pauseMs, down.since),
    // Of one that hung, nobody would hear soon.
    mayBeTried: () => down?.error.code !== 'timeout' && isOver(TRIED_AGAIN_MS, lookedAt) && silentMs() < SILENT_MS,
    isUnknown: () => pending.size === 0 && isOver(wasBad ? LOOK_AGAIN_MS : LOOK_EVERY_MS, lookedAt),
    isSilent: () => silentMs() >= SILENT_MS,
    latencyMs() {
      const silent = silentMs()
      if (average !== undefined) return Math.max(average, silent)
      return silent < MAX_HEDGE_MS ? undefined : silent
    },
    hedgeMs() {
      if (samples.length < MIN_SAMPLES) return MAX_HEDGE_MS
      const sorted = samples.toSorted((a, b) => a - b)
      const p95 = sorted[Math.ceil(sorted.length * 0.95) - 1] ?? MAX_HEDGE_MS
      return Math.min(Math.max(p95, MIN_HEDGE_MS), MAX_HEDGE_MS)
    },
    answeredAt: () => (answeredAt === -Infinity ? undefined : answeredAt),
    lastError: () => down?.error,
  }
}
