/** A kept page as bytes that prove themselves: nothing but what was written under a key comes back out of its record. */
import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import * as zlib from 'node:zlib'

/** What stands in a record; `undefined` is not a value that can be kept. */
export interface Kept {
  readonly value: unknown
}

const VERSION = 1
const DIGEST_BYTES = 32
const HEADER_BYTES = 1 + DIGEST_BYTES

/** Below, compressing takes less time than handing the work to another thread. */
const SYNC_BYTES = 64 * 1024

/** More than the largest page or project list that is ever read. A record that claims more is not ours. */
const MAX_JSON_BYTES = 512 * 1024 * 1024

const FASTEST = { params: { [zlib.constants.ZSTD_c_compressionLevel]: 1 } }
const compress = promisify<Buffer, zlib.ZstdOptions, Buffer>(zlib.zstdCompress)
const decompress = promisify<Uint8Array, zlib.ZstdOptions, Buffer>(zlib.zstdDecompress)

/** Version, sha256, JSON in zstd. @throws TypeError where `value` is no JSON value */
export async function writeRecord(key: string, value: unknown): Promise<Buffer> {
  const text: string | undefined = JSON.stringify(value)
  if (text === undefined) throw new TypeError('Only JSON values can be kept')
  const json = Buffer.from(text)
  const body = json.length < SYNC_BYTES ? zlib.zstdCompressSync(json, FASTEST) : await compress(json, FASTEST)
  return Buffer.concat([Buffer.of(VERSION), digest(key, body), body])
}

/** undefined: cut, changed, of another version, or the record of another key. */
export async function readRecord(key: string, record: Uint8Array): Promise<Kept | undefined> {
  const body = record.subarray(HEADER_BYTES)
  if (record[0] !== VERSION || Buffer.compare(digest(key, body), record.subarray(1, HEADER_BYTES)) !== 0)
    return undefined
  try {
    const limit = { maxOutputLength: MAX_JSON_BYTES }
    const json = body.length < SYNC_BYTES ? zlib.zstdDecompressSync(body, limit) : await decompress(body, limit)
    return { value: JSON.parse(json.toString()) }
  } catch {
    return undefined
  }
}

/** The key is part of it, so that a record that a broken index filed under another key is noticed. */
function digest(key: string, body: Uint8Array): Buffer {
  return createHash('sha256').update(`${key}\n`).update(body).digest()
}
