/** Hashes of files: read from what upstreams write, and chosen for what clients can use. */
import { HASH_NAMES, type HashName, type Hashes, type ProjectFile, STRONG_HASH_NAMES } from './model.ts'

const HEX_LENGTHS: Readonly<Record<HashName, number>> = {
  sha256: 64,
  sha384: 96,
  sha512: 128,
  blake2b: 128,
  sha224: 56,
  sha1: 40,
  md5: 32,
}

/** Those that every client takes from a link: uv refuses a whole page for one `#sha1=` or `#sha224=`. */
const LINK_HASH_NAMES = ['sha256', 'sha384', 'sha512', 'blake2b', 'md5'] as const satisfies readonly HashName[]

/**
 * The hashes among pairs of algorithm and hex digest, in lower case and in the order of `HASH_NAMES`; what is no hash, or
 * of an algorithm that is not read, is left out. undefined: one algorithm has two digests, so one of them is a lie.
 */
export function readHashes(pairs: Iterable<readonly [string, unknown]>): Hashes | undefined {
  const found: Partial<Record<HashName, string>> = {}
  let count = 0
  for (const [algorithm, digest] of pairs) {
    const name = algorithm.toLowerCase()
    if (!isHashName(name) || typeof digest !== 'string' || !isHex(digest, HEX_LENGTHS[name])) continue
    const hex = digest.toLowerCase()
    if ((found[name] ?? hex) !== hex) return undefined
    found[name] = hex
    count += 1
  }
  return count > 1 ? ordered(HASH_NAMES, (name) => found[name]) : found
}

/** The pairs `alg=hex` of a link's fragment (without `#`) or of an attribute; a fragment may have several, between `&`. */
export function hashPairs(text: string): (readonly [string, string])[] {
  return text.split('&').map((part) => {
    const equals = part.indexOf('=')
    return [part.slice(0, Math.max(equals, 0)), part.slice(equals + 1)]
  })
}

/** What is sent on: pip checks the first hash only and would be content with md5, so a strong one leaves no weak one beside it. */
export function hashesToSend(hashes: Hashes): Hashes {
  const strong = ordered(STRONG_HASH_NAMES, (name) => hashes[name])
  return Object.keys(strong).length > 0 ? strong : hashes
}

/** The one hash that a link can carry, as `alg=hex`. */
export function linkHash(hashes: Hashes): string | undefined {
  const name = LINK_HASH_NAMES.find((each) => hashes[each] !== undefined)
  return name && `${name}=${hashes[name]}`
}

/** Whether a strong hash that both have shows the same content; weak ones show nothing. */
export function isProvedSame(a: Hashes, b: Hashes): boolean {
  return STRONG_HASH_NAMES.some((name) => a[name] !== undefined && a[name] === b[name])
}

/** The sha256 of its content, as far as anybody knows it: its page, or we. */
export function sha256Of({
  hashes,
  computedSha256,
}: Pick<ProjectFile, 'hashes' | 'computedSha256'>): string | undefined {
  return hashes.sha256 ?? computedSha256
}

/** What a page says that the content of a file is, as `alg=hex`: the same as long as it says so. Empty: it says nothing. */
export function contentOf(hashes: Hashes): string {
  const name = HASH_NAMES.find((each) => hashes[each] !== undefined)
  return name === undefined ? '' : `${name}=${hashes[name]}`
}

/** Under which is kept what was learned of a file: its name and what its page says that its content is. */
export function learnedKey(filename: string, content: string): string {
  return `${content} ${filename}`
}

function ordered(names: readonly HashName[], digestOf: (name: HashName) => string | undefined): Hashes {
  const hashes: Partial<Record<HashName, string>> = {}
  for (const name of names) {
    const digest = digestOf(name)
    if (digest !== undefined) hashes[name] = digest
  }
  return hashes
}

function isHashName(name: string): name is HashName {
  return Object.hasOwn(HEX_LENGTHS, name)
}

function isHex(text: string, length: number): boolean {
  return text.length === length && /^[0-9a-f]+$/i.test(text)
}
