/** A kept page as bytes that prove themselves: nothing but what was written under a key comes back out of its record. */
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { promisify } from 'node:util'
import * as zlib from 'node:zlib'
import { joined } from '../pace/joined.ts'
import { paced } from '../pace/steps.ts'
import { isLong, jsonPieces, readPieces } from './record-json.ts'

/** What stands in a record; `undefined` is not a value that can be kept. */
export interface Kept {
  readonly value: unknown
}

/** The first byte; that of a record in parts is another. */
const PLAIN = 3
const LONG = 4
const DIGEST_BYTES = 32
const HEADER_BYTES = 1 + DIGEST_BYTES

/** Below, compressing takes less time than handing the work to another thread, which also takes memory there. */
const SYNC_BYTES = 256 * 1024

/** More than the largest page or project list that is ever read. A record that claims more is not ours. */
const MAX_JSON_BYTES = 512 * 1024 * 1024

/** Each output buffer of another thread takes a way to it and back: a large page fits into a few. */
const [COMPRESSED_CHUNK_BYTES, DECOMPRESSED_CHUNK_BYTES] = [256 * 1024, 1024 * 1024]

const FASTEST = { params: { [zlib.constants.ZSTD_c_compressionLevel]: 1 } }
const FASTEST_ELSEWHERE = { ...FASTEST, chunkSize: COMPRESSED_CHUNK_BYTES }
const compress = promisify<Buffer, zlib.ZstdOptions, Buffer>(zlib.zstdCompress)

/** Kind, sha256, JSON in zstd. @throws TypeError where `value` is no JSON value */
export async function writeRecord(key: string, value: unknown): Promise<Buffer> {
  const kind = isLong(value) ? LONG : PLAIN
  const body = await (isLong(value) ? compressedInPieces(jsonPieces(value)) : compressed(value))
  return Buffer.concat([Buffer.of(kind), digest(key, kind, body), body])
}

async function compressed(value: unknown): Promise<Buffer> {
  const text: string | undefined = JSON.stringify(value)
  if (text === undefined) throw new TypeError('Only JSON values can be kept')
  const json = Buffer.from(text)
  return json.length < SYNC_BYTES ? zlib.zstdCompressSync(json, FASTEST) : compress(json, FASTEST_ELSEWHERE)
}

/** Written as fast as another thread compresses it, so that others have their turn and the whole text is never there. */
function compressedInPieces(pieces: Iterable<string>): Promise<Buffer> {
  return buffer(Readable.from(pieces, { objectMode: false }).pipe(zlib.createZstdCompress(FASTEST_ELSEWHERE)))
}

/** undefined: cut, changed, of another kind, or the record of another key. */
export async function readRecord(key: string, record: Uint8Array): Promise<Kept | undefined> {
  const [kind] = record
  const body = record.subarray(HEADER_BYTES)
  if (kind !== PLAIN && kind !== LONG) return undefined
  if (Buffer.compare(digest(key, kind, body), record.subarray(1, HEADER_BYTES)) !== 0) return undefined
  try {
    const json =
      body.length < SYNC_BYTES
        ? zlib.zstdDecompressSync(body, { maxOutputLength: MAX_JSON_BYTES })
        : await decompressedInPieces(body)
    return { value: kind === LONG ? await paced(readPieces(json)) : JSON.parse(json.toString()) }
  } catch {
    return undefined
  }
}

/** @throws Error where it is damaged or too much */
async function decompressedInPieces(body: Uint8Array): Promise<Buffer> {
  const pieces: Buffer[] = []
  let size = 0
  const decompressor = zlib.createZstdDecompress({ chunkSize: DECOMPRESSED_CHUNK_BYTES })
  decompressor.end(body)
  for await (const piece of decompressor as AsyncIterable<Buffer>) {
    size += piece.length
    if (size > MAX_JSON_BYTES) throw new RangeError('It is larger than any record')
    pieces.push(piece)
  }
  return paced(joined(pieces))
}

/** The key is part of it, so that a record that a broken index filed under another key is noticed. */
function digest(key: string, kind: number, body: Uint8Array): Buffer {
  return createHash('sha256').update(`${key}\n${kind}\n`).update(body).digest()
}
