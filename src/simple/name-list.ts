/** Very many project names in little memory: one sorted buffer instead of 780,000 objects. */
import type { ProjectName } from './name.ts'

/** Normalized names, sorted by bytes, without repetition. */
export interface NameList {
  readonly count: number
  /** Every name followed by a newline: the form in which lists are kept, compared and merged. */
  readonly bytes: Buffer
  /** By binary search. */
  has(name: ProjectName): boolean
}

const NEWLINE = 10

/** A list of `names`, in any order. */
export function nameList(names: Iterable<ProjectName>): NameList {
  const sorted = [...new Set(names)].toSorted((a, b) => (a < b ? -1 : 1))
  return nameListFrom(Buffer.from(sorted.length === 0 ? '' : `${sorted.join('\n')}\n`, 'latin1'))
}

/** The list that `bytes` holds; they must be those of a NameList. */
export function nameListFrom(bytes: Buffer): NameList {
  let count = 0
  for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, at + 1)) count += 1
  return {
    count,
    bytes,
    has(name) {
      const wanted = Buffer.from(name, 'latin1')
      let low = 0
      let high = bytes.length
      while (low < high) {
        const middle = (low + high) >> 1
        const start = bytes.lastIndexOf(NEWLINE, middle - 1) + 1
        const from = middle === 0 ? 0 : start
        const end = bytes.indexOf(NEWLINE, from)
        const order = bytes.compare(wanted, 0, wanted.length, from, end)
        if (order === 0) return true
        if (order > 0) high = from
        else low = end + 1
      }
      return false
    },
  }
}
