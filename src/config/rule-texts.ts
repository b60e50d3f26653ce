/** Texts of rules: patterns of names, globs on filenames, version specifiers, reasons. */
import { type NamePattern, parseNamePattern } from '../merge/name-pattern.ts'
import { parseFilenameGlobs } from '../merge/filename-globs.ts'
import { parseInstant } from '../simple/instant.ts'
import { type VersionSpecifier, isVersion, parseVersionSpecifier } from '../simple/version.ts'
import { quote } from './fault.ts'
import type { Reading } from './text-value.ts'

export function readPattern(text: string): Reading<NamePattern> {
  const value = parseNamePattern(text)
  if (value !== undefined) return { value }
  const sign = Array.from(text).find((each) => !/[a-z0-9._*-]/i.test(each))
  if (sign !== undefined) {
    return {
      wrong: `the pattern ${quote(text)} has the sign ${quote(sign)}`,
      right: 'write letters, digits, ".", "_", "-", and "*" for any signs',
    }
  }
  return {
    wrong: `the pattern ${quote(text)} can match no name`,
    right: 'names begin and end with a letter or a digit and have at most 200 signs',
  }
}

/** One glob, as a text: they mean something only together. */
export function readGlob(text: string): Reading<string> {
  const wrong = (what: string) => ({
    wrong: `the glob ${quote(text)} ${what}`,
    right: 'write e.g. "*.whl", or "!*-win*" to exclude; only "*" stands for other signs',
  })
  const sign = Array.from(text.replace(/^!/, '')).find((each) => /[/\\\p{Cc}?[\]{}]/u.test(each))
  if (sign !== undefined) return wrong(`has the sign ${quote(sign)}`)
  return parseFilenameGlobs([text]) === undefined ? wrong('is empty') : { value: text }
}

const MAX_SPECIFIER = 1000

export function readSpecifier(text: string): Reading<VersionSpecifier> {
  const value = text.length > MAX_SPECIFIER ? undefined : parseVersionSpecifier(text)
  if (value !== undefined) return { value }
  const right = isVersion(text.slice(0, MAX_SPECIFIER))
    ? `did you mean ${quote(`==${text}`)}?`
    : 'write e.g. "<3, !=2.4.1" (PEP 440)'
  return { wrong: `${quote(text)} is no version specifier`, right }
}

export function readInstant(text: string): Reading<number> {
  const value = parseInstant(text)
  if (value !== undefined) return { value }
  return {
    wrong: `${quote(text)} is no date`,
    right: 'write a day that exists, e.g. "2026-01-31", or a time with its zone, e.g. "2026-01-31T12:00:00Z"',
  }
}

const MAX_REASON = 500

/** Why a project is denied: clients print it in one line. */
export function readReason(text: string): Reading<string> {
  if (text.trim() === '') return { wrong: 'the reason is empty', right: 'say why the project is denied' }
  if (text.length <= MAX_REASON && !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(text)) return { value: text }
  return { wrong: 'the reason is longer than a line', right: `write one line of at most ${MAX_REASON} signs` }
}
