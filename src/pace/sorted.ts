/** Sorting of long lists in steps. */
import { batches } from './batches.ts'
import type { Steps } from './steps.ts'

/** Sorted in one step, which takes a few milliseconds. */
const RUN_LENGTH = 4096

/** Elements between two steps of a merge. */
const STEP_LENGTH = 4096

/** `items` as `toSorted` would give them. Stable, as it is. */
export function* sorted<T>(items: readonly T[], compare: (a: T, b: T) => number): Steps<T[]> {
  let runs: T[][] = []
  for (const run of batches(items, RUN_LENGTH)) {
    runs.push(run.toSorted(compare))
    yield
  }
  while (runs.length > 1) {
    const longer: T[][] = []
    for (let at = 0; at < runs.length; at += 2) longer.push(yield* merged(runs[at] ?? [], runs[at + 1] ?? [], compare))
    runs = longer
  }
  return runs[0] ?? []
}

function* merged<T>(left: T[], right: T[], compare: (a: T, b: T) => number): Steps<T[]> {
  if (right.length === 0) return left
  const result: T[] = []
  let [i, j] = [0, 0]
  while (i < left.length && j < right.length) {
    const [a, b] = [left[i] as T, right[j] as T]
    // Of equal ones the left comes first.
    if (compare(a, b) <= 0) {
      result.push(a)
      i += 1
    } else {
      result.push(b)
      j += 1
    }
    if (result.length % STEP_LENGTH === 0) yield
  }
  for (; i < left.length; i += 1) result.push(left[i] as T)
  for (; j < right.length; j += 1) result.push(right[j] as T)
  return result
}
