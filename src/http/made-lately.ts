/** What is made of the counts: once a minute at most, and one after the other, whoever asks for how many. */
import { LRUCache } from 'lru-cache'
import type { DownloadStats } from '../stats/download-stats.ts'

/** It holds for so long, in ms, whatever is counted meanwhile. */
export const HOLDS_FOR_MS = 60_000

const MAX_ENTRIES = 200

export interface MadeLatelyOptions<T> {
  readonly stats: DownloadStats
  readonly now: () => number
  /** Bytes of all that is kept, and of one of them. */
  readonly maxBytes: number
  readonly bytesOf: (made: T) => number
}

/** Gives what was made under the key, or has it made. @throws what `make` and the database throw */
export function madeLately<T>({ stats, now, maxBytes, bytesOf }: MadeLatelyOptions<T>) {
  const kept = new LRUCache<string, { readonly made: T; readonly madeAt: number; readonly version: number }>({
    max: MAX_ENTRIES,
    maxSize: maxBytes,
    // One at least, since nothing may weigh nothing.
    sizeCalculation: ({ made }) => bytesOf(made) + 1,
  })
  const making = new Map<string, Promise<T>>()
  let last: Promise<unknown> = Promise.resolve()

  async function makeNow(key: string, make: () => Promise<T>): Promise<T> {
    const madeAt = now()
    const version = stats.version()
    const made = await make()
    kept.set(key, { made, madeAt, version })
    return made
  }

  return (key: string, make: () => Promise<T>): Promise<T> => {
    const before = kept.get(key)
    const age = now() - (before?.madeAt ?? 0)
    if (before !== undefined && age >= 0 && (age < HOLDS_FOR_MS || before.version === stats.version()))
      return Promise.resolve(before.made)
    let made = making.get(key)
    if (made === undefined) {
      made = last.then(() => makeNow(key, make)).finally(() => making.delete(key))
      last = made.catch(() => undefined)
      making.set(key, made)
    }
    return made
  }
}
