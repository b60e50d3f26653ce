/** Downloads of an access log, counted in memory up to a bound; what is more goes to somebody who keeps it aside. */
import { clientReader } from './client.ts'
import type { Day } from './day.ts'
import type { Downloads } from './download-stats.ts'
import type { LogLine } from './log-answer.ts'
import { type IsPublic, readLogPath } from './log-path.ts'
import { ownText } from './own-text.ts'

/**
 * An answer that is shorter than the largest one for the same path by more than this was broken off. Not by less: some
 * servers count the head of an answer, which is not always the same.
 */
const HEAD_BYTES = 1024

/** Counts that are kept in memory, a path as so many of them: with what is around them some 300 MB. */
const MAX_ENTRIES = 500_000
const PATH_WEIGHT = 4

/** What is counted of one path. */
export interface PathTally {
  readonly path: string
  /** Bytes of its largest answer; 0 where none says how long it was. */
  readonly largest: number
  /** By a number below 2 ** `KIND_BITS` that stands for a day and a client. */
  readonly counts: ReadonlyMap<number, number>
}

export const KIND_BITS = 26

/** Keeps tallies aside; of the same path several, which are then one. */
export interface TallyStore {
  put(tallies: Iterable<PathTally>): void
  all(): Iterable<PathTally>
  /** Downloads that were put and turned out to be broken off. */
  broken(): number
  clear(): void
}

export interface LogTally {
  /** false: it is no download of a file that we count. */
  add(line: LogLine): boolean
  /** Downloads that were broken off. */
  broken(): number
  downloads(): Iterable<Downloads>
  /** As if nothing had been added. */
  clear(): void
}

interface Counting {
  largest: number
  readonly counts: Map<number, number>
}

export function logTally({
  isPublic,
  store,
  maxEntries = MAX_ENTRIES,
}: {
  readonly isPublic: IsPublic
  readonly store: TallyStore
  readonly maxEntries?: number
}): LogTally {
  const clientOf = clientReader()
  const paths = new Map<string, Counting | 'other'>()
  const [days, clients] = [numbering<Day>(2 ** KIND_BITS / CLIENTS), numbering<string>(CLIENTS, 'other')]
  let [entries, broken, isAside] = [0, 0, false]

  function countingOf(path: string): Counting | 'other' {
    const before = paths.get(path)
    if (before !== undefined) return before
    const counting =
      readLogPath(path, isPublic) === undefined ? 'other' : { largest: 0, counts: new Map<number, number>() }
    paths.set(ownText(path), counting)
    entries += PATH_WEIGHT
    return counting
  }

  function spill(): void {
    store.put(inMemory())
    isAside = true
    // What a path is need not be found out again, as long as there is room.
    if (paths.size * PATH_WEIGHT > maxEntries / 2) paths.clear()
    for (const counting of paths.values()) if (counting !== 'other') counting.counts.clear()
    entries = paths.size * PATH_WEIGHT
  }

  function* inMemory(): Generator<PathTally, void> {
    for (const [path, counting] of paths) {
      if (counting === 'other' || counting.counts.size === 0) continue
      yield { path, largest: counting.largest, counts: counting.counts }
    }
  }

  return {
    add({ day, path, size, userAgent }) {
      if (entries >= maxEntries) spill()
      const counting = countingOf(path)
      if (counting === 'other') return false
      const { counts } = counting
      if (size !== undefined && isShorter(size, counting.largest)) {
        broken += 1
        return true
      }
      if (size !== undefined && isShorter(counting.largest, size) && counts.size > 0 && counting.largest > 0) {
        // Those before were all broken off.
        for (const count of counts.values()) broken += count
        entries -= counts.size
        counts.clear()
      }
      counting.largest = Math.max(counting.largest, size ?? 0)
      const key = days.number(day) * CLIENTS + clients.number(clientOf(userAgent))
      const before = counts.get(key)
      if (before === undefined) entries += 1
      counts.set(key, (before ?? 0) + 1)
      return true
    },

    broken: () => broken + (isAside ? store.broken() : 0),

    *downloads() {
      if (isAside) spill()
      for (const { path, counts } of isAside ? store.all() : inMemory()) {
        const file = readLogPath(path, isPublic)
        if (file === undefined) continue
        for (const [kind, count] of counts)
          yield { file, day: days.name(Math.floor(kind / CLIENTS)), client: clients.name(kind % CLIENTS), count }
      }
    },

    clear() {
      paths.clear()
      entries = 0
      if (isAside) store.clear()
      ;[broken, isAside] = [0, false]
    },
  }
}

/** Whether an answer of so many bytes was a part of one of `whole`. */
export function isShorter(size: number, whole: number): boolean {
  return size + HEAD_BYTES < whole
}

/** More names and versions of clients than that are `other`. Days are told apart up to the year 2149. */
const CLIENTS = 1024

/** Small numbers for texts that come again and again; those that are too many are `rest`, the first one. */
function numbering<Name extends string>(length: number, ...rest: Name[]) {
  const names: Name[] = rest
  const numbers = new Map(names.map((name, i) => [name, i]))
  return {
    number(name: Name): number {
      const known = numbers.get(name)
      if (known !== undefined) return known
      if (names.length >= length) return 0
      numbers.set(name, names.length)
      return names.push(name) - 1
    },
    name: (number: number): Name => names[number] as Name,
  }
}
