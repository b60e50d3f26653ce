/** Versions as PEP 440 reads them, through one library and nothing else. */
import { compare, parse, satisfies, validRange } from '@renovatebot/pep440'

/** A set of versions, e.g. `<3, !=2.4.1` (PyPA specification "Version specifiers"). */
export interface VersionSpecifier {
  readonly text: string
  /** Pre-releases are taken as what they are: `<3` includes `3.0rc1` as little as PEP 440 says, `<2.5` includes `2.4rc1`. */
  includes(version: string): boolean
}

/** undefined where `text` is no specifier set. */
export function parseVersionSpecifier(text: string): VersionSpecifier | undefined {
  // The library takes `<3,` for valid and then lets no version through; an empty part means nothing.
  const set = text.split(',').map((part) => part.trim()).filter((part) => part !== '').join(', ')
  if (set === '' || !validRange(set)) return undefined
  return {
    text: set,
    includes: (version) => parse(version) !== null && satisfies(version, set, { prereleases: true }),
  }
}

/** The one spelling of all versions that PEP 440 calls equal, local part included; a version that it does not know is itself. */
export function canonicalVersion(version: string): string {
  const parsed = parse(version)
  if (parsed === null) return version.toLowerCase()
  // The library's types leave out that parts which a version lacks are null.
  const { epoch, release, pre, post, dev, local } = parsed as Nullable<typeof parsed>
  const numbers = (release ?? []).join('.').replace(/(?:\.0)+$/, '')
  return [
    epoch ? `${epoch}!` : '',
    numbers,
    pre?.join('') ?? '',
    post ? `.post${post.at(-1)}` : '',
    dev ? `.dev${dev.at(-1)}` : '',
    local === null ? '' : `+${[local].flat().join('.')}`,
  ].join('')
}

type Nullable<T> = { readonly [K in keyof T]: T[K] | null }

/** Whether PEP 440 knows the version. */
export function isVersion(text: string): boolean {
  return parse(text) !== null
}

/** `versions`, sorted as PEP 440 orders them; those that it does not know come last, by text. */
export function sortVersions(versions: Iterable<string>): string[] {
  const known: string[] = []
  const unknown: string[] = []
  for (const version of new Set(versions)) (isVersion(version) ? known : unknown).push(version)
  return [...known.toSorted((a, b) => compare(a, b) || (a < b ? -1 : 1)), ...unknown.toSorted()]
}
