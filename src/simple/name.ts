/** Project names: one type with one door, so that a name that was not normalized cannot be passed on. */

declare const normalized: unique symbol

/** A project name, valid and normalized (PyPA specification "Names and normalization", PEP 503). */
export type ProjectName = string & { readonly [normalized]: true }

/** Longer names are refused: no index has them, and a filename of 255 bytes must still hold one. */
const MAX_LENGTH = 200

const VALID = /^(?:[a-z0-9]|[a-z0-9][a-z0-9._-]*[a-z0-9])$/i

/** Most names are written so already. */
const NORMALIZED = /^[a-z0-9]+(?:-[a-z0-9]+)*$/

/** The normalized name, or undefined where `text` is not a valid project name (ASCII letters, digits, inner `.`, `_`, `-`). */
export function parseName(text: string): ProjectName | undefined {
  // `$` would also match before a final newline in other dialects; in JavaScript without the m flag it does not.
  if (text.length > MAX_LENGTH) return undefined
  if (NORMALIZED.test(text)) return text as ProjectName
  if (!VALID.test(text)) return undefined
  return text.replace(/[-_.]+/g, '-').toLowerCase() as ProjectName
}
