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

const waiting: (() => boolean)[] = []
let isScheduled = false
/** What is left of this turn of the event loop, in ms. */
let leftMs = TURN_MS

/** Runs `steps` with others between them. What fits into this turn is done when it returns. Rejects with what `steps` throws. */
export function paced<T>(steps: Steps<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    /** Whether it came to its end. */
    function go(): boolean {
      try {
        const startedAt = performance.now()
        for (;;) {
          const step = steps.next()
          const tookMs = performance.now() - startedAt
          if (step.done === true) {
            leftMs -= tookMs
            resolve(step.value)
            return true
          }
          if (tookMs >= leftMs) {
            leftMs = 0
            return false
          }
        }
      } catch (error) {
        reject(error)
        return true
      }
    }
    if (leftMs <= 0 || waiting.length > 0 || !go()) waiting.push(go)
    schedule()
  })
}

function schedule(): void {
  if (isScheduled) return
  isScheduled = true
  setImmediate(turn)
}

/** One turn: who has waited longest begins, and who does not come to an end waits behind the others. */
function turn(): void {
  isScheduled = false
  leftMs = TURN_MS
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    if (!next()) waiting.push(next)
    if (leftMs <= 0) break
  }
  if (waiting.length > 0) schedule()
}
