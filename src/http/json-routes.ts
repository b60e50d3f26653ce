/**
 * PyPI's JSON API, made of the merged page: the same verdicts, the same failures, and no upstream is asked for its own.
 *
 * Of a project it is at `/pypi/{project}/json`, and of one version at `/pypi/{project}/{version}/json`, below `/{index}/` too.
 * Clients that were given `…/simple/` and know only that ask for it beside and below: pip-tools for `/{project}/json` (before
 * 7.6.1 for `/simple/pypi/{project}/json`), Dependabot for `/simple/{project}/json`. An address has one meaning: `/team/json` is
 * the project `team`, whether there is an index of that name or not; and a reserved word, which no index is called, is what it is
 * reserved for: a project of that name has all addresses but `/{project}/json`.
 */
import type { Context, Hono, MiddlewareHandler } from 'hono'
import { inTime } from '../files/in-time.ts'
import { UpstreamError } from '../indexes/contract.ts'
import type { Report } from '../log/report.ts'
import { paced } from '../pace/steps.ts'
import { sayAbsent } from '../resolve/absence.ts'
import { filePath, quotedAsPip } from '../simple/file-url.ts'
import type { MetadataFields } from '../simple/metadata-fields.ts'
import type { ProjectFile } from '../simple/model.ts'
import { type ProjectName, parseName } from '../simple/name.ts'
import { writeProjectJson } from '../simple/project-json.ts'
import { type Release, newestRelease, releaseOf, releasesOf } from '../simple/releases.ts'
import { RESERVED_WORDS } from '../simple/reserved-words.ts'
import { type Origin, bodyHeaders, originHeaders, originOf, unchangedHeaders } from './answer-head.ts'
import { acceptedCoding, isHeld, wantedMaxAgeMs } from './conditions.ts'
import { DEFAULT_INDEX } from './default-index.ts'
import { textResponse } from './errors.ts'
import { type PageResolution, finishedPages } from './finished-pages.ts'
import { readMore } from './read-more.ts'
import { releaseMetadata } from './release-metadata.ts'
import { type Rendered, rendered } from './rendered.ts'
import type { CurrentSnapshot, Snapshot } from './snapshot.ts'

/**
 * Finished answers that are kept, apart from the pages: their links are absolute, so there is one for each name by which we are
 * asked, and whoever makes such names up must not push pages out.
 */
const FINISHED_BYTES = 8 * 1024 * 1024

/** How long an answer with all releases waits for what only the metadata says, which may have to come out of a large wheel. */
const PATIENCE_MS = 2000

export interface JsonRoutesOptions {
  readonly current: CurrentSnapshot
  readonly report: Report
  readonly now: () => number
}

interface Asked {
  readonly snapshot: Snapshot
  readonly index: string
  readonly name: ProjectName
  readonly link: (file: ProjectFile) => string
  /** What all links begin with. */
  readonly base: string
}

export function jsonRoutes(app: Hono, { current, report, now }: JsonRoutesOptions): void {
  const kept = finishedPages(FINISHED_BYTES)

  async function answer(c: Context, version?: string): Promise<Response> {
    const name = parseName(c.req.param('project') ?? '')
    if (name === undefined)
      return textResponse(c, 404, 'That is no project name: ASCII letters and digits, with ".", "_" and "-" inside')
    const index = c.req.param('index') ?? DEFAULT_INDEX
    const snapshot = current()
    const maxAgeMs = wantedMaxAgeMs(c.req.header('cache-control'))
    const resolution = await snapshot.resolver.resolve(index, name, maxAgeMs === undefined ? {} : { maxAgeMs })
    const origin = originOf(
      resolution,
      resolution.until,
      { hasPrivate: snapshot.hasPrivate(index), isAllPublic: snapshot.isAllPublic },
      now(),
    )
    const notFound = (why: string) => textResponse(c, 404, why + readMore(c, index, name), originHeaders(origin))
    if (resolution.kind === 'absent') return notFound(sayAbsent(resolution))

    const asked = { snapshot, index, name, ...linksOf(c, snapshot) }
    if (version === undefined) {
      const { made, isWhole } = await projectBody(asked, resolution)
      return send(c, made, isWhole ? origin : { ...origin, cacheControl: 'no-cache' })
    }
    if (resolution.kind === 'denied') return notFound(`${name} is withheld: ${resolution.reason}`)
    const release = await paced(releaseOf(resolution.page.files, version))
    if (release === undefined) return notFound(`No file of ${name} ${version.slice(0, 100)} is served`)
    return send(c, await releaseBody(asked, resolution, release), origin)
  }

  /** Most who ask for all releases can do without what only the metadata says, so its failure is not theirs. */
  async function projectBody(
    asked: Asked,
    resolution: PageResolution,
  ): Promise<{ readonly made: Rendered; readonly isWhole: boolean }> {
    const { snapshot, index, name, base } = asked
    try {
      const metadataOf = (release: Release) =>
        inTime(releaseMetadata(snapshot, name, release), PATIENCE_MS, () => late(release))
      const write = () => writeProject(asked, resolution, metadataOf)
      return { made: await kept.get(`${index} ${name} ${base}`, resolution, write), isWhole: true }
    } catch (error) {
      if (!(error instanceof UpstreamError)) throw error
      const { upstream, code, message: reason } = error
      report('warn', 'metadata_missing', { project: name, upstream, code, reason })
      const pieces = await writeProject(asked, resolution, async () => undefined)
      return { made: await paced(rendered(pieces)), isWhole: false }
    }
  }

  const project = (c: Context) => answer(c)
  const release = (c: Context) => answer(c, c.req.param('version'))
  const besideSimple: MiddlewareHandler = (c, next) => (isReserved(c.req.param('project')) ? next() : answer(c))

  app.get('/pypi/:project/json', project)
  app.get('/pypi/:project/:version/json', release)
  app.get('/simple/pypi/:project/json', project)
  app.get('/simple/:project/json', project)
  app.get('/:index/pypi/:project/json', project)
  app.get('/:index/pypi/:project/:version/json', release)
  app.get('/:index/simple/pypi/:project/json', project)
  app.get('/:index/simple/:project/json', project)
  app.get('/:project/json', besideSimple)
  app.get('/:index/:project/json', besideSimple)
}

function isReserved(project = ''): boolean {
  return RESERVED_WORDS.has(parseName(project) ?? '')
}

/** Absolute, since that is what these readers expect: at the address by which clients know us, in the index that was asked. */
function linksOf(c: Context, { servedAt }: Snapshot): Pick<Asked, 'link' | 'base'> {
  const { origin, pathname } = new URL(servedAt ?? new URL(c.req.url).origin)
  const index = c.req.param('index')
  const base = origin + quotedAsPip(index === undefined ? pathname : `${pathname}${index}/`)
  return { base, link: ({ upstream, url }) => `${base}files/${upstream}/${quotedAsPip(filePath(url))}` }
}

function late({ version, files: [first] }: Release): UpstreamError {
  return new UpstreamError(first?.upstream ?? '', 'timeout', `The metadata of ${version} was not there in time`)
}

async function writeProject(
  { name, link }: Asked,
  { page: { files, status } }: PageResolution,
  metadataOf: (release: Release) => Promise<MetadataFields | undefined>,
): Promise<Iterable<Buffer>> {
  const releases = await paced(releasesOf(files))
  const release = await paced(newestRelease(releases))
  const metadata = release && (await metadataOf(release))
  return writeProjectJson({ name, release, metadata, releases, link, ...(status && { status }) })
}

/** @throws UpstreamError where the metadata cannot be had now: whoever asks for one version wants its dependencies */
async function releaseBody(
  { snapshot, name, link }: Asked,
  { page: { status } }: PageResolution,
  release: Release,
): Promise<Rendered> {
  const metadata = await releaseMetadata(snapshot, name, release)
  return paced(rendered(writeProjectJson({ name, release, metadata, link, ...(status && { status }) })))
}

async function send(c: Context, { etag, body }: Rendered, origin: Origin): Promise<Response> {
  const coding = acceptedCoding(c.req.header('accept-encoding'))
  const vary = { Vary: 'Accept-Encoding' }
  if (isHeld(c.req.header('if-none-match'), etag))
    return c.body(null, 304, { ...unchangedHeaders(origin, etag, coding), ...vary })
  const bytes = await body(coding)
  return c.body(bytes as Uint8Array<ArrayBuffer>, 200, {
    ...bodyHeaders(origin, etag, { representation: 'json', coding }, bytes.length),
    'Content-Type': 'application/json',
    ...vary,
  })
}
