/** What an upstream can do, found out by a handful of questions: the facts, without what follows from them. */
import type { ProjectDetail, ProjectFile } from '../simple/model.ts'
import { type NameList, nameBatches } from '../simple/name-list.ts'
import type { ProjectName } from '../simple/name.ts'
import type { PageReply, UpstreamClient } from '../upstream/contract.ts'
import { isBelowBases } from '../upstream/redirects.ts'
import { type Index, UpstreamError } from './contract.ts'

/** What came of one question. */
export type Told<T> = { readonly value: T } | { readonly error: UpstreamError }

export interface Survey {
  /** undefined: it has no list (404). */
  readonly list: Told<NameList | undefined>
  /** A name that surely does not exist; undefined: it says that it does not have it. */
  readonly unknownName: Told<ProjectDetail | undefined>
  /** Whether a private one gives projects that every copy of PyPI has; absent: there was no reason to ask, or it cannot say. */
  readonly givesPublic?: boolean
  /** The project whose page was looked at; absent: none is known, or it has none of them. */
  readonly tried?: Tried
  /** Why the last of the projects that were tried has no page, where that was a failure. */
  readonly failure?: UpstreamError
}

export interface Tried {
  readonly page: ProjectDetail
  readonly head: PageFacts
  /** The same page, asked for on condition that it has changed; absent: there is nothing to ask with. */
  readonly unchanged?: Told<boolean>
  /** The page under another spelling of the name. */
  readonly spelled: Told<'redirected' | 'answered' | 'absent'>
  /** Without credentials; absent: there are none. */
  readonly anonymous?: Told<'page' | 'absent'>
  /** Files outside of every `filesAt`. */
  readonly outside: readonly ProjectFile[]
  /** Of one file below them; absent: there is none. */
  readonly file?: TriedFile
}

export interface PageFacts {
  readonly mediaType: string
  /** Of what its page says of its age: a validator to ask again with, and how long it is fresh. */
  readonly etag: boolean
  readonly lastModified: boolean
  readonly lifetimeMs?: number
}

export interface TriedFile {
  readonly file: ProjectFile
  /** Whether the rest of it was given when the rest was asked for. */
  readonly ranges: Told<boolean | undefined>
  /** Whether the metadata that its page promises is there; absent: it promises none. */
  readonly metadata?: Told<boolean>
}

export interface SurveyOptions {
  /** Base URL, ending in `/`. */
  readonly url: string
  readonly filesAt: readonly string[]
  readonly client: UpstreamClient
  /** The same without credentials, where there are some. */
  readonly anonymous?: UpstreamClient
  /** As the server reads the upstream. */
  readonly indexOver: (client: UpstreamClient) => Index
  /** Projects that it may have, the likeliest first. */
  readonly candidates: readonly ProjectName[]
  /** A name that nobody has. */
  readonly unknown: ProjectName
}

/** Projects that are tried at most, of those that are said to be there. */
const MAX_TRIED = 3
/** Decoded bytes of a page that is only looked at. */
const MAX_PAGE_BYTES = 64 * 1024 * 1024

/** About ten questions; what takes too long is ended by closing the clients. */
export async function survey(options: SurveyOptions): Promise<Survey> {
  const { client, indexOver, candidates, unknown } = options
  // A long list must not keep anybody from the rest.
  const listing = told(async () => {
    const { listed, names } = await indexOver(client).listProjects()
    return listed ? names : undefined
  })
  const namesOfList = async () => {
    const list = await listing
    return 'value' in list && list.value !== undefined ? firstOf(list.value) : []
  }
  const [unknownName, found] = await Promise.all([
    told(async () => (await indexOver(client).getProject(unknown)).page),
    find(candidates, options).then(async (first) =>
      'tried' in first ? first : find(await namesOfList(), options, first),
    ),
  ])
  return { list: await listing, unknownName, ...found }
}

type Found = Pick<Survey, 'tried' | 'failure'>

/** The first that has files. `before` is what is known where there is none. */
async function find(names: readonly ProjectName[], options: SurveyOptions, before: Found = {}): Promise<Found> {
  const { client, indexOver } = options
  let reply: PageReply | undefined
  const index = indexOver({ ...client, getPage: async (url, request) => (reply = await client.getPage(url, request)) })
  let found = before
  for (const project of names.slice(0, MAX_TRIED)) {
    const answer = await told(() => index.getProject(project))
    found = 'error' in answer ? { failure: answer.error } : {}
    if ('error' in answer || reply?.kind !== 'page') continue
    const { page } = answer.value
    if (page !== undefined && page.files.length > 0) return { tried: await look(page, reply, options) }
  }
  return found
}

function firstOf(list: NameList): ProjectName[] {
  const [batch = []] = nameBatches(list)
  // They are normalized, as all names of a list are.
  return batch.slice(0, MAX_TRIED) as ProjectName[]
}

async function look(
  page: ProjectDetail,
  reply: Extract<PageReply, { kind: 'page' }>,
  options: SurveyOptions,
): Promise<Tried> {
  const { url, client, anonymous, filesAt } = options
  const { validator, lifetimeMs, mediaType } = reply
  const request = { accept: `${mediaType}, text/html;q=0.1`, maxBytes: MAX_PAGE_BYTES }
  const at = `${url}${page.name}/`
  const spelling = page.name.replaceAll('-', '_').toUpperCase()
  const inside = page.files.filter((file) => isBelowBases(new URL(file.url), filesAt))
  const file = lightest(inside)
  const [unchanged, spelled, unknown, looked] = await Promise.all([
    validator && told(async () => (await client.getPage(at, { ...request, validator })).kind === 'unchanged'),
    told(async () => {
      const other = await client.getPage(`${url}${spelling}/`, request)
      if (other.kind !== 'page') return 'absent' as const
      return other.url.endsWith(`/${spelling}/`) ? ('answered' as const) : ('redirected' as const)
    }),
    anonymous &&
      told(async () =>
        (await anonymous.getPage(at, request)).kind === 'page' ? ('page' as const) : ('absent' as const),
      ),
    file && lookAtFile(file, client),
  ])
  return {
    page,
    head: {
      mediaType,
      etag: validator?.etag !== undefined,
      lastModified: validator?.lastModified !== undefined,
      ...(lifetimeMs !== undefined && { lifetimeMs }),
    },
    ...(unchanged && { unchanged }),
    spelled,
    ...(unknown && { anonymous: unknown }),
    outside: page.files.filter((each) => !inside.includes(each)),
    ...(looked && { file: looked }),
  }
}

/** A small wheel, where there is one: it has metadata, and costs its server little. */
function lightest(files: readonly ProjectFile[]): ProjectFile | undefined {
  const wheels = files.filter(({ filename }) => filename.endsWith('.whl'))
  const [first, ...others] = wheels.length > 0 ? wheels : files
  const size = (file: ProjectFile) => file.size ?? Infinity
  return first && others.reduce((least, file) => (size(file) < size(least) ? file : least), first)
}

async function lookAtFile(file: ProjectFile, client: UpstreamClient): Promise<TriedFile> {
  const [ranges, metadata] = await Promise.all([
    told(async () => {
      const reply = await client.openFile(file.url, { rangeStart: 1 })
      if (reply.kind === 'absent') return undefined
      reply.cancel()
      return reply.start === 1
    }),
    isPromised(file) ? told(() => isThere(client, metadataUrl(file))) : undefined,
  ])
  return { file, ranges, ...(metadata && { metadata }) }
}

function isPromised({ coreMetadata }: ProjectFile): boolean {
  return coreMetadata !== undefined && coreMetadata !== false
}

/** Beside the file: before the query, if its URL has one. */
function metadataUrl(file: ProjectFile): string {
  const url = new URL(file.url)
  url.pathname += '.metadata'
  return url.href
}

async function isThere(client: UpstreamClient, url: string): Promise<boolean> {
  const reply = await client.openFile(url)
  if (reply.kind === 'file') reply.cancel()
  return reply.kind === 'file'
}

async function told<T>(ask: () => Promise<T>): Promise<Told<T>> {
  try {
    return { value: await ask() }
  } catch (error) {
    if (error instanceof UpstreamError) return { error }
    throw error
  }
}
