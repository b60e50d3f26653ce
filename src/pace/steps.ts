/** Long work in short steps: everything else has its turn between two of them, since one thread answers all requests. */

/** Work that says where it may be interrupted: at each `yield`. What it gives is the same, however it is run. */
export type Steps<T> = Generator<undefined, T, undefined>

/** How long others may wait for work in one turn of the event loop, in ms: all work that is under way shares it. */
const TURN_MS = 8

/** Runs `steps` from the first to the last: for what is known to be short. */
export function atOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}

export interface PaceOptions {
  /** Nobody waits for it yet: what is waited for comes first. */
  readonly behind?: boolean
}

/** Work that took longer, in ms, is long: it waits until shorter work is done. */
const SHORT_MS = 40

/** How much of a turn long work may take, in ms: shorter work that comes along waits for it. */
const LONG_TURN_MS = 2

/** Work under way, in the order in which it is to go on: one after the other, so that the first is done early. */
const short: Work[] = []
/** Long work, and what nobody waits for: in turns. */
const long: Work[] = []
let isScheduled = false
/** What is left of this turn of the event loop, in ms. */
let leftMs = TURN_MS

interface Work {
  /** Goes on until the turn is over; one step at least. Gives whether it came to its end. */
  go(): boolean
  isLong: boolean
}

/**
 * Runs `steps` with others between them. What fits into this turn is done when it returns, unless it goes `behind`. Rejects
 * with what `steps` throws.
 */
export function paced<T>(steps: Steps<T>, { behind = false }: PaceOptions = {}): Promise<T> {
  return new Promise((resolve, reject) => {
    let spentMs = 0
    const work: Work = {
      isLong: behind,
      go() {
        const startedAt = performance.now()
        try {
          for (;;) {
            const step = steps.next()
            const tookMs = performance.now() - startedAt
            if (step.done !== true && tookMs < leftMs) continue
            leftMs -= tookMs
            spentMs += tookMs
            work.isLong ||= spentMs > SHORT_MS
            if (step.done !== true) return false
            resolve(step.value)
            return true
          }
        } catch (error) {
          leftMs -= performance.now() - startedAt
          reject(error)
          return true
        }
      },
    }
    const isFirst = !behind && short.length === 0 && leftMs > 0
    if (!isFirst || !work.go()) wait(work)
    schedule()
  })
}

/**
 * Resolves when long work has its turn, and ends that turn: for what cannot be done in steps, takes a millisecond or two, and
 * is not waited for.
 */
export function turnBehind(): Promise<void> {
  return new Promise((resolve) => {
    wait({
      isLong: true,
      go() {
        leftMs = 0
        resolve()
        return true
      },
    })
    schedule()
  })
}

function wait(work: Work): void {
  if (work.isLong) long.push(work)
  else short.push(work)
}

function schedule(): void {
  if (isScheduled) return
  isScheduled = true
  setImmediate(turn)
}

/** One turn: the short work that has waited longest goes on, then others; long work does a step at least. */
function turn(): void {
  isScheduled = false
  leftMs = TURN_MS
  for (let next = short[0]; next !== undefined; next = short[0]) {
    const isDone = next.go()
    if (isDone || next.isLong) short.shift()
    if (!isDone && next.isLong) long.push(next)
    if (leftMs <= 0) break
  }
  leftMs = Math.min(leftMs, LONG_TURN_MS)
  for (let next = long.shift(); next !== undefined; next = long.shift()) {
    if (!next.go()) long.push(next)
    if (leftMs <= 0) break
  }
  if (short.length > 0 || long.length > 0) schedule()
}
