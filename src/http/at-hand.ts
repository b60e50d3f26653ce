/** Project pages that are made already: found by a few look-ups and written at once, with nothing awaited or built. */
import type { IncomingMessage } from 'node:http'
import { LRUCache } from 'lru-cache'
import { negotiate } from '../simple/media-type.ts'
import { type ProjectName, parseName } from '../simple/name.ts'
import { acceptedCoding, isHeld } from './conditions.ts'
import { type FinishedPages, pageKey } from './finished-pages.ts'
import type { CurrentSnapshot } from './snapshot.ts'
import { DEFAULT_INDEX } from './default-index.ts'
import { type Headers, type Wish, bodyHeaders, originOf, unchangedHeaders } from './answer-head.ts'

export interface WholeAnswer {
  readonly status: 200 | 304
  readonly headers: Headers
  readonly body: Buffer | undefined
}

/** undefined: not at hand, or no request for a project page; then the routes answer. Never asks, never throws but for a state that cannot be read. */
export type AtHand = (request: Pick<IncomingMessage, 'method' | 'url' | 'headers'>) => WholeAnswer | undefined

/** `/simple/NAME/`, `/INDEX/simple/NAME/` or `/INDEX@DATE/simple/NAME/`: a name that is not normalized, or a query, is for the routes. */
const PAGE = /^\/(?:([a-z][a-z0-9-]*(?:@[0-9TZ:.+-]+)?)\/)?simple\/([a-z0-9-]+)\/$/

/** Requests whose understanding is kept; what is longer than any client's is not. */
const MAX_KEPT = 10_000
const MAX_KEY_LENGTH = 512

interface Understood {
  readonly index: string
  readonly project: ProjectName
  readonly key: string
  readonly wish: Wish
}

export function pagesAtHand({
  current,
  now,
  pages,
}: {
  readonly current: CurrentSnapshot
  readonly now: () => number
  readonly pages: FinishedPages
}): AtHand {
  const understood = new LRUCache<string, Understood>({ max: MAX_KEPT })

  function understand(url: string, accept: string, acceptEncoding: string): Understood | undefined {
    const request = `${url} ${acceptEncoding} ${accept}`
    const before = understood.get(request)
    if (before !== undefined) return before
    const [, index = DEFAULT_INDEX, asked = ''] = PAGE.exec(url) ?? []
    const project = parseName(asked)
    const representation = negotiate(accept, undefined)
    if (project !== asked || project === undefined || representation === undefined) return undefined
    const wish = { representation, coding: acceptedCoding(acceptEncoding) }
    const result = { index, project, key: pageKey(index, project, representation), wish }
    if (request.length <= MAX_KEY_LENGTH) understood.set(request, result)
    return result
  }

  return ({ method, url = '', headers }) => {
    if ((method !== 'GET' && method !== 'HEAD') || headers['cache-control'] !== undefined) return undefined
    const wanted = understand(url, headers.accept ?? '', headers['accept-encoding'] ?? '')
    if (wanted === undefined) return undefined
    const { index, project, key, wish } = wanted
    const found = pages.find(key)
    const { resolver, hasPrivate, isAllPublic } = current()
    if (found === undefined) return undefined
    const until = resolver.mayGive(index, project, found.standing)
    if (until === undefined) return undefined
    const origin = originOf(found.standing, until, { hasPrivate: hasPrivate(index), isAllPublic }, now())
    const { etag } = found.body
    if (isHeld(headers['if-none-match'], etag))
      return { status: 304, headers: unchangedHeaders(origin, etag, wish.coding), body: undefined }
    const body = found.body.body(wish.coding)
    if (body instanceof Promise) return undefined
    return {
      status: 200,
      headers: bodyHeaders(origin, etag, wish, body.length),
      body: method === 'HEAD' ? undefined : body,
    }
  }
}
