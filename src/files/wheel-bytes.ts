/** A wheel's bytes wherever they can be had for the least: from the disk, by parts from the upstream, else by fetching it all. */
import type { FileStore } from '../store/file-store.ts'
import { UpstreamError } from '../upstream/error.ts'
import type { Deliverer, OpenFile } from './deliver.ts'
import type { Learning } from './learning.ts'
import { type FileSource, storedAs } from './source.ts'
import { WheelError } from './wheel-metadata.ts'
import { type Bytes, TAIL_BYTES } from './zip-directory.ts'

/** A larger wheel is not fetched for its metadata alone. */
const MAX_WHOLE_BYTES = 1024 * 1024 * 1024

/** The stored wheel. undefined: there is none, or its content is not known. */
export async function storedBytes(store: FileStore, source: FileSource, sha256?: string): Promise<Bytes | undefined> {
  const known = sha256 ?? source.file.hashes.sha256
  const stored = known === undefined ? undefined : await store.find(storedAs(source, known))
  return stored && { size: stored.size, read: (start, end) => collected(stored.read(start, end), end - start) }
}

/** What a server says of parts of a file. */
export type Parts = Bytes | 'whole-only' | 'absent'

/** The wheel at its upstream: its end at once, which is all that most wheels need, the rest as it is asked for. @throws UpstreamError */
export async function partsOf(source: FileSource, learning: Learning): Promise<Parts> {
  const { file, client } = source
  const { size: said } = file
  const tailPart = said === undefined ? { last: TAIL_BYTES } : { start: Math.max(0, said - TAIL_BYTES), end: said }
  if (said === 0) return 'whole-only'
  const reply = await client.readPart(file.url, tailPart)
  if (reply.kind === 'absent') return 'absent'
  if (reply.kind === 'whole') return 'whole-only'
  const { size, bytes: tail } = reply
  if (said !== undefined && size !== said) throw changed(file, `has ${size} bytes, its page says ${said}`)
  if (said === undefined) learning.heard(source, size)
  const tailAt = size - tail.length

  async function part(start: number, end: number): Promise<Buffer> {
    const piece = await client.readPart(file.url, { start, end })
    if (piece.kind === 'part' && piece.size === size) return piece.bytes
    throw changed(file, 'changed while it was read')
  }

  return {
    size,
    async read(start, end) {
      if (start >= tailAt) return tail.subarray(start - tailAt, end - tailAt)
      if (end <= tailAt) return part(start, end)
      return Buffer.concat([await part(start, tailAt), tail.subarray(0, end - tailAt)])
    },
  }
}

function changed({ upstream, filename }: FileSource['file'], what: string): UpstreamError {
  return new UpstreamError(upstream, 'bad-file', `${filename} ${what}`)
}

/**
 * The wheel through the transfer that everybody shares, which keeps it. undefined: the upstream does not have it.
 * @throws UpstreamError, and WheelError for one that is too large for that
 */
export async function wholeBytes(deliverer: Deliverer, source: FileSource): Promise<Bytes | undefined> {
  const opened = await deliverer.open(source)
  if (opened === undefined) return undefined
  const size = opened.size ?? (await countedSize(opened))
  if (size > MAX_WHOLE_BYTES) throw new WheelError(`it has ${size} bytes, and its server gives no part of it`)
  return { size, read: (start, end) => collected(opened.read(start, end), end - start) }
}

/** Nobody says how large it is before it is there. */
async function countedSize(opened: OpenFile): Promise<number> {
  let size = 0
  for await (const chunk of opened.read(0, MAX_WHOLE_BYTES + 1)) size += chunk.length
  return size
}

async function collected(chunks: AsyncIterable<Uint8Array>, length: number): Promise<Buffer> {
  const all = Buffer.alloc(length)
  let at = 0
  // Copied: the memory of a chunk is used again.
  for await (const chunk of chunks) {
    all.set(chunk.subarray(0, length - at), at)
    at += Math.min(chunk.length, length - at)
  }
  if (at < length) throw new Error('A file ended before its end')
  return all
}
