/** Addresses in a rules file: of an index, of the places below which its files lie, of hosts that we answer for. */
import { quote } from './fault.ts'
import type { Reading, Wrong } from './text-value.ts'

/** The address of a simple index. */
export interface IndexUrl {
  /** Ends in `/`, without userinfo. */
  readonly url: string
  /** What stood before `@`: it is a secret. */
  readonly userinfo?: { readonly username: string; readonly password: string }
}

export function readIndexUrl(text: string): Reading<IndexUrl> {
  const parsed = parseBase(text, 'https://packages.example.com/simple/')
  if ('wrong' in parsed) return parsed
  const { username, password } = parsed.value
  const url = bare(parsed.value)
  if (username === '' && password === '') return { value: { url } }
  try {
    return {
      value: { url, userinfo: { username: decodeURIComponent(username), password: decodeURIComponent(password) } },
    }
  } catch {
    return { wrong: 'what stands before "@" is not percent-encoded', right: 'write the credentials under "auth"' }
  }
}

/** A base URL of `filesAt`, ending in `/`. */
export function readFilesBase(text: string): Reading<string> {
  const parsed = parseBase(text, 'https://files.example.com/packages/')
  if ('wrong' in parsed) return parsed
  if (parsed.value.username === '' && parsed.value.password === '') return { value: bare(parsed.value) }
  return { wrong: 'this address holds credentials', right: 'write them under "auth"; they go where "url" goes' }
}

/** The address in front of the server, ending in `/`. */
export function readServedAt(text: string): Reading<string> {
  const parsed = parseBase(text, 'https://packages.example.com/')
  if ('wrong' in parsed) return parsed
  const { username, password, pathname } = parsed.value
  if (username !== '' || password !== '')
    return { wrong: 'this address holds credentials', right: 'delete what stands before "@"' }
  if (!/\/simple\/?$/.test(pathname)) return { value: bare(parsed.value) }
  const base = bare(parsed.value).replace(/simple\/$/, '')
  return { wrong: 'this is the address of an index, not of the server', right: `write ${quote(base)}` }
}

/** A server that publishes counts: what `local-stats/` lies below, ending in `/`. */
export function readPeer(text: string): Reading<string> {
  const parsed = parseBase(text, 'https://mirror.example.net/')
  if ('wrong' in parsed) return parsed
  if (parsed.value.username === '' && parsed.value.password === '') return { value: bare(parsed.value) }
  return { wrong: 'this address holds credentials', right: 'delete them: counts are published for everybody' }
}

/** The address of a list of mirrors, as it is asked for. */
export function readListAddress(text: string): Reading<string> {
  const parsed = parseBase(text, 'https://mirrors.example.com/mirrors')
  if ('wrong' in parsed) return parsed
  const { href, protocol, username, password } = parsed.value
  if (username !== '' || password !== '')
    return {
      wrong: 'this address holds credentials',
      right: 'delete what stands before "@": a list of mirrors is public',
    }
  if (protocol === 'https:' || isLoopback(href)) return { value: href }
  return { wrong: 'this list of mirrors comes over plain http, where others can change it', right: 'write "https://…"' }
}

/** A host as a client sends it in `Host`, lower case, without its port. */
export function readHost(text: string): Reading<string> {
  const parsed = URL.parse(`http://${text}/`)
  const wrong = `${quote(text)} is no host name`
  if (text === '' || parsed === null) return { wrong, right: 'write e.g. "packages.example.com"' }
  if (parsed.hostname === text.toLowerCase()) return { value: parsed.hostname }
  const name = URL.parse(text.includes('://') ? text : `http://${text}/`)?.hostname
  return { wrong, right: name ? `write ${quote(name)}` : 'write e.g. "packages.example.com"' }
}

/** Where the files of an index lie, unless the rules file says so: beside its pages; PyPI has a host for them. */
export function defaultFilesAt(url: string): string[] {
  const { origin } = new URL(url)
  const fileHost = fileHostOf(url)
  return [`${origin}/`, ...(fileHost === undefined ? [] : [fileHost])]
}

/** Where an index that is known to us has its files, apart from its pages. */
export function fileHostOf(url: string): string | undefined {
  return FILE_HOSTS.get(new URL(url).origin)
}

const FILE_HOSTS: ReadonlyMap<string, string> = new Map([
  ['https://pypi.org', 'https://files.pythonhosted.org/'],
  ['https://test.pypi.org', 'https://test-files.pythonhosted.org/'],
])

/** Whether what is sent there stays on this machine. */
export function isLoopback(url: string): boolean {
  const { hostname } = new URL(url)
  return (
    hostname === 'localhost' || hostname.endsWith('.localhost') || hostname === '[::1]' || hostname.startsWith('127.')
  )
}

const MAX_LENGTH = 2048

// Never quotes the text: it may hold a password.
function parseBase(text: string, example: string): { readonly value: URL } | Wrong {
  const url = text.length > MAX_LENGTH ? null : URL.parse(text)
  if (url === null) return { wrong: 'this is no address', right: `write e.g. ${quote(example)}` }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    return { wrong: `this address begins with ${quote(url.protocol)}`, right: 'write "https://…"' }
  }
  // The URL parser would drop these, or read them as `/`, and the address would not be the one that was written.
  if (/[\s\\\p{Cc}]/u.test(text)) {
    return {
      wrong: 'this address has a space, a backslash or a control character',
      right: `write e.g. ${quote(example)}`,
    }
  }
  // `text`, since the parser drops a `?` or `#` with nothing behind it.
  if (/[?#]/.test(text)) {
    return { wrong: 'this address has a query or a fragment', right: 'delete what stands from "?" or "#" on' }
  }
  return { value: url }
}

function bare({ origin, pathname }: URL): string {
  return `${origin}${pathname}${pathname.endsWith('/') ? '' : '/'}`
}
