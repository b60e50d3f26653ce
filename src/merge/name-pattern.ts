/** Patterns over normalized project names: a literal name, or one with `*`. */
import { type ProjectName, parseName } from '../simple/name.ts'

export interface NamePattern {
  /** As it reads after normalization. */
  readonly text: string
  /** What stands between its stars. */
  readonly parts: readonly string[]
  /** true: no `*`, so it matches one name. */
  readonly literal: boolean
  matches(name: ProjectName): boolean
}

/** Letters, digits, `.`, `_`, `-` and `*`: any other sign could only be a mistake. */
const VALID = /^[a-z0-9._*-]+$/i

/** The pattern, normalized; undefined where `text` has a sign that no pattern has, or could match no name. */
export function parseNamePattern(text: string): NamePattern | undefined {
  if (text.length > 200 || !VALID.test(text)) return undefined
  if (!text.includes('*')) {
    const name = parseName(text)
    return name === undefined
      ? undefined
      : { text: name, parts: [name], literal: true, matches: (other) => other === name }
  }
  const normalized = text
    .replace(/\*+/g, '*')
    .replace(/[-_.]+/g, '-')
    .toLowerCase()
  if (/^-|-$/.test(normalized)) return undefined
  const parts = normalized.split('*')
  return { text: normalized, parts, literal: false, matches: (name) => globMatches(parts, name) }
}

/** Whether every name that `inner` matches is matched by `outer`: its `*` is a sign that no name has, and only a `*` matches it. */
export function covers(outer: NamePattern, inner: NamePattern): boolean {
  return globMatches(outer.parts, inner.text)
}

/** Linear: the parts between the stars are found from left to right, the first occurrence being as good as any. */
export function globMatches(parts: readonly string[], text: string): boolean {
  const first = parts[0] ?? ''
  const last = parts.at(-1) ?? ''
  if (parts.length === 1) return text === first
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false
  let at = first.length
  const end = text.length - last.length
  for (let i = 1; i < parts.length - 1; i += 1) {
    const part = parts[i] ?? ''
    const found = text.indexOf(part, at)
    if (found === -1 || found + part.length > end) return false
    at = found + part.length
  }
  return true
}
