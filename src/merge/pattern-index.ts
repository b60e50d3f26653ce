/** Finds those of many patterns that match a name without comparing it with each: by what they begin or end with. */
import { globMatches } from './name-pattern.ts'

interface Glob<T> {
  /** What stands between the stars. */
  readonly parts: readonly string[]
  readonly value: T
}

/** Globs by the text that a name must begin (or end) with, and how long such texts are, the shortest first. */
interface Shelf<T> {
  readonly globs: ReadonlyMap<string, readonly Glob<T>[]>
  readonly lengths: readonly number[]
}

/** Gives the values of all patterns that match a name, or cover the pattern of that text (see `covers`), in no order. */
export type PatternIndex<T> = (name: string) => T[]

/**
 * `values`: by the text of a pattern, as it reads after normalization. A literal costs one look into a map, a glob one for
 * each length of its kind; only globs that begin alike (or, with a `*` in front, end alike) are compared one by one.
 */
export function patternIndex<T>(values: ReadonlyMap<string, T>): PatternIndex<T> {
  const globs = [...values].flatMap(([text, value]): Glob<T>[] =>
    text.includes('*') ? [{ parts: text.split('*'), value }] : [],
  )
  const byEnd = shelf(
    globs.filter(({ parts }) => startOf(parts) === '' && endOf(parts) !== ''),
    endOf,
  )
  const byStart = shelf(
    globs.filter(({ parts }) => startOf(parts) !== '' || endOf(parts) === ''),
    startOf,
  )

  return (name) => {
    const found: T[] = []
    const value = values.get(name)
    if (value !== undefined) found.push(value)
    const take = (glob: Glob<T>) => {
      if (globMatches(glob.parts, name)) found.push(glob.value)
    }
    for (const length of byStart.lengths) {
      if (length > name.length) break
      byStart.globs.get(name.slice(0, length))?.forEach(take)
    }
    for (const length of byEnd.lengths) {
      if (length > name.length) break
      byEnd.globs.get(name.slice(-length))?.forEach(take)
    }
    return found
  }
}

function shelf<T>(globs: readonly Glob<T>[], keyOf: (parts: readonly string[]) => string): Shelf<T> {
  const byKey = Map.groupBy(globs, ({ parts }) => keyOf(parts))
  const lengths = new Set([...byKey.keys()].map((key) => key.length))
  return { globs: byKey, lengths: [...lengths].toSorted((a, b) => a - b) }
}

function startOf(parts: readonly string[]): string {
  return parts[0] ?? ''
}

function endOf(parts: readonly string[]): string {
  return parts.at(-1) ?? ''
}
