/** `mirrors` of an upstream in the rules file: its other addresses, or the list of another server that names them. */
import * as z from 'zod'
import { defaultFilesAt, fileHostOf, type IndexUrl, readFilesBase, readIndexUrl, readListAddress } from './addresses.ts'
import type { Auth, MirrorConfig } from './config.ts'
import { resolveAuth } from './secret-paths.ts'
import { auth } from './secrets.ts'
import { text } from './text-value.ts'

/** More are no help: each of them must be looked at now and then. */
export const MAX_MIRRORS = 16

const HTTP = { pattern: '^https?://' }

/** One mirror, as it stands in the file. */
export interface MirrorEntry {
  readonly url: IndexUrl
  readonly filesAt?: string[]
  readonly auth?: Auth
}

const address = text(readIndexUrl, HTTP)

const mirror = z.union([
  address.transform((url): MirrorEntry => ({ url })),
  z.strictObject({
    url: address.describe('The address of its simple index'),
    filesAt: z
      .array(text(readFilesBase, HTTP))
      .min(1)
      .exactOptional()
      .describe('Where it has what the upstream has below its own "filesAt", in the same order'),
    auth: auth
      .exactOptional()
      .describe('How we show who we are there. Credentials go to the origin of this "url" alone'),
  }),
])

export const mirrors = z.union([
  z.array(mirror).min(1),
  z.strictObject({
    from: text(readListAddress, HTTP).describe(
      'The address of a list of mirrors, read now and then: "/mirrors" of another server',
    ),
  }),
])

/** Keys of a mirror that is written as an object, and of the object that names a list. */
export const MIRROR_KEYS = ['url', 'filesAt', 'auth']
export const LIST_KEYS = ['from']

/** What an upstream is as far as its mirrors must know. */
export interface MirroredUpstream {
  readonly url: string
  /** undefined, or what would be the default: nothing was written. */
  readonly filesAt: readonly string[] | undefined
}

export function mirrorConfig(
  { url: { url, userinfo }, filesAt, auth: written }: MirrorEntry,
  upstream: MirroredUpstream,
  resolve: (path: string) => string,
): MirrorConfig {
  const shown = written === undefined ? userinfo && basicAuth(userinfo) : resolveAuth(written, resolve)
  return { url, bases: basesOf(url, filesAt, upstream), ...(shown && { auth: shown }) }
}

/** A mirror that only its address is known of. */
export function plainMirror(url: string, upstream: MirroredUpstream): MirrorConfig {
  return { url, bases: basesOf(url, undefined, upstream) }
}

/**
 * Tools that mirror PyPI put `packages/` beside `simple/`, where PyPI has a host of its own for it. Where nothing is written,
 * the folder around a mirror's index is therefore taken for the one around the upstream's files.
 */
function basesOf(
  url: string,
  filesAt: readonly string[] | undefined,
  upstream: MirroredUpstream,
): MirrorConfig['bases'] {
  const fileHost = fileHostOf(upstream.url)
  const origin = originOf(upstream.url)
  const written = isDefault(upstream) ? undefined : upstream.filesAt
  const known = written ?? (fileHost === undefined ? [origin] : [fileHost, origin])
  const [first = origin] = known
  if (filesAt !== undefined) return filesAt.map((at, i) => ({ at, of: known[i] ?? first }))
  const around = written === undefined && fileHost === undefined ? folderAround(upstream.url) : first
  return [
    { at: folderAround(url), of: around },
    { at: originOf(url), of: first },
  ]
}

export function basicAuth({ username, password }: { readonly username: string; readonly password: string }): Auth {
  return {
    kind: 'basic',
    username: { kind: 'literal', value: username },
    password: { kind: 'literal', value: password },
  }
}

function isDefault({ url, filesAt = [] }: MirroredUpstream): boolean {
  return filesAt.join(' ') === defaultFilesAt(url).join(' ')
}

function folderAround(url: string): string {
  return new URL('..', url).href
}

function originOf(url: string): string {
  const [origin = ''] = defaultFilesAt(url)
  return origin
}
