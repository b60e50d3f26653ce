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

export function openDeadline(): Deadline {
  const controller = new AbortController()
  const timers = new Set<NodeJS.Timeout>()
  return {
    signal: controller.signal,
    limit(ms, error) {
      const timer = setTimeout(() => controller.abort(error()), ms)
      timers.add(timer)
      return () => clearTimeout(timer)
    },
    clear() {
      for (const timer of timers) clearTimeout(timer)
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
