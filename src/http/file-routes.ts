/** Files: what the merged page lists can be fetched, with what lies beside it, and nothing else. */
import type { Context, Hono } from 'hono'
import type { CompanionSuffix } from '../files/companion-fetch.ts'
import type { OpenFile } from '../files/deliver.ts'
import { UpstreamError } from '../indexes/contract.ts'
import { sayVerdict } from '../merge/verdict.ts'
import type { Resolution } from '../resolve/resolution.ts'
import { projectsOf } from '../simple/filename.ts'
import { filePath } from '../simple/file-url.ts'
import type { ProjectFile } from '../simple/model.ts'
import type { ProjectName } from '../simple/name.ts'
import type { DownloadCounter } from '../stats/download-counter.ts'
import { sharedFor } from './answer-head.ts'
import { parseRange } from './byte-range.ts'
import { isHeld } from './conditions.ts'
import { textResponse } from './errors.ts'
import type { FinishedPages } from './finished-pages.ts'
import { type FoundFile, foundFiles } from './found-files.ts'
import { readMore } from './read-more.ts'
import type { CurrentSnapshot, Snapshot } from './snapshot.ts'
import { type BodyChunks, streamOf, streamed } from './streamed.ts'
import { watched } from './watched-body.ts'

/** What a client asks for: a file by its upstream and address, in an index. */
interface AskedFile {
  readonly index: string
  readonly upstream: string
  /** `{host}/{path}`, percent-decoded. */
  readonly address: string
  readonly filename: string
  readonly suffix: CompanionSuffix | undefined
}

type Found =
  | ({ readonly kind: 'served' } & FoundFile)
  | { readonly kind: 'hidden'; readonly reason: string; readonly project: ProjectName }
  | { readonly kind: 'unlisted' }

type Served = Extract<Found, { kind: 'served' }>

const PAGE_MAY_BE_WRONG: ReadonlySet<UpstreamError['code']> = new Set(['denied', 'bad-file'])

export interface FileRoutesOptions {
  readonly current: CurrentSnapshot
  readonly pages: FinishedPages
  /** Default: nobody counts. */
  readonly downloads?: DownloadCounter
}

export function fileRoutes(app: Hono, { current, pages, downloads }: FileRoutesOptions): void {
  const before = foundFiles()

  async function findOrRemember(snapshot: Snapshot, asked: AskedFile): Promise<Found> {
    const known = await before.get(addressOf(asked), snapshot.resolver)
    if (known !== undefined) return unlessChanged(snapshot, known)
    const found = await find(snapshot, asked, {})
    if (found.kind === 'served') before.set(addressOf(asked), found)
    return found
  }

  async function serve(c: Context, index: string): Promise<Response> {
    const asked = askedFile(c, index)
    if (asked === undefined) return textResponse(c, 404, 'That is no address of a file')
    const snapshot = current()
    const found = await findOrRemember(snapshot, asked)
    if (found.kind === 'hidden') return textResponse(c, 403, found.reason + readMore(c, index, found.project))
    if (found.kind === 'unlisted') return unlisted(c, asked)
    const wasPromised = snapshot.promisedMetadata(found.file)
    const first = await attempt(() => answer(c, snapshot, found, asked.suffix, downloads))
    if (first.response !== undefined) return first.response
    // What proved to be no wheel is not promised to have metadata any more.
    if (wasPromised && !snapshot.promisedMetadata(found.file)) pages.forget(found.project)

    // It is gone, another one, or its address has expired: the upstream's page of this moment says what is right.
    const again = await find(snapshot, asked, { maxAgeMs: 0 })
    if (again.kind === 'served' && isListedOtherwise(again.file, found.file)) {
      before.set(addressOf(asked), again)
      const second = await answer(c, snapshot, again, asked.suffix, downloads)
      if (second !== undefined) return second
    }
    if (first.error !== undefined) throw first.error
    return textResponse(
      c,
      404,
      `Upstream "${asked.upstream}" lists ${asked.filename}${asked.suffix ?? ''} and does not have it`,
    )
  }

  app.get('/files/:upstream/*', (c) => serve(c, 'default'))
  app.get('/:index/files/:upstream/*', (c) => serve(c, c.req.param('index')))
}

function addressOf({ index, upstream, address }: AskedFile): string {
  return `${index} ${upstream} ${address}`
}

/** Whether the page has another address for it by now, or other hashes. */
function isListedOtherwise(now: ProjectFile, before: ProjectFile): boolean {
  const said = ({ url, hashes, coreMetadata }: ProjectFile) => JSON.stringify([url, hashes, coreMetadata])
  return said(now) !== said(before)
}

/** What the page says may be why: of the address where that is refused, of the content where that is another. */
async function attempt(
  serve: () => Promise<Response | undefined>,
): Promise<{ response?: Response | undefined; error?: UpstreamError }> {
  try {
    return { response: await serve() }
  } catch (error) {
    if (error instanceof UpstreamError && PAGE_MAY_BE_WRONG.has(error.code)) return { error }
    throw error
  }
}

function unlisted(c: Context, { upstream, filename }: AskedFile): Response {
  return textResponse(c, 404, `No page of this index lists ${filename} of upstream "${upstream}" at that address`)
}

function askedFile(c: Context, index: string): AskedFile | undefined {
  const upstream = c.req.param('upstream') ?? ''
  const { pathname } = new URL(c.req.url)
  const address = decodedOnce(pathname.slice(pathname.indexOf(`/files/${upstream}/`) + `/files/${upstream}/`.length))
  const last = address?.slice(address.lastIndexOf('/') + 1)
  if (address === undefined || last === undefined || last === '') return undefined
  const suffix = last.endsWith('.metadata') ? '.metadata' : last.endsWith('.asc') ? '.asc' : undefined
  const cut = suffix?.length ?? 0
  return {
    index,
    upstream,
    address: address.slice(0, address.length - cut),
    filename: last.slice(0, last.length - cut),
    suffix,
  }
}

function decodedOnce(path: string): string | undefined {
  try {
    return decodeURIComponent(path)
  } catch {
    return undefined
  }
}

/** Honoured only where the merged page of the file's project lists exactly this upstream and address. */
async function find(snapshot: Snapshot, asked: AskedFile, options: { maxAgeMs?: number }): Promise<Found> {
  let denied: Found | undefined
  let failure: UpstreamError | undefined
  for (const project of projectsOf(asked.filename)) {
    let resolution: Resolution
    try {
      resolution = await snapshot.resolver.resolve(asked.index, project, options)
    } catch (error) {
      if (!(error instanceof UpstreamError)) throw error
      failure ??= error
      continue
    }
    const isAsked = (file: ProjectFile) =>
      file.upstream === asked.upstream && decodedOnce(filePath(file.url)) === asked.address
    if (resolution.kind === 'denied')
      denied = { kind: 'hidden', reason: `${asked.filename} is withheld: ${resolution.reason}`, project }
    if (resolution.kind !== 'page') continue
    // Nearly always the one with its name; reading each address of a large page would take long.
    const { files } = resolution.page
    const file = files.find((each) => each.filename === asked.filename && isAsked(each)) ?? files.find(isAsked)
    if (file !== undefined) return unlessChanged(snapshot, { index: asked.index, file, project, standing: resolution })
    const hidden = resolution.hidden.find((each) => isAsked(each.file))
    if (hidden !== undefined) return { kind: 'hidden', reason: sayVerdict(hidden), project }
  }
  // What could not be looked up may be the page that lists it.
  if (failure !== undefined) throw failure
  return denied ?? { kind: 'unlisted' }
}

function unlessChanged(snapshot: Snapshot, found: FoundFile): Found {
  const { file, project } = found
  const known = snapshot.changedFrom(file, project)
  if (known === undefined) return { kind: 'served', ...found }
  // Delivered under another hash since the page was merged: by another process, or to a client that took its time.
  return { kind: 'hidden', reason: sayVerdict({ file, verdict: { kind: 'changed', known } }), project }
}

async function answer(
  c: Context,
  snapshot: Snapshot,
  { file, project }: Served,
  suffix: CompanionSuffix | undefined,
  downloads: DownloadCounter | undefined,
): Promise<Response | undefined> {
  const source = snapshot.sourceOf(file, project)
  if (source.redirects) {
    const url = new URL(file.url)
    url.pathname += suffix ?? ''
    return c.body(null, 307, { Location: url.href, 'Cache-Control': 'no-cache' })
  }
  const headers = fileHeaders(source, suffix)
  if (headers.ETag !== undefined && isHeld(c.req.header('if-none-match'), headers.ETag))
    return c.body(null, 304, headers)
  if (c.req.method === 'HEAD') {
    const { companions, deliverer } = snapshot
    const known = await (suffix === undefined ? deliverer.size(source) : companions.size(source, suffix))
    const length = known?.size === undefined ? {} : { 'Content-Length': String(known.size) }
    return known && c.body(null, 200, { ...headers, ...length })
  }
  if (suffix !== undefined) {
    const bytes = await snapshot.companions.read(source, suffix)
    const open: Body['open'] = (start, end) => (bytes as Uint8Array<ArrayBuffer>).subarray(start, end)
    return bytes && respond(c, { size: bytes.length, open }, headers)
  }
  const opened = await snapshot.deliverer.open(source)
  if (opened === undefined) return undefined
  const { size, read } = opened
  const open: Body['open'] = downloads ? countedBy(downloads, { c, source, size, read }) : read
  return respond(c, { ...(size !== undefined && { size }), open }, headers)
}

/** What is read of a file, and told to whoever counts when a client has taken it. */
function countedBy(
  downloads: DownloadCounter,
  options: {
    readonly c: Context
    readonly source: ReturnType<Snapshot['sourceOf']>
    readonly size: number | undefined
    readonly read: OpenFile['read']
  },
): Body['open'] {
  const { c, source, size, read } = options
  const { file, project, scope } = source
  return (start, end) =>
    watched(read(start, end), size === undefined ? undefined : (end ?? size) - start, (taken, isEnd) => {
      // How long it is, only its end says.
      if (size === undefined && !isEnd) return
      downloads.given({
        file: { project, filename: file.filename, upstream: file.upstream, isPrivate: scope !== undefined },
        content: file.hashes.sha256 ?? file.url,
        userAgent: c.req.header('user-agent'),
        part: { start, end: start + taken },
        size: size ?? start + taken,
      })
    })
}

interface Body {
  readonly size?: number
  open(start: number, end: number | undefined): BodyChunks | Uint8Array<ArrayBuffer>
}

interface FileHeaders extends Record<string, string> {
  readonly 'Content-Type': string
}

function respond(c: Context, { size, open }: Body, headers: FileHeaders): Response {
  const wanted = rangeIsCurrent(c, headers) && size !== undefined ? parseRange(c.req.header('range'), size) : undefined
  if (wanted === 'unsatisfiable') {
    return textResponse(c, 416, `The file has ${size} bytes`, { 'Content-Range': `bytes */${size}` })
  }
  if (wanted !== undefined) {
    const { start, end } = wanted
    return answerWith(c, open(start, end), 206, {
      ...headers,
      'Content-Length': String(end - start),
      'Content-Range': `bytes ${start}-${end - 1}/${size}`,
    })
  }
  return answerWith(c, open(0, size), 200, {
    ...headers,
    ...(size !== undefined && { 'Content-Length': String(size) }),
  })
}

function answerWith(
  c: Context,
  body: ReturnType<Body['open']>,
  status: 200 | 206,
  headers: Record<string, string>,
): Response {
  return body instanceof Uint8Array
    ? c.body(body, status, headers)
    : streamed(c.body(streamOf(body), status, headers), body)
}

/** `If-Range` with another validator than ours asks for the whole (RFC 9110, 13.1.5). */
function rangeIsCurrent(c: Context, headers: FileHeaders): boolean {
  const ifRange = c.req.header('if-range')
  return ifRange === undefined || ifRange === headers['ETag']
}

/** A file whose page gives its hash never changes; what belongs to others may be kept by caches that serve one person alone. */
function fileHeaders(
  { file, scope, mutable }: ReturnType<Snapshot['sourceOf']>,
  suffix: CompanionSuffix | undefined,
): FileHeaders {
  const { sha256 } = file.hashes
  const isSettled = sha256 !== undefined && !mutable
  const isImmutable = isSettled && suffix === undefined
  // What was read out of a wheel, or said beside it, may prove wrong when the whole wheel passes.
  const isLikely = isSettled && suffix === '.metadata' && scope === undefined
  return {
    'Content-Type': 'application/octet-stream',
    'X-Content-Type-Options': 'nosniff',
    'Accept-Ranges': 'bytes',
    'Cache-Control': isImmutable
      ? `${scope === undefined ? 'public' : 'private'}, max-age=365000000, immutable`
      : isLikely
        ? `public, ${sharedFor(600)}`
        : 'no-cache',
    ...(sha256 !== undefined && suffix === undefined && { ETag: `"${sha256}"` }),
  }
}
