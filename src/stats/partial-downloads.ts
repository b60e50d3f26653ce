/** Downloads in parts: which ranges of a file a client was given, until they make up the whole. */
import { LRUCache } from 'lru-cache'

/** Bytes from `start` up to, not including, `end`. */
export interface Part {
  readonly start: number
  readonly end: number
}

/** Who goes on later than that, or after so many others, begins anew. */
const KEPT_MS = 60 * 60_000
const MAX_DOWNLOADS = 10_000

/** Whoever reads a file in more pieces reads in it, rather than downloads it. */
const MAX_PARTS = 64

export interface PartialDownloads {
  /**
   * `who` was given a part of a file of `size` bytes; true where it has all of it with that, once for each time. `who` stands
   * for a client and a file; two clients that cannot be told apart are one.
   */
  completes(who: string, part: Part, size: number): boolean
  /** Nobody is in the middle of anything. */
  isEmpty(): boolean
}

export function partialDownloads(now: () => number): PartialDownloads {
  const known = new LRUCache<string, readonly Part[]>({
    max: MAX_DOWNLOADS,
    ttl: KEPT_MS,
    perf: { now },
  })
  return {
    completes(who, part, size) {
      if (part.start === 0 && part.end === size) {
        // What it was given before, it did not go on with.
        known.delete(who)
        return true
      }
      if (part.end <= part.start) return false
      const parts = joined([...(known.get(who) ?? []), part])
      const [first] = parts
      const isWhole = first?.start === 0 && first.end === size
      if (isWhole || parts.length > MAX_PARTS) known.delete(who)
      else known.set(who, parts)
      return isWhole
    },
    isEmpty: () => known.size === 0,
  }
}

/** In order, and those that touch as one. */
function joined(parts: readonly Part[]): Part[] {
  const all: Part[] = []
  for (const part of parts.toSorted((a, b) => a.start - b.start)) {
    const last = all.at(-1)
    if (last === undefined || part.start > last.end) all.push(part)
    else all[all.length - 1] = { start: last.start, end: Math.max(last.end, part.end) }
  }
  return all
}
