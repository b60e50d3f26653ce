/** Sorted runs of names made one, in short steps: whichever run has the least name gives it. */
import type { Steps } from '../pace/steps.ts'
import type { ProjectName } from './name.ts'

/** Names, each followed by a newline, sorted by bytes, without repetition. */
export type NameRun = Buffer

const NEWLINE = 10

/** Names that one step writes: a millisecond's work. */
const NAMES_AT_ONCE = 4096

/** A run of `names`, which are sorted where they are. */
export function sortedRun(names: ProjectName[]): NameRun {
  names.sort()
  const text = names.filter((name, i) => name !== names[i - 1]).join('\n')
  return Buffer.from(text === '' ? '' : `${text}\n`, 'latin1')
}

/** What is left of a run. */
interface Cursor {
  readonly bytes: NameRun
  at: number
}

/** All names of `runs`, each once. The less the runs overlap, as those of a list that was nearly sorted, the less it takes. */
export function* mergeRuns(runs: readonly NameRun[]): Steps<NameRun> {
  // A heap: none of the runs below another one begins with a lesser name.
  const heap = runs.filter(({ length }) => length > 0).map((bytes): Cursor => ({ bytes, at: 0 }))
  for (let i = heap.length >> 1; i >= 0; i -= 1) sink(heap, i)
  const merged = Buffer.allocUnsafeSlow(runs.reduce((sum, { length }) => sum + length, 0))
  let [last, length] = [0, 0]
  while (heap.length > 0) {
    for (let i = 0; i < NAMES_AT_ONCE && heap.length > 0; i += 1) {
      const end = takeLeast(heap, merged, length)
      // The last name again is written over by the next one.
      if (length > 0 && isSame(merged, last, length)) continue
      last = length
      length = end
    }
    yield
  }
  return merged.subarray(0, length)
}

/** Writes the least name into `to` at `from`, and goes on in its run. Where the name ends. */
function takeLeast(heap: Cursor[], to: Buffer, from: number): number {
  const [least] = heap
  if (least === undefined) return from
  const { bytes } = least
  let { at } = least
  let length = from
  let sign: number | undefined
  do {
    sign = bytes[at]
    to[length] = sign ?? NEWLINE
    at += 1
    length += 1
  } while (sign !== NEWLINE && sign !== undefined)
  least.at = at
  if (at >= bytes.length) {
    const other = heap.pop()
    if (other !== undefined && other !== least) heap[0] = other
  }
  sink(heap, 0)
  return length
}

/** Puts the run at `from` below those that begin with a lesser name. */
function sink(heap: Cursor[], from: number): void {
  const moved = heap[from]
  if (moved === undefined) return
  let at = from
  for (;;) {
    const [left, right] = [2 * at + 1, 2 * at + 2]
    const child = isLess(heap[right], heap[left]) ? right : left
    const below = heap[child]
    if (below === undefined || !isLess(below, moved)) break
    heap[at] = below
    at = child
  }
  heap[at] = moved
}

/** Whether `a` is there and begins with a lesser name. A newline sorts before every sign of a name, as the end of a name does. */
function isLess(a: Cursor | undefined, b: Cursor | undefined): boolean {
  if (a === undefined || b === undefined) return false
  const [x, y] = [a.bytes, b.bytes]
  let [i, j] = [a.at, b.at]
  while (x[i] === y[j]) {
    if (x[i] === NEWLINE) return false
    i += 1
    j += 1
  }
  return (x[i] ?? 0) < (y[j] ?? 0)
}

/** Whether the name at `a` and the one that follows it, at `b`, are the same. */
function isSame(bytes: Buffer, a: number, b: number): boolean {
  let same = 0
  while (a + same < b && bytes[a + same] === bytes[b + same]) same += 1
  return a + same === b
}
