/** Waiting with an end, for what a client must not be kept waiting for. */

/** Clients give up after 15 s without a byte, and learn nothing then: an error has to be there before. */
export const ANSWER_WITHIN_MS = 9000

/** What `awaited` gives, or what `late` throws after `ms`; what was awaited may still come, and is forgotten. */
export function inTime<T>(awaited: Promise<T>, ms: number, late: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(late()), ms)
    awaited.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
