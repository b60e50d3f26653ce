/** Links to files, as they stand in pages: resolved, stripped of secrets, refused where the name is not what it seems. */
import { MAX_FILENAME_BYTES } from './filename.ts'

export interface FileLink {
  /** Absolute http(s), without userinfo and fragment. */
  readonly url: string
  /** The last segment of the path, percent-decoded once. */
  readonly filename: string
  /** Without `#`; empty where there is none. */
  readonly fragment: string
}

/** Longer links are refused: no server answers them. */
export const MAX_LINK_LENGTH = 16 * 1024

/** Separators, NUL and `%` itself: whoever decodes such a path twice, as pip did (CVE-2026-13346), sees another file. */
const ENCODED_TRICK = /%(?:2f|5c|00|25)/i

/** Separators of any system, control signs, and signs that nobody sees (those that turn the writing direction among them). */
const UNFIT_FOR_FILENAME = /[/\\:\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u

/** The link, or the reason why nobody should follow it. */
export function readFileLink(link: string, base: string): FileLink | string {
  if (link.length > MAX_LINK_LENGTH) return 'its link is longer than 16 KiB'
  const url = URL.parse(link, base)
  if (url === null) return 'its link is no URL'
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'its link is not http or https'
  const { pathname, hash } = url
  if (ENCODED_TRICK.test(pathname)) return 'its link hides a separator'
  const filename = decodeOnce(pathname.slice(pathname.lastIndexOf('/') + 1))
  if (filename === undefined) return 'its name is not UTF-8'
  if (filename === '') return 'it is no file'
  if (Buffer.byteLength(filename) > MAX_FILENAME_BYTES) return 'its name is longer than 255 bytes'
  if (filename.startsWith('.') || UNFIT_FOR_FILENAME.test(filename)) return 'its name is not fit for a file'
  // Each of these makes the whole URL anew.
  if (url.username !== '') url.username = ''
  if (url.password !== '') url.password = ''
  if (url.href.includes('#')) url.hash = ''
  return { url: url.href, filename, fragment: hash.slice(1) }
}

/** What to call a link whose file is not known: without userinfo, query and fragment, since each may hold a secret. */
export function linkName(link: string): string {
  const path = link.slice(0, MAX_LINK_LENGTH).split(/[?#]/, 1)[0] ?? ''
  const name = path.slice(path.lastIndexOf('/', path.length - 2) + 1)
  return name.slice(name.lastIndexOf('@') + 1)
}

function decodeOnce(segment: string): string | undefined {
  if (!segment.includes('%')) return segment
  try {
    return decodeURIComponent(segment)
  } catch {
    return undefined
  }
}
