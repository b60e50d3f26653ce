/** Project pages as JSON (simple repository API, "JSON Serialization"). */
import { batches } from '../pace/batches.ts'
import type { Steps } from '../pace/steps.ts'
import { apiVersionOf, checkApiVersion } from './api-version.ts'
import { checkEntryCount, FileCollection, MAX_ENTRIES } from './file-collection.ts'
import { type FileEntry, readFileEntry } from './file-entry.ts'
import { linkName } from './file-link.ts'
import { hashesToSend } from './hashes.ts'
import { jsonDocumentReader } from './json-document.ts'
import {
  metadataAsListed,
  PageError,
  type PageSource,
  type PageToWrite,
  type ProjectDetail,
  type ProjectFile,
} from './model.ts'
import { parseName } from './name.ts'
import { readProjectStatus } from './project-status.ts'

/** A piece of a page that is written has more; what comes behind the last files goes with them. */
const PIECE_LENGTH = 64 * 1024

/** Longer ones are left out, as are those with control signs: a version is a part of a filename. */
const MAX_VERSION_LENGTH = 255

/** @throws PageError when the page cannot be trusted as a whole */
export function* readJsonDetail(body: Uint8Array, source: PageSource): Steps<ProjectDetail> {
  let collection = new FileCollection()
  let versions = new Set<string>()
  let entryCount = 0
  const reader = jsonDocumentReader({
    begin(name) {
      if (name === 'files') [collection, entryCount] = [new FileCollection(), 0]
      if (name === 'versions') versions = new Set()
    },
    take(name, elements) {
      if (name === 'files') {
        entryCount += elements.length
        if (entryCount <= MAX_ENTRIES) for (const item of elements) collect(item, collection, source)
      } else if (name === 'versions') {
        for (const version of elements) if (isVersionText(version)) versions.add(version)
        checkEntryCount(versions.size)
      }
    },
  })
  yield* reader.write(body)
  const page = reader.end()
  if (!isObject(page)) throw new PageError('it is no JSON object')
  const laterVersion = isObject(page.meta) ? checkApiVersion(page.meta['api-version']) : undefined
  if (typeof page.name !== 'string') throw new PageError('it has no name')
  if (parseName(page.name) !== source.project) throw new PageError('it is the page of another project')
  if (!Array.isArray(page.files)) throw new PageError('its "files" are no array')
  checkEntryCount(entryCount)
  const status = readStatus(page)
  return {
    name: source.project,
    versions: Array.isArray(page.versions) ? [...versions] : [],
    ...(status && { status }),
    ...(laterVersion !== undefined && { laterVersion }),
    ...collection.result(),
  }
}

function collect(item: unknown, collection: FileCollection, source: PageSource): void {
  const entry = readEntry(item)
  const file = typeof entry === 'string' ? entry : readFileEntry(entry, source, source.url)
  if (typeof file === 'string') collection.drop(entryName(item), file)
  else collection.add(file)
}

type JsonObject = Readonly<Record<string, unknown>>

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The entry, or why it is none. `null` is absence, as PyPI writes it. */
function readEntry(item: unknown): FileEntry | string {
  if (!isObject(item)) return 'it is no JSON object'
  if (typeof item.url !== 'string') return 'it has no link'
  const hashes = item.hashes ?? {}
  if (!isObject(hashes)) return 'its hashes are no JSON object'
  return {
    link: item.url,
    filename: item.filename,
    hashes: Object.entries(hashes),
    requiresPython: item['requires-python'] ?? undefined,
    size: item.size,
    uploadTime: item['upload-time'],
    yanked: item.yanked ?? undefined,
    coreMetadata: readCoreMetadata(item),
    gpgSig: item['gpg-sig'],
    provenance: item.provenance,
  }
}

/** PEP 714 renamed the key; PyPI writes the name of the HTML attribute. The newest that says something decides. */
function readCoreMetadata(item: JsonObject): FileEntry['coreMetadata'] {
  const value = item['core-metadata'] ?? item['dist-info-metadata'] ?? item['data-dist-info-metadata']
  if (typeof value === 'boolean') return value
  return isObject(value) ? Object.entries(value) : undefined
}

function entryName(item: unknown): string {
  if (!isObject(item)) return 'an entry'
  if (typeof item.filename === 'string') return item.filename
  return typeof item.url === 'string' ? linkName(item.url) : 'an entry'
}

/** The standard puts an object at the top; its own example puts texts into `meta`, and PEP 792 also says `state`. */
function readStatus(page: JsonObject): ReturnType<typeof readProjectStatus> {
  const meta = isObject(page.meta) ? page.meta : {}
  const value = page['project-status'] ?? meta['project-status']
  if (isObject(value)) return readProjectStatus(value.status ?? value.state, value.reason)
  return readProjectStatus(value, meta['project-status-reason'])
}

function isVersionText(value: unknown): value is string {
  return (
    typeof value === 'string' && value !== '' && value.length <= MAX_VERSION_LENGTH && !/[\p{Cc}\p{Cs}]/u.test(value)
  )
}

/**
 * A project page, in pieces. It has no `null`, which uv refuses, and its keys have a fixed order: equal pages are equal
 * bytes.
 */
export function* writeJsonDetail(page: PageToWrite): Generator<Buffer, void> {
  const { metadata = metadataAsListed } = page
  const { status, reason } = page.status ?? {}
  const head = JSON.stringify({
    meta: { 'api-version': apiVersionOf(page.files) },
    name: page.name,
    ...(status !== undefined && { 'project-status': { status, reason } }),
    versions: page.versions,
  })
  let text = `${head.slice(0, -1)},"files":[`
  let comma = ''
  for (const batch of batches(page.files)) {
    if (text.length > PIECE_LENGTH) {
      yield Buffer.from(text)
      text = ''
    }
    text += comma + JSON.stringify(batch.map((file) => writeFile(file, page.link(file), metadata(file)))).slice(1, -1)
    comma = ','
  }
  yield Buffer.from(`${text}]}`)
}

/** Keys whose value is undefined are not written. */
function writeFile(file: ProjectFile, url: string, coreMetadata: ProjectFile['coreMetadata']): JsonObject {
  const metadata = typeof coreMetadata === 'object' ? hashesToSend(coreMetadata) : coreMetadata || undefined
  return {
    filename: file.filename,
    url,
    hashes: hashesToSend(file.hashes),
    'requires-python': file.requiresPython,
    size: file.size,
    'upload-time': file.uploadTime,
    // Not its upstream's word. Such keys are an index's own, and clients pass over them.
    '_upload-time': file.isFirstSeen && 'first-seen',
    yanked: file.yanked,
    // Under no older name: pip before 23.2 ends with an error on both forms of `dist-info-metadata` in JSON (PEP 714).
    'core-metadata': metadata,
    'gpg-sig': file.gpgSig,
    provenance: file.provenance,
  }
}
