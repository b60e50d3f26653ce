/** What somebody may have meant: the known name nearest to one that is not known. */

/** Shorter texts are near to everything. */
const MIN_LENGTH = 3

/** Longer texts are no slip of the fingers, and the comparison takes the product of both lengths. */
const MAX_LENGTH = 64

/** Of more names, the nearest is no help, and comparing with all of them takes long. */
const MAX_NAMES = 100

/** The nearest of `known`, or undefined where none is near. */
export function nearName(text: string, known: Iterable<string>): string | undefined {
  if (text.length < MIN_LENGTH || text.length > MAX_LENGTH) return undefined
  let nearest: string | undefined
  // A third of the signs may differ, but not more than three.
  let least = Math.min(3, Math.ceil(text.length / 3)) + 1
  for (const name of Iterator.from(known).take(MAX_NAMES)) {
    if (name.length > MAX_LENGTH || Math.abs(name.length - text.length) >= least) continue
    const distance = editDistance(text.toLowerCase(), name.toLowerCase())
    if (distance < least) [nearest, least] = [name, distance]
  }
  return nearest
}

/** How many signs must be inserted, deleted, replaced or swapped with their neighbour (optimal string alignment). */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      const swapped =
        i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? (beforeLast[j - 2] ?? 0) + 1 : Infinity
      row.push(Math.min(replaced, swapped, (last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1))
    }
    ;[beforeLast, last] = [last, row]
  }
  return last[b.length] ?? 0
}
