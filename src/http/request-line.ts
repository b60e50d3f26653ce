/** What no honest client sends, and what others could understand differently: refused before anything is looked up. */
import type { IncomingMessage } from 'node:http'
import { isHost } from './host.ts'

/** Why a request is not answered. `code` is a fixed word for the log, `reason` a sentence for whoever sent it. */
export interface Refusal {
  readonly status: 400 | 414
  readonly code: string
  readonly reason: string
}

/** The longest address that we give out has a few hundred signs. */
const MAX_TARGET_LENGTH = 8 * 1024

/** A segment `.` or `..`, percent-encoded or not: clients resolve them before they ask, and what stands in front of us may not. */
const DOT_SEGMENT = /\/(?:\.|%2e){1,2}(?=[/?]|$)/i

type Head = Pick<IncomingMessage, 'method' | 'url' | 'headers' | 'rawHeaders' | 'httpVersion'>

/** undefined: nothing speaks against it. What Node's own parser refuses (two lengths, bare line feeds, NUL …) never comes here. */
export function refusal(head: Head): Refusal | undefined {
  return versionRefusal(head) ?? targetRefusal(head) ?? hostRefusal(head) ?? bodyRefusal(head)
}

function versionRefusal({ httpVersion }: Head): Refusal | undefined {
  if (httpVersion === '1.1' || httpVersion === '1.0') return undefined
  return bad('version', 'This server speaks HTTP/1.1')
}

function targetRefusal({ url: target = '' }: Head): Refusal | undefined {
  if (target.length > MAX_TARGET_LENGTH)
    return { status: 414, code: 'target-length', reason: `An address here has at most ${MAX_TARGET_LENGTH} signs` }
  // Whoever has us as a proxy sends whole URLs (RFC 9112, section 3.2.2); we fetch for nobody what no page lists.
  if (!target.startsWith('/'))
    return bad('target-form', 'This is an index and no HTTP proxy: a request names a path that begins with "/"')
  if (!/^[!-~]+$/.test(target) || /[#\\]/.test(target))
    return bad('target-signs', 'An address has only visible ASCII signs, without "#" and "\\"')
  if (DOT_SEGMENT.test(target.split('?', 1).join('')))
    return bad('target-dots', 'An address has no segments "." and ".."')
  return undefined
}

/** RFC 9112, section 3.2: 400 to "any request message that contains more than one Host header field line". */
function hostRefusal({ headers: { host = '' }, rawHeaders }: Head): Refusal | undefined {
  let count = 0
  for (let i = 0; i < rawHeaders.length; i += 2) if (rawHeaders[i]?.toLowerCase() === 'host') count += 1
  if (count !== 1) return bad('host-count', 'A request has one Host header')
  if (!KNOWN_HOSTS.has(host) && !isHost(host))
    return bad('host-form', 'The Host header names a host, and a port where there is one')
  if (KNOWN_HOSTS.size < MAX_KNOWN_HOSTS) KNOWN_HOSTS.add(host)
  return undefined
}

/** Clients say one of a few again and again, and looking at it closely is the longest part of this file. */
const KNOWN_HOSTS = new Set<string>()
const MAX_KNOWN_HOSTS = 100

/** A body that one of two servers in a row does not expect is where the next request begins for the other. */
function bodyRefusal({ method, headers }: Head): Refusal | undefined {
  if (method !== 'GET' && method !== 'HEAD') return undefined
  const length = headers['content-length'] ?? '0'
  if (length === '0' && headers['transfer-encoding'] === undefined) return undefined
  return bad('body', `A ${method} request has no body`)
}

function bad(code: string, reason: string): Refusal {
  return { status: 400, code, reason }
}
