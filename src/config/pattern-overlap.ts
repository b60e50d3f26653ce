/** Whether two patterns share a name, and one that they share. */
import { type NamePattern, covers } from '../merge/name-pattern.ts'
import { type ProjectName, parseName } from '../simple/name.ts'

/** Stands for `*` in names that are made up: no other pattern is likely to have it. */
const FILLER = 'q0q'

/** A name that hardly any pattern but `*` matches. */
export const ANY_NAME = parseName(FILLER)

/** A name that both match, or undefined where there is none. */
export function commonName(a: NamePattern, b: NamePattern): ProjectName | undefined {
  if (a.literal) return nameMatchedBy(a, b)
  if (b.literal) return nameMatchedBy(b, a)
  const [partsOfA, partsOfB] = [a.parts, b.parts]
  const start = longer(partsOfA[0], partsOfB[0])
  const end = longer(partsOfA.at(-1), partsOfB.at(-1))
  // With a `*` on both sides, beginnings and ends must agree; what is between them can stand one behind the other.
  const agree = [partsOfA, partsOfB].every(
    (parts) => start.startsWith(parts[0] ?? '') && end.endsWith(parts.at(-1) ?? ''),
  )
  const between = [...partsOfA.slice(1, -1), ...partsOfB.slice(1, -1)]
  return agree ? parseName([start, ...between, end].join(FILLER)) : undefined
}

/** A name that `pattern` matches and hardly any other pattern does. */
export function nameIn({ text }: NamePattern): ProjectName | undefined {
  return parseName(text.replaceAll('*', FILLER))
}

function nameMatchedBy(literal: NamePattern, pattern: NamePattern): ProjectName | undefined {
  return covers(pattern, literal) ? parseName(literal.text) : undefined
}

function longer(a = '', b = ''): string {
  return a.length > b.length ? a : b
}
