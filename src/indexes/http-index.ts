/** An upstream over HTTP: asks for pages, reads them, and turns what cannot be believed into an UpstreamError. */
import { paced } from '../pace/steps.ts'
import { opaqueTag } from '../simple/etag.ts'
import { readHtmlDetail } from '../simple/html.ts'
import { htmlListReader } from '../simple/html-list.ts'
import { readJsonDetail } from '../simple/json.ts'
import { jsonListReader } from '../simple/json-list.ts'
import { acceptFor, readMediaType } from '../simple/media-type.ts'
import { PageError, type PageSource, type ProjectDetail } from '../simple/model.ts'
import { type NameList, nameList } from '../simple/name-list.ts'
import type { PageHead, PageReply, PageRequest, UpstreamClient, Validator } from '../upstream/contract.ts'
import { UpstreamError } from '../upstream/error.ts'
import { contentOf } from './page-content.ts'
import type { Answer, Ask, Index, ListAnswer } from './contract.ts'
import type { Windows } from './windows.ts'

/** Decoded bytes after which a page is refused: the largest real ones have about 8 MB, PyPI's list has 40 MB. */
const MAX_PAGE_BYTES = 64 * 1024 * 1024
const MAX_LIST_BYTES = 256 * 1024 * 1024
/** A list of 40 MB takes longer than a page may. */
const LIST_TIMEOUT_MS = 60_000

export interface HttpIndexOptions {
  /** The upstream's name. */
  readonly upstream: string
  /** Base URL, ending in `/`. */
  readonly url: string
  readonly format: 'auto' | 'json' | 'html'
  /** A page without files means that it does not have the project. */
  readonly emptyIsAbsent: boolean
  readonly windows: Windows
  readonly now: () => number
}

export function httpIndex(client: UpstreamClient, options: HttpIndexOptions): Index {
  const { upstream, url, windows, now } = options
  const accept = acceptFor(options.format)

  function absent(checkedAt: number): Answer {
    return { page: undefined, checkedAt, freshUntil: checkedAt + windows.absentForMs }
  }

  /** A 304 that names another version than the one held confirms something else: then the page is asked for as it is. */
  async function get<Body>(
    ask: (request: PageRequest) => Promise<PageReply<Body>>,
    request: PageRequest,
    validator: Validator | undefined,
  ): Promise<PageReply<Body>> {
    if (validator === undefined) return ask(request)
    const reply = await ask({ ...request, validator })
    return reply.kind === 'unchanged' && isOther(reply.validator, validator) ? ask(request) : reply
  }

  return {
    async getProject(name, ask = {}) {
      const held = ask.held?.page === undefined ? undefined : ask.held
      // When it was asked: what was published while the answer was on its way is not in it.
      const checkedAt = now()
      const reply = await get(
        (request) => client.getPage(`${url}${name}/`, request),
        { accept, maxBytes: MAX_PAGE_BYTES, ...(ask.behind && { behind: true }) },
        held?.validator,
      )
      if (reply.kind === 'absent') return absent(checkedAt)
      const freshUntil = checkedAt + windows.freshFor(reply.lifetimeMs)
      const times = { checkedAt, freshUntil, refreshUntil: freshUntil + windows.whileRefreshingMs }
      if (reply.kind === 'unchanged') {
        if (held === undefined)
          throw new UpstreamError(upstream, 'protocol', `${name}: 304 to a request without a condition`)
        return { ...held, ...times }
      }
      const content = await paced(contentOf(reply), { behind: ask.behind === true })
      // Some upstreams send the same page again and again.
      const same = held?.content === content ? held.page : undefined
      const page = same ?? (await readPage(reply, { upstream, project: name, url: reply.url }, ask))
      if (options.emptyIsAbsent && isEmpty(page)) return absent(checkedAt)
      return {
        page,
        content,
        ...times,
        ...(reply.validator && { validator: reply.validator }),
        ...(reply.serial !== undefined && { serial: reply.serial }),
      }
    },

    async listProjects(held) {
      const checkedAt = now()
      const reply = await get(
        (request) =>
          client.streamPage(url, request, readList).catch((cause: unknown) => {
            throw refusal(upstream, 'project list', cause)
          }),
        { accept, maxBytes: MAX_LIST_BYTES, totalMs: LIST_TIMEOUT_MS },
        held?.validator,
      )
      if (reply.kind === 'absent') {
        return { names: nameList([]), listed: false, checkedAt, freshUntil: checkedAt + windows.absentForMs }
      }
      const freshUntil = checkedAt + windows.freshFor(reply.lifetimeMs)
      if (reply.kind === 'unchanged') {
        if (held === undefined)
          throw new UpstreamError(upstream, 'protocol', 'project list: 304 to a request without a condition')
        return { ...held, checkedAt, freshUntil }
      }
      const names = reply.body
      return {
        // The same names are the same object, so that what was made of them stays good.
        names: held?.names.bytes.equals(names.bytes) ? held.names : names,
        listed: true,
        checkedAt,
        freshUntil,
        ...(reply.validator && { validator: reply.validator }),
      } satisfies ListAnswer
    },
  }
}

function isOther(said: Validator | undefined, held: Validator): boolean {
  return said?.etag !== undefined && held.etag !== undefined && opaqueTag(said.etag) !== opaqueTag(held.etag)
}

type Page = Extract<PageReply, { kind: 'page' }>

async function readPage(
  { mediaType, body, delimited }: Page,
  source: PageSource,
  { behind = false }: Ask,
): Promise<ProjectDetail> {
  const isJson = readMediaType(mediaType) === 'json'
  const reading = isJson ? readJsonDetail(body, source) : readHtmlDetail(body, source, { delimited })
  try {
    return await paced(reading, { behind })
  } catch (cause) {
    throw refusal(source.upstream, `page of ${source.project}`, cause)
  }
}

/** Read as it comes, with others between the pieces. */
async function readList({ mediaType, delimited }: PageHead, pieces: AsyncIterable<Buffer>): Promise<NameList> {
  const reader = readMediaType(mediaType) === 'json' ? jsonListReader() : htmlListReader({ delimited })
  for await (const piece of pieces) await paced(reader.write(piece))
  const names = await paced(reader.end())
  // It has projects, and an empty list would show that each of them is absent.
  if (names.count === 0 && reader.leftOut() > 0) throw new PageError('none of its entries is the name of a project')
  return names
}

/** A page that is refused is a failure of its upstream; whatever else went wrong is ours. */
function refusal(upstream: string, what: string, cause: unknown): unknown {
  if (!(cause instanceof PageError)) return cause
  return new UpstreamError(upstream, cause.code, `${what}: ${cause.message}`, { cause })
}

/** A page whose every entry was left out is not empty: it is a page that we cannot use. */
function isEmpty(page: ProjectDetail): boolean {
  return page.files.length === 0 && page.droppedCount === 0 && page.status?.status !== 'quarantined'
}
