/** The simple index: project pages and the list of projects, in every representation. */
import type { Context, Hono } from 'hono'
import type { MergedPage } from '../merge/merge.ts'
import type { Resolution, Source } from '../resolve/resolution.ts'
import { filePath } from '../simple/file-url.ts'
import { writeHtmlDetail } from '../simple/html.ts'
import { writeJsonDetail } from '../simple/json.ts'
import { MEDIA_TYPES, type Representation, negotiate } from '../simple/media-type.ts'
import type { ProjectFile } from '../simple/model.ts'
import { type ProjectName, parseName } from '../simple/name.ts'
import { acceptedCoding, isHeld, wantedMaxAgeMs } from './conditions.ts'
import { textResponse } from './errors.ts'
import { type ListBody, listBodies } from './list-body.ts'
import { type Coding, type Rendered, renderedCache } from './rendered.ts'
import type { CurrentSnapshot } from './snapshot.ts'
import { streamed } from './streamed.ts'

/** Finished bytes that are kept in memory. */
const RENDERED_BYTES = 64 * 1024 * 1024

/** A page of the index `default` is at `/simple/…`, of another at `/{index}/simple/…`. */
const DEFAULT_INDEX = 'default'

interface AskedPage {
  readonly index: string
  readonly name: ProjectName
  readonly representation: Representation
  readonly hasPrivate: boolean
}

export function simpleRoutes(
  app: Hono,
  { current, now }: { readonly current: CurrentSnapshot; readonly now: () => number },
): void {
  const pages = renderedCache(RENDERED_BYTES)
  const lists = listBodies()

  /** At once where everything is at hand: a promise would cost more than the rest. */
  function projectPage(c: Context, index: string, asked: string): Response | Promise<Response> {
    const name = parseName(asked)
    if (name === undefined)
      return textResponse(c, 404, 'That is no project name: ASCII letters and digits, with ".", "_" and "-" inside')
    if (name !== asked) return redirect(c, `../${name}/`)
    const representation = representationFor(c)
    if (representation === undefined) return notAcceptable(c)

    const { resolver, hasPrivate } = current()
    const page = { index, name, representation, hasPrivate: hasPrivate(index) }
    const maxAgeMs = wantedMaxAgeMs(c.req.header('cache-control'))
    if (maxAgeMs !== undefined)
      return resolver.resolve(index, name, { maxAgeMs }).then((resolution) => answer(c, page, resolution))
    const held = resolver.peek(index, name)
    return held === undefined
      ? resolver.resolve(index, name).then((resolution) => answer(c, page, resolution))
      : answer(c, page, held)
  }

  function answer(
    c: Context,
    { index, name, representation, hasPrivate }: AskedPage,
    resolution: Resolution,
  ): Response | Promise<Response> {
    const headers = {
      'Cache-Control': cacheControl(resolution, { hasPrivate, now: now() }),
      'X-Unidex-Sources': sayToCurl(resolution.sources),
    }
    if (resolution.kind === 'absent') return textResponse(c, 404, sayAbsent(resolution), headers)
    const { page } = resolution
    const finished = pages.get(`${index} ${name} ${representation}`, page, () => writePage(page, representation))
    return send(c, finished, { ...headers, 'Content-Type': MEDIA_TYPES[representation] })
  }

  async function projectList(c: Context, index: string): Promise<Response> {
    const representation = representationFor(c)
    if (representation === undefined) return notAcceptable(c)
    const snapshot = current()
    const { names, sources, until } = await snapshot.resolver.list(index)
    return sendList(c, lists(names, representation), {
      'Content-Type': MEDIA_TYPES[representation],
      'Cache-Control': maxAge(until - now(), snapshot.hasPrivate(index)),
      'X-Unidex-Sources': sayToCurl(sources),
    })
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

function writePage(page: MergedPage, representation: Representation): Buffer {
  const { name, files, versions, status } = page
  const written = { name, files, versions, link, ...(status && { status }) }
  return representation === 'json' ? writeJsonDetail(written) : writeHtmlDetail(written)
}

/** Relative to a project page, of whichever index, behind whichever prefix. */
function link({ upstream, url }: ProjectFile): string {
  return `../../files/${upstream}/${filePath(url)}`
}

function send(c: Context, { etag, bytes, coded }: Rendered, headers: Headers): Response | Promise<Response> {
  const { coding, common } = chosen(c, etag, headers)
  if (isHeld(c.req.header('if-none-match'), etag)) return c.body(null, 304, common)
  const body = coding === undefined ? bytes : coded(coding)
  return body instanceof Promise
    ? body.then((made) => sendBytes(c, made, coding, common))
    : sendBytes(c, body, coding, common)
}

function sendBytes(c: Context, body: Buffer, coding: Coding | undefined, headers: Headers): Response {
  return c.body(body as Uint8Array<ArrayBuffer>, 200, {
    ...headers,
    'Content-Length': String(body.length),
    ...(coding && { 'Content-Encoding': coding }),
  })
}

async function sendList(c: Context, { etag, stream, coded }: ListBody, headers: Headers): Promise<Response> {
  const { coding, common } = chosen(c, etag, headers)
  if (isHeld(c.req.header('if-none-match'), etag)) return c.body(null, 304, common)
  if (coding === undefined)
    return c.req.method === 'HEAD' ? c.body(null, 200, common) : streamed(c.body(stream(), 200, common))
  const body = await coded(coding)
  return c.body(body as Uint8Array<ArrayBuffer>, 200, {
    ...common,
    'Content-Length': String(body.length),
    'Content-Encoding': coding,
  })
}

type Headers = Readonly<Record<string, string>>

/** The coding that the client takes, and the headers that every answer about the body has; its ETag is the coding's own. */
function chosen(c: Context, etag: string, headers: Headers): { coding: Coding | undefined; common: Headers } {
  const coding = acceptedCoding(c.req.header('accept-encoding'))
  const common = {
    ...headers,
    ETag: coding === undefined ? etag : etag.replace(/"$/, `-${coding}"`),
    Vary: 'Accept, Accept-Encoding',
    'X-Content-Type-Options': 'nosniff',
  }
  return { coding, common }
}

/** Clients obey it, so it is never longer than what we know: an owner may publish at any moment. */
function cacheControl(resolution: Resolution, { hasPrivate, now }: { hasPrivate: boolean; now: number }): string {
  if (resolution.owned || (hasPrivate && resolution.kind === 'absent')) return 'no-cache'
  return maxAge(resolution.until - now, hasPrivate || resolution.kind === 'absent')
}

function maxAge(remainingMs: number, short: boolean): string {
  const seconds = Math.min(Math.floor(remainingMs / 1000), short ? 60 : 600)
  return seconds > 0 ? `max-age=${seconds}` : 'max-age=0, must-revalidate'
}

/** `corp;fresh, pypi;stale`: where the page came from, without secrets. */
function sayToCurl(sources: readonly Source[]): string {
  return sources.map(({ upstream, state }) => `${upstream};${state}`).join(', ')
}

function sayAbsent({ plan, sources }: Resolution): string {
  const { project } = plan
  if (plan.kind === 'held') {
    return `${project} belongs to upstream "${plan.owner.upstream}", which this index does not ask, and comes from nowhere else; "unidex forget ${project}" lets a name go`
  }
  if (plan.kind === 'ask' && plan.owner !== undefined) {
    const lacks = sources.some(({ state }) => state === 'listed-absent')
      ? 'whose last list does not have it'
      : 'which does not have it'
    return `${project} belongs to upstream "${plan.owner.upstream}", ${lacks}, and comes from nowhere else`
  }
  return `No upstream of this index has ${project} (asked: ${sources.map(({ upstream }) => upstream).join(', ')})`
}
