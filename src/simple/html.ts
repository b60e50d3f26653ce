/** Project pages as HTML (simple repository API, "HTML Serialization"). */
import { batches } from '../pace/batches.ts'
import type { Steps } from '../pace/steps.ts'
import { apiVersionOf } from './api-version.ts'
import { checkEntryCount, FileCollection } from './file-collection.ts'
import { type FileEntry, readFileEntry } from './file-entry.ts'
import { linkName } from './file-link.ts'
import { hashesToSend, hashPairs, linkHash } from './hashes.ts'
import { HtmlShape } from './html-shape.ts'
import { htmlTokens } from './html-tokens.ts'
import {
  metadataAsListed,
  PageError,
  type PageSource,
  type PageToWrite,
  type ProjectDetail,
  type ProjectFile,
} from './model.ts'
import { readProjectStatus } from './project-status.ts'

/** Every relative link is made longer by it: a long one would turn a page into gigabytes. */
const MAX_BASE_LENGTH = 1024

/** Read in one step. */
const DETAIL_CHUNK_BYTES = 32 * 1024

/** A piece of a page that is written has more; what comes behind the last files goes with them. */
const PIECE_LENGTH = 64 * 1024

export interface HtmlOptions {
  /** false: the body ended when the connection closed, so it must end as a document does. */
  readonly delimited: boolean
}

/** @throws PageError when the page cannot be trusted as a whole */
export function* readHtmlDetail(body: Uint8Array, source: PageSource, options: HtmlOptions): Steps<ProjectDetail> {
  const shape = new HtmlShape()
  const links: FileEntry[] = []
  const metas = new Map<string, string>()
  let baseHref: string | undefined
  const tokens = htmlTokens({
    open(tag, attributes) {
      shape.open(tag, attributes)
      const href = attributes.get('href')
      if (tag === 'a' && href !== undefined) checkEntryCount(links.push(readAnchor(href, attributes)))
      if (tag === 'base') baseHref ??= href
      const meta = tag === 'meta' ? attributes.get('name')?.toLowerCase() : undefined
      if (meta?.startsWith('pypi:') && !metas.has(meta)) metas.set(meta, attributes.get('content') ?? '')
    },
    close: (tag) => shape.close(tag),
    text: (text) => shape.text(text),
  })
  for (let at = 0; at < body.length; at += DETAIL_CHUNK_BYTES) {
    tokens.write(body.subarray(at, at + DETAIL_CHUNK_BYTES))
    yield
  }
  tokens.end()
  if (!options.delimited) shape.checkFinished()

  const base = baseUrl(baseHref, source.url)
  const collection = new FileCollection()
  for (const batch of batches(links)) {
    for (const link of batch) {
      const file = readFileEntry(link, source, base)
      if (typeof file === 'string') collection.drop(linkName(link.link), file)
      else collection.add(file)
    }
    yield
  }
  const result = collection.result()
  if (result.files.length === 0 && !shape.isFileListing) throw new PageError('it is no page of an index')
  const status = readProjectStatus(metas.get('pypi:project-status'), metas.get('pypi:project-status-reason'))
  const { laterVersion } = shape
  return {
    name: source.project,
    versions: [],
    ...(status && { status }),
    ...(laterVersion !== undefined && { laterVersion }),
    ...result,
  }
}

function readAnchor(link: string, attributes: ReadonlyMap<string, string>): FileEntry {
  const size = attributes.get('data-size')
  const signed = attributes.get('data-gpg-sig')
  return {
    link,
    hashes: [],
    requiresPython: attributes.get('data-requires-python'),
    size: size !== undefined && /^\d{1,16}$/.test(size) ? Number(size) : undefined,
    uploadTime: attributes.get('data-upload-time'),
    yanked: attributes.get('data-yanked'),
    coreMetadata: readMetadataAttribute(
      attributes.get('data-core-metadata') ?? attributes.get('data-dist-info-metadata'),
    ),
    gpgSig: signed === undefined ? undefined : FLAGS.get(signed),
    provenance: attributes.get('data-provenance'),
  }
}

const FLAGS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['false', false],
])

function readMetadataAttribute(value: string | undefined): FileEntry['coreMetadata'] {
  if (value === undefined || !value.includes('=')) return FLAGS.get(value ?? '')
  return hashPairs(value)
}

/** The first `<base href>`, wherever it stands; as browsers do, one that is no web address is passed over. */
function baseUrl(href: string | undefined, pageUrl: string): string {
  if (href !== undefined && href.length > MAX_BASE_LENGTH) throw new PageError('its base is longer than 1 KiB')
  const base = href === undefined ? null : URL.parse(href, pageUrl)
  return base?.protocol === 'https:' || base?.protocol === 'http:' ? base.href : pageUrl
}

/** A project page in pieces, UTF-8. All that stands in it is escaped and, in attributes, quoted. */
export function* writeHtmlDetail(page: PageToWrite): Generator<Buffer, void> {
  const { metadata = metadataAsListed } = page
  const { status, reason } = page.status ?? {}
  let text = [
    `<!DOCTYPE html>\n<html>\n<head>\n<meta charset="utf-8">\n`,
    `<meta${attribute('name', 'pypi:repository-version')}${attribute('content', apiVersionOf(page.files))}>\n`,
    ...(status === undefined ? [] : [`<meta name="pypi:project-status"${attribute('content', status)}>\n`]),
    ...(reason === undefined ? [] : [`<meta name="pypi:project-status-reason"${attribute('content', reason)}>\n`]),
    `<title>Links for ${escape(page.name)}</title>\n</head>\n<body>\n<h1>Links for ${escape(page.name)}</h1>\n`,
  ].join('')
  for (const batch of batches(page.files)) {
    if (text.length > PIECE_LENGTH) {
      yield Buffer.from(text)
      text = ''
    }
    text += batch.map((file) => writeAnchor(file, page.link(file), metadata(file))).join('')
  }
  yield Buffer.from(`${text}</body>\n</html>\n`)
}

function writeAnchor(file: ProjectFile, link: string, coreMetadata: ProjectFile['coreMetadata']): string {
  const hash = linkHash(file.hashes)
  const metadata = writeMetadataAttribute(coreMetadata)
  return [
    `<a${attribute('href', hash === undefined ? link : `${link}#${hash}`)}`,
    attribute('data-requires-python', file.requiresPython),
    attribute('data-size', file.size?.toString()),
    // There is no standard way to say that it is ours, and no client looks for ages here.
    attribute('data-upload-time', file.isFirstSeen ? undefined : file.uploadTime),
    attribute('data-yanked', file.yanked === true ? '' : file.yanked),
    attribute('data-core-metadata', metadata),
    attribute('data-dist-info-metadata', metadata),
    attribute('data-gpg-sig', file.gpgSig?.toString()),
    attribute('data-provenance', file.provenance),
    `>${escape(file.filename)}</a><br>\n`,
  ].join('')
}

/** Metadata that is not there is not mentioned: pip takes `false` for a promise. */
function writeMetadataAttribute(coreMetadata: ProjectFile['coreMetadata']): string | undefined {
  if (coreMetadata === undefined || coreMetadata === false) return undefined
  return (coreMetadata !== true && linkHash(hashesToSend(coreMetadata))) || 'true'
}

function attribute(name: string, value: string | undefined): string {
  return value === undefined ? '' : ` ${name}="${escape(value)}"`
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => ESCAPES[sign] ?? '')
}
