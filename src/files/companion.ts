/** What lies beside a file: its core metadata (`.metadata`, PEP 658) and its signature (`.asc`). */
import { createHash } from 'node:crypto'
import { type Hashes, type ProjectFile, STRONG_HASH_NAMES } from '../simple/model.ts'
import type { PageKey, PageStore } from '../store/page-store.ts'
import type { FileReply } from '../upstream/contract.ts'
import { UpstreamError } from '../upstream/error.ts'
import { ANSWER_WITHIN_MS, inTime } from './in-time.ts'
import type { FileSource } from './source.ts'

export type CompanionSuffix = '.metadata' | '.asc'

/** Larger ones are refused: the largest METADATA that was seen has well under 1 MiB. */
const MAX_BYTES = 8 * 1024 * 1024

export interface Companions {
  /**
   * The whole companion, checked against the hash that the page gives for it.
   * undefined: the upstream does not have it.
   * @throws UpstreamError
   */
  read(source: FileSource, suffix: CompanionSuffix): Promise<Buffer | undefined>
  /** Its size, without its body at the upstream. undefined as for `read`. @throws UpstreamError */
  size(source: FileSource, suffix: CompanionSuffix): Promise<{ readonly size?: number } | undefined>
}

export function companions({ store }: { readonly store: PageStore }): Companions {
  const underWay = new Map<string, Promise<Buffer | undefined>>()

  async function fetchOrFind(source: FileSource, suffix: CompanionSuffix): Promise<Buffer | undefined> {
    const key = keyOf(source, suffix)
    const kept = await find(source, suffix)
    if (kept !== undefined) return kept
    const fetched = await fetchCompanion(source, suffix)
    if (fetched?.isWhole && key !== undefined) await store.set(key, fetched.bytes.toString('base64'))
    return fetched?.bytes
  }

  async function find(source: FileSource, suffix: CompanionSuffix): Promise<Buffer | undefined> {
    const key = keyOf(source, suffix)
    const kept = key && (await store.get(key))
    return typeof kept === 'string' ? Buffer.from(kept, 'base64') : undefined
  }

  return {
    async size(source, suffix) {
      const kept = await find(source, suffix)
      return kept === undefined ? source.client.headFile(urlOf(source, suffix)) : { size: kept.length }
    },
    read(source, suffix) {
      const id = JSON.stringify([source.file.upstream, source.file.url, keyOf(source, suffix)])
      const asking = underWay.get(id) ?? fetchOrFind(source, suffix).finally(() => underWay.delete(id))
      underWay.set(id, asking)
      return asking
    },
  }
}

/**
 * Kept by the content of its file, since what belongs to the same bytes cannot change, and by its name, since a page may
 * claim the content of somebody else's file. A file without a known content keeps none.
 */
function keyOf({ file, scope }: FileSource, suffix: CompanionSuffix): PageKey | undefined {
  const { sha256 } = file.hashes
  if (sha256 === undefined) return undefined
  const advertised = typeof file.coreMetadata === 'object' ? (file.coreMetadata.sha256 ?? '') : ''
  return {
    upstream: file.upstream,
    fingerprint: scope ?? 'shared',
    page: `${sha256} ${file.filename}${suffix} ${advertised}`,
  }
}

/** Beside the file: before the query, if its URL has one. */
function urlOf({ file }: FileSource, suffix: CompanionSuffix): string {
  const url = new URL(file.url)
  url.pathname += suffix
  return url.href
}

/** `isWhole`: its length or its hash shows that nothing was cut off, so it may be kept. */
async function fetchCompanion(
  source: FileSource,
  suffix: CompanionSuffix,
): Promise<{ bytes: Buffer; isWhole: boolean } | undefined> {
  const { file, client } = source
  const startedAt = performance.now()
  const name = `${file.filename}${suffix}`
  const reply = await client.openFile(urlOf(source, suffix))
  if (reply.kind === 'absent') return undefined
  const bytes = await inTime(bytesOf(reply, file, name), startedAt + ANSWER_WITHIN_MS - performance.now(), () => {
    reply.cancel()
    return new UpstreamError(file.upstream, 'timeout', `${name} did not come in time`)
  })
  const hashes = suffix === '.metadata' && typeof file.coreMetadata === 'object' ? file.coreMetadata : {}
  const isProved = isRight(bytes, hashes, { upstream: file.upstream, name })
  return { bytes, isWhole: isProved || reply.delimited }
}

async function bytesOf(
  { body }: Extract<FileReply, { kind: 'file' }>,
  { upstream }: ProjectFile,
  name: string,
): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of body) {
    length += chunk.length
    if (length > MAX_BYTES) throw new UpstreamError(upstream, 'too-large', `${name} has more than ${MAX_BYTES} bytes`)
    chunks.push(Buffer.from(chunk))
  }
  return Buffer.concat(chunks, length)
}

/** Whether a strong hash proves the bytes; false where there is none. @throws UpstreamError where it disproves them */
function isRight(bytes: Buffer, hashes: Hashes, { upstream, name }: { upstream: string; name: string }): boolean {
  const algorithm = STRONG_HASH_NAMES.find((each) => hashes[each] !== undefined)
  if (algorithm === undefined) return false
  const found = createHash(algorithm === 'blake2b' ? 'blake2b512' : algorithm)
    .update(bytes)
    .digest('hex')
  if (found === hashes[algorithm]) return true
  throw new UpstreamError(upstream, 'bad-file', `${name} has ${algorithm} ${found}, its page says ${hashes[algorithm]}`)
}
