/** One question to several who can answer it: the next is asked when the one before fails, is of no use, or takes too long. */

/** What somebody said: an answer, or why it is none to end with. */
export type Said<T, P> = { readonly use: T } | { readonly pass: P }

export interface HedgedOptions<M, T, P> {
  /** Never rejects, but for mistakes of ours. */
  readonly ask: (member: M) => Promise<Said<T, P>>
  /** How long a member is waited for alone, in ms. */
  readonly patienceMs: (member: M) => number
  /** How long all of them are waited for, in ms. */
  readonly withinMs: number
  /** How long somebody better is waited for once this was said, in ms; undefined: as long as all are. */
  readonly graceMs?: (pass: P) => number | undefined
  /** Told of an answer that comes when there is one already, or nobody waits any more. */
  readonly onLate?: (late: T) => void
}

export type Hedged<M, T, P> =
  | { readonly use: T }
  /** What those said who said anything: nobody was of use. */
  | { readonly passes: ReadonlyMap<M, P> }

const LATER_PATIENCE_MS = 100

export function hedged<M, T, P>(order: readonly M[], options: HedgedOptions<M, T, P>): Promise<Hedged<M, T, P>> {
  const { ask, patienceMs, withinMs, graceMs, onLate } = options
  const { promise, resolve, reject } = Promise.withResolvers<Hedged<M, T, P>>()
  const passes = new Map<M, P>()
  let next = 0
  let isOver = false
  let patience: NodeJS.Timeout | undefined
  let grace: NodeJS.Timeout | undefined
  const limit = setTimeout(() => end({ passes }), withinMs)

  function stop(): void {
    isOver = true
    for (const timer of [patience, grace, limit]) clearTimeout(timer)
  }

  function end(outcome: Hedged<M, T, P>): void {
    stop()
    resolve(outcome)
  }

  function hear(member: M, said: Said<T, P>): void {
    if ('use' in said) {
      if (isOver) onLate?.(said.use)
      else end(said)
      return
    }
    if (isOver) return
    passes.set(member, said.pass)
    const ms = graceMs?.(said.pass)
    if (ms !== undefined) grace ??= setTimeout(() => end({ passes }), ms)
    if (next < order.length) askNext()
    else if (passes.size === order.length) end({ passes })
  }

  function askNext(): void {
    clearTimeout(patience)
    const member = order[next]
    if (member === undefined || isOver) return
    next += 1
    // Where one took too long already, the others are asked one soon after the other.
    const ms = next === 1 ? patienceMs(member) : Math.min(patienceMs(member), LATER_PATIENCE_MS)
    if (next < order.length) patience = setTimeout(askNext, ms)
    ask(member).then(
      (said) => hear(member, said),
      (mistake: unknown) => {
        stop()
        reject(mistake)
      },
    )
  }

  if (order.length === 0) end({ passes })
  else askNext()
  return promise
}
