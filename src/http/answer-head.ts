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

/** `until`: when what it stands on was confirmed to hold. */
export function originOf(resolution: Standing, until: number, hasPrivate: boolean, now: number): Origin {
  return { cacheControl: cacheControl(resolution, until, hasPrivate, now), sources: resolution.sources }
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
function cacheControl({ owned, kind }: Standing, until: number, hasPrivate: boolean, now: number): string {
  if (owned || (hasPrivate && kind === 'absent')) return 'no-cache'
  return maxAge(until - now, hasPrivate || kind === 'absent')
}

/** `short`: what may become private at any moment, or may be published. */
export function maxAge(remainingMs: number, short: boolean): string {
  const seconds = Math.min(Math.floor(remainingMs / 1000), short ? 60 : 600)
  return seconds > 0 ? `max-age=${seconds}` : 'max-age=0, must-revalidate'
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
