/** A list of names as a text that a page store can keep: short, since a long one would hold up all others while it is written. */
import { promisify } from 'node:util'
import * as zlib from 'node:zlib'
import { paced } from '../pace/steps.ts'
import { countedList, type NameList } from '../simple/name-list.ts'

/** More than any list that is ever read: what claims more is not ours. */
const MAX_BYTES = 512 * 1024 * 1024

const compress = promisify<Buffer, zlib.ZstdOptions, Buffer>(zlib.zstdCompress)
const decompress = promisify<Buffer, zlib.ZstdOptions, Buffer>(zlib.zstdDecompress)

/** Its bytes in zstd and base64. */
export async function packNames({ bytes }: NameList): Promise<string> {
  const packed = await compress(bytes, { params: { [zlib.constants.ZSTD_c_compressionLevel]: 1 } })
  return packed.toString('base64')
}

/** The list that was packed. @throws Error where `text` is none */
export async function unpackNames(text: string): Promise<NameList> {
  return paced(countedList(await decompress(Buffer.from(text, 'base64'), { maxOutputLength: MAX_BYTES })))
}
