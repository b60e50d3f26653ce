/** A page's body, written and hashed once, in every coding that clients take: what nobody asks for is not kept. */
import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { constants, gunzip, gzip, zstdCompress, zstdDecompress } from 'node:zlib'
import { joined } from '../pace/joined.ts'
import type { Steps } from '../pace/steps.ts'
import { together } from '../pace/together.ts'

const gzipped = promisify(gzip)
const zstded = promisify(zstdCompress)
const DECODE = { gzip: promisify(gunzip), zstd: promisify(zstdDecompress) }

export type Coding = 'gzip' | 'zstd'

/** Of a larger body, whoever comes first gets a gzip that was made in haste; those who come after get a smaller one. */
const HASTE_BYTES = 128 * 1024
/** A smaller body is kept as it is too: it costs less than making it again. */
const SMALL_BYTES = 16 * 1024

export interface Rendered {
  /** Strong, of the body without coding, in quotes. */
  readonly etag: string
  /**
   * The body in a coding, or as it is: at hand once it is made. A coded one need not be the same bytes each time, so its entity
   * tag is a weak one (RFC 9110, 8.8.1: a strong one may not stand for two bodies).
   */
  body(coding: Coding | undefined): Buffer | Promise<Buffer>
  /** Bytes that are kept of it at the moment. */
  heldBytes(): number
}

/** What `pieces` are together. `onChange` is told when it keeps more or less than before. */
export function* rendered(pieces: Iterable<Buffer>, onChange: () => void = () => {}): Steps<Rendered> {
  const hash = createHash('sha256')
  const parts: Buffer[] = []
  for (const piece of pieces) {
    hash.update(piece)
    parts.push(piece)
    yield
  }
  let plain: Buffer | undefined = yield* joined(parts)
  const isSmall = plain.length <= SMALL_BYTES
  let isInHaste = plain.length > HASTE_BYTES
  let isPlainWanted = false
  const coded = new Map<Coding, Buffer>()
  const makeTogether = together<Buffer>()

  async function decoded(): Promise<Buffer> {
    if (plain !== undefined) return plain
    for (const [coding, bytes] of coded) return DECODE[coding](bytes)
    throw new Error('A body is kept in one form at least')
  }

  async function encode(coding: Coding, isHasty: boolean): Promise<Buffer> {
    const bytes = alone(await compress(await decoded(), coding, isHasty))
    coded.set(coding, bytes)
    // Nearly all clients take a coding, and a page as it is takes five to ten times as much memory.
    if (!isPlainWanted && !isSmall) plain = undefined
    onChange()
    return bytes
  }

  async function decodeForAll(): Promise<Buffer> {
    plain = await decoded()
    onChange()
    return plain
  }

  return {
    etag: `"${hash.digest('base64url').slice(0, 27)}"`,
    body(coding) {
      if (coding === undefined) {
        isPlainWanted = true
        return plain ?? makeTogether('plain', decodeForAll)
      }
      const before = coded.get(coding)
      if (before === undefined) return makeTogether(coding, () => encode(coding, isInHaste))
      if (coding === 'gzip' && isInHaste) {
        isInHaste = false
        // Where it fails, what is there stays good.
        makeTogether(coding, () => encode(coding, false)).catch(() => undefined)
      }
      return before
    },
    heldBytes: () => [...coded.values()].reduce((sum, { length }) => sum + length, plain?.length ?? 0),
  }
}

/** Output buffers of zlib: most pages fit into one, and each more takes a way to another thread and back. */
const [LEAST_CHUNK_BYTES, MOST_CHUNK_BYTES] = [4 * 1024, 512 * 1024]

function compress(bytes: Buffer, coding: Coding, isHasty: boolean): Promise<Buffer> {
  const chunkSize = Math.min(Math.max(bytes.length >> 1, LEAST_CHUNK_BYTES), MOST_CHUNK_BYTES)
  // Level 1 of zstd makes pages smaller than its higher levels do, which find too much in what is alike but random.
  return coding === 'zstd'
    ? zstded(bytes, { params: { [constants.ZSTD_c_compressionLevel]: 1 }, chunkSize })
    : gzipped(bytes, { level: isHasty ? 1 : 6, chunkSize })
}

/** A result that fits into one output buffer of zlib would keep all of that buffer. */
function alone(bytes: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(bytes.length)
  bytes.copy(copy)
  return copy
}
