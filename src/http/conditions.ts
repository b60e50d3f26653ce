/** What a client already has and how fresh it wants things: the request headers of RFC 9110 and 9111 that count here. */
import { opaqueTag } from '../simple/etag.ts'

/** Whether `If-None-Match` names the answer: weak or strong, in whichever content coding it was sent (RFC 9110, 13.1.2). */
export function isHeld(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false
  if (ifNoneMatch === etag || ifNoneMatch.trim() === '*') return true
  const wanted = opaqueTag(etag)
  return ifNoneMatch.split(',').some((each) => opaqueTag(each.trim()) === wanted)
}

/** The age in ms that a client will have at most (`no-cache`, `max-age`), undefined where it does not care. */
export function wantedMaxAgeMs(cacheControl: string | undefined): number | undefined {
  if (cacheControl === undefined) return undefined
  // The strictest counts.
  let wanted: number | undefined
  for (const directive of cacheControl.toLowerCase().split(',')) {
    const [name, value] = directive.trim().split('=', 2)
    if (name === 'no-cache') return 0
    if (name === 'max-age' && value !== undefined && /^"?\d{1,9}"?$/.test(value))
      wanted = Math.min(wanted ?? Infinity, Number(value.replaceAll('"', '')) * 1000)
  }
  return wanted
}

/** The content coding to send: zstd and gzip where the client takes them, else none. */
export function acceptedCoding(acceptEncoding: string | undefined): 'zstd' | 'gzip' | undefined {
  if (acceptEncoding === undefined) return undefined
  const accepted = new Set<string>()
  for (const each of acceptEncoding.toLowerCase().split(',', 32)) {
    const [coding, ...parameters] = each.split(';').map((part) => part.trim())
    const refused = parameters.some((parameter) => /^q=0(?:\.0{0,3})?$/.test(parameter))
    if (coding !== undefined && !refused) accepted.add(coding)
  }
  return accepted.has('zstd') ? 'zstd' : accepted.has('gzip') ? 'gzip' : undefined
}
