/** What is said before a page or a list: where it comes from, how long it holds, what it is. */
import type { Source } from '../resolve/source.ts'
import { MEDIA_TYPES, type Representation } from '../simple/media-type.ts'
import type { Standing } from './finished-pages.ts'
import type { Coding } from './rendered.ts'

export type Headers = Readonly<Record<string, string>>

/** What a client asked for, and how it takes it. */
export interface Wish {
  readonly representation: Representation
  /** undefined: the bytes as they are. */
  readonly coding: Coding | undefined
}

/** Where an answer comes from and how long a client may keep it. */
export interface Origin {
  readonly cacheControl: string
  readonly sources: readonly Source[]
}

/** Of whom an answer may be: an index with a private upstream, a server without any. */
export interface Audience {
  readonly hasPrivate: boolean
  readonly isAllPublic: boolean
}

/** `until`: when what it stands on was confirmed to hold. */
export function originOf(resolution: Standing, until: number, audience: Audience, now: number): Origin {
  return { cacheControl: cacheControl(resolution, until, audience, now), sources: resolution.sources }
}

/** Of an answer that has no body of its own: a 304, or a 404. What a cache must know (RFC 9110, section 15.4.5). */
export function originHeaders({ cacheControl, sources }: Origin): Headers {
  return { 'Cache-Control': cacheControl, 'X-Unidex-Sources': sayToCurl(sources) }
}

const VARY = 'Accept, Accept-Encoding'

/** `etag`: strong, of the body before it is coded; each coding has a tag of its own (RFC 9110, section 8.8.3). */
export function unchangedHeaders(origin: Origin, etag: string, coding: Coding | undefined): Headers {
  return { ...originHeaders(origin), ETag: tagOf(etag, coding), Vary: VARY }
}

/** In the order in which the web's own object has them, so that an answer is the same bytes whoever sends it. `length` in bytes, undefined: not known. */
export function bodyHeaders(origin: Origin, etag: string, { representation, coding }: Wish, length?: number): Headers {
  return {
    'Cache-Control': origin.cacheControl,
    ...(coding !== undefined && { 'Content-Encoding': coding }),
    ...(length !== undefined && { 'Content-Length': String(length) }),
    'Content-Type': MEDIA_TYPES[representation],
    ETag: tagOf(etag, coding),
    Vary: VARY,
    'X-Content-Type-Options': 'nosniff',
    'X-Unidex-Sources': sayToCurl(origin.sources),
  }
}

/** A coding may be made again, and smaller: its tag is weak, since a strong one may not stand for two bodies (8.8.1). */
function tagOf(etag: string, coding: Coding | undefined): string {
  return coding === undefined ? etag : `W/${etag.slice(0, -1)}-${coding}"`
}

/** Clients obey it, so it is never longer than what we know: an owner may publish at any moment. */
function cacheControl(
  { owned, kind, changesAt }: Standing,
  until: number,
  { hasPrivate, isAllPublic }: Audience,
  now: number,
): string {
  const isAbsent = kind === 'absent'
  if (owned || (hasPrivate && isAbsent)) return 'no-cache'
  return maxAge(until - now, {
    isShort: hasPrivate || isAbsent,
    isShared: isAllPublic && !isAbsent && changesAt === undefined,
  })
}

/** As long as PyPI allows its own CDN (RFC 5861). */
const FOR_SHARED_CACHES = 'stale-while-revalidate=300, stale-if-error=86400'

/** `isShort`: what may become private at any moment, or may be published. `isShared`: what never becomes private, nor another page by time alone. */
export function maxAge(
  remainingMs: number,
  { isShort, isShared }: { readonly isShort: boolean; readonly isShared: boolean },
): string {
  const seconds = Math.min(Math.floor(remainingMs / 1000), isShort ? 60 : 600)
  if (seconds <= 0) return 'max-age=0, must-revalidate'
  if (!isShared || isShort) return `max-age=${seconds}`
  return sharedFor(seconds)
}

/** What a shared cache may give for so long, and for longer while it asks again or we fail. */
export function sharedFor(seconds: number): string {
  return `max-age=${seconds}, s-maxage=${seconds}, ${FOR_SHARED_CACHES}`
}

const said = new WeakMap<readonly Source[], string>()

/** `corp;fresh, pypi;stale`: where the page came from, without secrets. */
function sayToCurl(sources: readonly Source[]): string {
  const before = said.get(sources)
  if (before !== undefined) return before
  const text = sources.map(({ upstream, state }) => `${upstream};${state}`).join(', ')
  said.set(sources, text)
  return text
}
