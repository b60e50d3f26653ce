/** The simple index: project pages and the list of projects, in every representation. */
import type { Context, Hono } from 'hono'
import type { Metrics } from '../metrics/metrics.ts'
import type { MergedPage } from '../merge/merge.ts'
import { sayAbsent } from '../resolve/absence.ts'
import type { Resolution } from '../resolve/resolution.ts'
import { filePath } from '../simple/file-url.ts'
import { writeHtmlDetail } from '../simple/html.ts'
import { writeJsonDetail } from '../simple/json.ts'
import { MEDIA_TYPES, type Representation, negotiate } from '../simple/media-type.ts'
import type { ProjectFile } from '../simple/model.ts'
import { type ProjectName, parseName } from '../simple/name.ts'
import { acceptedCoding, isHeld, wantedMaxAgeMs } from './conditions.ts'
import { DEFAULT_INDEX } from './default-index.ts'
import { textResponse } from './errors.ts'
import { type ListBody, listBodies } from './list-body.ts'
import { readMore } from './read-more.ts'
import { type FinishedPages, pageKey } from './finished-pages.ts'
import type { Rendered } from './rendered.ts'
import type { CurrentSnapshot, Snapshot } from './snapshot.ts'
import { streamed } from './streamed.ts'
import {
  type Audience,
  type Origin,
  type Wish,
  bodyHeaders,
  maxAge,
  originHeaders,
  originOf,
  unchangedHeaders,
} from './answer-head.ts'

interface AskedPage {
  readonly index: string
  readonly name: ProjectName
  readonly representation: Representation
  readonly audience: Audience
  readonly promisedMetadata: Snapshot['promisedMetadata']
}

export function simpleRoutes(
  app: Hono,
  {
    current,
    metrics,
    now,
    pages,
  }: {
    readonly current: CurrentSnapshot
    readonly metrics: Metrics
    readonly now: () => number
    readonly pages: FinishedPages
  },
): void {
  const lists = listBodies()

  /** At once where everything is at hand: a promise would cost more than the rest. */
  function projectPage(c: Context, index: string, asked: string): Response | Promise<Response> {
    const name = parseName(asked)
    if (name === undefined)
      return textResponse(c, 404, 'That is no project name: ASCII letters and digits, with ".", "_" and "-" inside')
    if (name !== asked) return redirect(c, `../${name}/`)
    const representation = representationFor(c)
    if (representation === undefined) return notAcceptable(c)

    const { resolver, hasPrivate, isAllPublic, promisedMetadata } = current()
    const audience = { hasPrivate: hasPrivate(index), isAllPublic }
    const page = { index, name, representation, audience, promisedMetadata }
    const maxAgeMs = wantedMaxAgeMs(c.req.header('cache-control'))
    const held = maxAgeMs === undefined ? resolver.peek(index, name) : undefined
    if (held === undefined) return askedAgain(c, page, maxAgeMs === undefined ? {} : { maxAgeMs })
    metrics.resolved('kept')
    return answer(c, page, held)
  }

  /** Where nobody says anything new, what was finished before is what would be made now. */
  async function askedAgain(c: Context, page: AskedPage, wanted: { readonly maxAgeMs?: number }): Promise<Response> {
    const { index, name, representation, audience } = page
    const { resolver } = current()
    const finished = pages.find(pageKey(index, name, representation))
    const until = finished && (await resolver.confirm(index, name, finished.standing, wanted))
    if (until !== undefined && finished !== undefined) {
      metrics.resolved('confirmed')
      return send(c, finished.body, wishOf(c, representation), originOf(finished.standing, until, audience, now()))
    }
    metrics.resolved('merged')
    return answer(c, page, await resolver.resolve(index, name, wanted))
  }

  function answer(
    c: Context,
    { index, name, representation, audience, promisedMetadata }: AskedPage,
    resolution: Resolution,
  ): Response | Promise<Response> {
    const origin = originOf(resolution, resolution.until, audience, now())
    if (resolution.kind === 'absent')
      return textResponse(c, 404, sayAbsent(resolution) + readMore(c, index, name), originHeaders(origin))
    const { page } = resolution
    const write = () => writePage(page, representation, promisedMetadata)
    const finished = pages.get(pageKey(index, name, representation), resolution, write)
    const wish = wishOf(c, representation)
    return finished instanceof Promise
      ? finished.then((made) => send(c, made, wish, origin))
      : send(c, finished, wish, origin)
  }

  async function projectList(c: Context, index: string): Promise<Response> {
    const representation = representationFor(c)
    if (representation === undefined) return notAcceptable(c)
    const snapshot = current()
    const { names, sources, until } = await snapshot.resolver.list(index)
    const cacheControl = maxAge(until - now(), { isShort: snapshot.hasPrivate(index), isShared: snapshot.isAllPublic })
    return sendList(c, await lists(names, representation), wishOf(c, representation), { cacheControl, sources })
  }

  app.get('/simple/', (c) => projectList(c, DEFAULT_INDEX))
  app.get('/simple/:project/', (c) => projectPage(c, DEFAULT_INDEX, c.req.param('project')))
  app.get('/simple', (c) => redirect(c, 'simple/'))
  app.get('/simple/:project', (c) => toFolder(c))
  app.get('/:index/simple/', (c) => projectList(c, c.req.param('index')))
  app.get('/:index/simple/:project/', (c) => projectPage(c, c.req.param('index'), c.req.param('project')))
  app.get('/:index/simple', (c) => redirect(c, 'simple/'))
  app.get('/:index/simple/:project', (c) => toFolder(c))
}

/** A project page's address ends in a slash; the redirect is relative, so that a prefix in front needs no setting. */
function toFolder(c: Context): Response {
  const name = parseName(c.req.param('project') ?? '')
  return name === undefined ? textResponse(c, 404, 'That is no project name') : redirect(c, `${name}/`)
}

/** 307: clients keep permanent redirects for ever. The query goes along, since `?format=` is in it. */
function redirect(c: Context, location: string): Response {
  return c.body(null, 307, { Location: location + new URL(c.req.url).search, 'Cache-Control': 'max-age=600' })
}

function representationFor(c: Context): Representation | undefined {
  return negotiate(c.req.header('accept'), c.req.query('format'))
}

function notAcceptable(c: Context): Response {
  return textResponse(c, 406, `This page exists as ${Object.values(MEDIA_TYPES).join(', ')}`, { Vary: 'Accept' })
}

function writePage(
  page: MergedPage,
  representation: Representation,
  metadata: Snapshot['promisedMetadata'],
): Iterable<Buffer> {
  const { name, files, versions, status } = page
  const written = { name, files, versions, link, metadata, ...(status && { status }) }
  return representation === 'json' ? writeJsonDetail(written) : writeHtmlDetail(written)
}

/** Relative to a project page, of whichever index, behind whichever prefix. */
function link({ upstream, url }: ProjectFile): string {
  return `../../files/${upstream}/${filePath(url)}`
}

function wishOf(c: Context, representation: Representation): Wish {
  return { representation, coding: acceptedCoding(c.req.header('accept-encoding')) }
}

function send(c: Context, finished: Rendered, wish: Wish, origin: Origin): Response | Promise<Response> {
  const { etag } = finished
  if (hasAlready(c, etag)) return c.body(null, 304, unchangedHeaders(origin, etag, wish.coding))
  const whole = (body: Buffer) =>
    c.body(body as Uint8Array<ArrayBuffer>, 200, bodyHeaders(origin, etag, wish, body.length))
  const body = finished.body(wish.coding)
  return body instanceof Promise ? body.then(whole) : whole(body)
}

async function sendList(c: Context, list: ListBody, wish: Wish, origin: Origin): Promise<Response> {
  const { etag, stream, coded } = list
  if (hasAlready(c, etag)) return c.body(null, 304, unchangedHeaders(origin, etag, wish.coding))
  if (wish.coding === undefined) {
    const headers = bodyHeaders(origin, etag, wish)
    return c.req.method === 'HEAD' ? c.body(null, 200, headers) : streamed(c.body(stream(), 200, headers))
  }
  const body = await coded(wish.coding)
  return c.body(body as Uint8Array<ArrayBuffer>, 200, bodyHeaders(origin, etag, wish, body.length))
}

function hasAlready(c: Context, etag: string): boolean {
  return isHeld(c.req.header('if-none-match'), etag)
}
