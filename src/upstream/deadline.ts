/** Time limits of one question, exact where those of undici may be a second late. */
import type { UpstreamError } from './error.ts'

export interface Deadline {
  /** Aborted with the error of the limit that was passed first. */
  readonly signal: AbortSignal
  /** Sets a limit from now on; the function that comes back lifts it. */
  limit(ms: number, error: () => UpstreamError): () => void
  /** Lifts all limits. */
  clear(): void
}

/** A timer that is so late was held up by ourselves (a debugger, a busy machine): the answer may lie there, not read yet. */
const LATE_MS = 250
/** Enough to read what has come. */
const GRACE_MS = 250

export function openDeadline(): Deadline {
  const controller = new AbortController()
  const lifts = new Set<() => void>()
  return {
    signal: controller.signal,
    limit(ms, error) {
      const dueAt = performance.now() + ms
      const pass = () => controller.abort(error())
      let timer = setTimeout(() => {
        if (performance.now() - dueAt < LATE_MS) pass()
        else timer = setTimeout(pass, GRACE_MS)
      }, ms)
      const lift = () => clearTimeout(timer)
      lifts.add(lift)
      return lift
    },
    clear() {
      for (const lift of lifts) lift()
    },
  }
}

/** What `promise` gives, unless `signal` is aborted first; what is awaited goes on. */
export function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
