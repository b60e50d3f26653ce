/** Versions as PEP 440 reads them, through one library and nothing else. */
import { parse, satisfies, validRange } from '@renovatebot/pep440'
import { batches } from '../pace/batches.ts'
import { sorted } from '../pace/sorted.ts'
import type { Steps } from '../pace/steps.ts'

/** A set of versions, e.g. `<3, !=2.4.1` (PyPA specification "Version specifiers"). */
export interface VersionSpecifier {
  readonly text: string
  /** Pre-releases are taken as what they are: `<3` includes `3.0rc1` as little as PEP 440 says, `<2.5` includes `2.4rc1`. */
  includes(version: string): boolean
}

/** undefined where `text` is no specifier set. */
export function parseVersionSpecifier(text: string): VersionSpecifier | undefined {
  // The library takes `<3,` for valid and then lets no version through; an empty part means nothing.
  const set = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .join(', ')
  if (set === '' || !validRange(set)) return undefined
  return {
    text: set,
    includes: (version) => parse(version) !== null && satisfies(version, set, { prereleases: true }),
  }
}

/** The one spelling of all versions that PEP 440 calls equal, local part included; a version that it does not know is itself. */
export function canonicalVersion(version: string): string {
  return spelled(version, (numbers) => numbers.replace(/(?:\.0)+$/, '')) ?? version.toLowerCase()
}

/**
 * The version as PEP 440 normalizes it, with all its zeros: what pip, pip-tools and Poetry call it (`str(Version(…))` of
 * packaging). A version that PEP 440 does not know is itself.
 */
export function normalizedVersion(version: string): string {
  // The library rounds numbers that are longer.
  if (/\d{16}/.test(version)) return version
  return spelled(version, (numbers) => numbers) ?? version
}

function spelled(version: string, release: (numbers: string) => string): string | undefined {
  const parsed = parse(version)
  if (parsed === null) return undefined
  // The library's types leave out that parts which a version lacks are null.
  const { epoch, release: numbers, pre, post, dev, local } = parsed as Nullable<typeof parsed>
  return [
    epoch ? `${epoch}!` : '',
    release((numbers ?? []).join('.')),
    pre?.join('') ?? '',
    post ? `.post${post.at(-1)}` : '',
    dev ? `.dev${dev.at(-1)}` : '',
    local === null ? '' : `+${[local].flat().join('.')}`,
  ].join('')
}

/** Gives the canonical version. */
export type CanonicalVersion = (version: string) => string

/** `canonicalVersion` for one work: a page has many files of each version, and parsing takes longest of all. */
export function canonicalVersions(): CanonicalVersion {
  const known = new Map<string, string>()
  return (version) => {
    let canonical = known.get(version)
    if (canonical === undefined) known.set(version, (canonical = canonicalVersion(version)))
    return canonical
  }
}

type Nullable<T> = { readonly [K in keyof T]: T[K] | null }

/** Whether PEP 440 knows the version. */
export function isVersion(text: string): boolean {
  return parse(text) !== null
}

/** `early`: a pre-release or a development release. `unknown`: PEP 440 does not know it. */
export function maturityOf(version: string): 'final' | 'early' | 'unknown' {
  const parsed = parse(version)
  if (parsed === null) return 'unknown'
  const { pre, dev } = parsed as Nullable<typeof parsed>
  return pre === null && dev === null ? 'final' : 'early'
}

/** `versions` without repetition, sorted as PEP 440 orders them; those that it does not know come last, by text. */
export function* sortVersions(versions: Iterable<string>): Steps<string[]> {
  // Parsed once each: the library's own comparison parses both sides every time, which takes seconds for thousands.
  const keyed: { readonly version: string; readonly key: SortKey }[] = []
  for (const batch of batches([...new Set(versions)])) {
    for (const version of batch) keyed.push({ version, key: sortKey(version) })
    yield
  }
  const inOrder = yield* sorted(keyed, (a, b) => compareKeys(a.key, b.key) || (a.version < b.version ? -1 : 1))
  return inOrder.map(({ version }) => version)
}

/** Parts to compare one after the other; numbers come before texts, as numbers come after texts only in local versions. */
type SortKey = readonly (number | string)[]

const LAST = Infinity
const FIRST = -Infinity

function sortKey(version: string): SortKey {
  const parsed = parse(version)
  if (parsed === null) return [LAST]
  const { epoch, release, pre, post, dev, local } = parsed as Nullable<typeof parsed>
  const numbers = [...(release ?? [])]
  while (numbers.length > 1 && numbers.at(-1) === 0) numbers.pop()
  const phase =
    pre === null ? (post === null && dev !== null ? [FIRST] : [LAST]) : ['a', 'b', 'rc'].indexOf(String(pre[0]))
  return [
    epoch ?? 0,
    ...numbers,
    // Ends the release: a shorter one comes before a longer one with the same beginning.
    FIRST,
    ...[phase].flat(),
    Number(pre?.[1] ?? 0),
    post === null ? FIRST : Number(post.at(-1)),
    dev === null ? LAST : Number(dev.at(-1)),
    ...(local === null ? [] : [local].flat().flatMap((part) => (typeof part === 'number' ? [1, part] : [0, part]))),
  ]
}

function compareKeys(a: SortKey, b: SortKey): number {
  for (let i = 0; i < Math.max(a.length, b.length); i += 1) {
    const [left, right] = [a[i] ?? FIRST, b[i] ?? FIRST]
    if (left !== right) return left < right ? -1 : 1
  }
  return 0
}
