/** Fetches what lies beside a file, whole, and checks it against the hash that the page gives for it. */
import { createHash } from 'node:crypto'
import { type Hashes, STRONG_HASH_NAMES } from '../simple/model.ts'
import type { FileReply } from '../upstream/contract.ts'
import { UpstreamError } from '../upstream/error.ts'
import { ANSWER_WITHIN_MS, inTime } from './in-time.ts'
import type { FileSource } from './source.ts'

export type CompanionSuffix = '.metadata' | '.asc'

/** Larger ones are refused. */
const MAX_BYTES = 8 * 1024 * 1024

export interface FetchedCompanion {
  readonly bytes: Buffer
  /** Its length or its hash shows that nothing was cut off, so it may be kept. */
  readonly isWhole: boolean
}

/** Beside the file: before the query, if its URL has one. */
export function companionUrl({ file }: FileSource, suffix: CompanionSuffix): string {
  const url = new URL(file.url)
  url.pathname += suffix
  return url.href
}

/** undefined: the upstream does not have it. @throws UpstreamError */
export async function fetchCompanion(
  source: FileSource,
  suffix: CompanionSuffix,
): Promise<FetchedCompanion | undefined> {
  const { file, client } = source
  const startedAt = performance.now()
  const name = `${file.filename}${suffix}`
  const reply = await client.openFile(companionUrl(source, suffix))
  if (reply.kind === 'absent') return undefined
  const bytes = await inTime(bytesOf(reply, source, name), startedAt + ANSWER_WITHIN_MS - performance.now(), () => {
    reply.cancel()
    return new UpstreamError(file.upstream, 'timeout', `${name} did not come in time`)
  })
  const isProved = suffix === '.metadata' && isPromisedMetadata(bytes, source)
  return { bytes, isWhole: isProved || reply.delimited }
}

/** Whether a strong hash of the page proves the metadata; false where it has none. @throws UpstreamError where it disproves them */
export function isPromisedMetadata(bytes: Buffer, { file }: FileSource): boolean {
  const promised: Hashes = typeof file.coreMetadata === 'object' ? file.coreMetadata : {}
  const algorithm = STRONG_HASH_NAMES.find((each) => promised[each] !== undefined)
  if (algorithm === undefined) return false
  const found = createHash(algorithm === 'blake2b' ? 'blake2b512' : algorithm)
    .update(bytes)
    .digest('hex')
  if (found === promised[algorithm]) return true
  const message = `${file.filename}.metadata has ${algorithm} ${found}, its page says ${promised[algorithm]}`
  throw new UpstreamError(file.upstream, 'bad-file', message)
}

async function bytesOf(
  { body }: Extract<FileReply, { kind: 'file' }>,
  { file: { upstream } }: FileSource,
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
