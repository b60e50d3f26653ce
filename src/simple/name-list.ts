/** Very many project names in little memory: one sorted buffer instead of 780,000 objects. */
import { type Steps, atOnce } from '../pace/steps.ts'
import { PageError } from './model.ts'
import type { ProjectName } from './name.ts'
import { mergeRuns, sortedRun } from './name-runs.ts'

/** Normalized names, sorted by bytes, without repetition. */
export interface NameList {
  readonly count: number
  /** Every name followed by a newline: the form in which lists are kept, compared and merged. */
  readonly bytes: Buffer
  /** By binary search. */
  has(name: ProjectName): boolean
}

const NEWLINE = 10

/** Bytes of names that one batch has at least, the last one excepted. */
const BATCH_BYTES = 64 * 1024

/** Bytes in which names are counted in one step. */
const COUNT_BYTES = 1024 * 1024

/** Six times as many as PyPI has. */
const MAX_PROJECTS = 5_000_000

/** A list of `names`, in any order. For few: the others come from a `nameCollector`. */
export function nameList(names: Iterable<ProjectName>): NameList {
  return nameListFrom(sortedRun([...names]))
}

/** The list that `bytes` holds; they must be those of a NameList. */
export function nameListFrom(bytes: Buffer): NameList {
  return atOnce(countedList(bytes))
}

/** The same in steps, for many. */
export function* countedList(bytes: Buffer): Steps<NameList> {
  let count = 0
  for (let at = 0; at < bytes.length; at += COUNT_BYTES) {
    count += newlines(bytes.subarray(at, at + COUNT_BYTES))
    yield
  }
  return {
    count,
    bytes,
    has(name) {
      const wanted = Buffer.from(name, 'latin1')
      let low = 0
      let high = bytes.length
      while (low < high) {
        // At least 1, since a name with its newline has two bytes: there always is something before it.
        const middle = (low + high) >> 1
        const from = bytes.lastIndexOf(NEWLINE, middle - 1) + 1
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

function newlines(bytes: Buffer): number {
  let count = 0
  for (let i = 0; i < bytes.length; i += 1) if (bytes[i] === NEWLINE) count += 1
  return count
}

/** The list without `name`; the same list where it does not have it. */
export function withoutName(list: NameList, name: ProjectName): NameList {
  if (!list.has(name)) return list
  const { bytes } = list
  const line = Buffer.from(`${name}\n`, 'latin1')
  // Found as a whole line: at the beginning, or behind the end of another.
  const at = bytes.subarray(0, line.length).equals(line) ? 0 : bytes.indexOf(`\n${name}\n`, 0, 'latin1') + 1
  return nameListFrom(Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + line.length)]))
}

/** The union of `lists`; where only one of them has names, it is that one itself. */
export function* mergeNameLists(lists: readonly NameList[]): Steps<NameList> {
  const some = lists.filter(({ count }) => count > 0)
  const [first = nameListFrom(Buffer.alloc(0))] = some
  if (some.length < 2) return first
  return yield* countedList(yield* mergeRuns(some.map(({ bytes }) => bytes)))
}

/** The names of a list in batches of bounded size, so that a long list is never a whole array of strings. */
export function* nameBatches({ bytes }: NameList): Generator<string[]> {
  for (let start = 0; start < bytes.length;) {
    const last = bytes.indexOf(NEWLINE, start + BATCH_BYTES)
    const end = last === -1 ? bytes.length - 1 : last
    yield bytes.toString('latin1', start, end).split('\n')
    start = end + 1
  }
}

/** @throws PageError for more projects than any index has: a list is not read further than that */
export function checkProjectCount(count: number): void {
  if (count > MAX_PROJECTS) throw new PageError('it has more than 5,000,000 projects', 'too-large')
}
