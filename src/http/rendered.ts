/** Finished bytes of pages: written, hashed and compressed once for as long as the page is the same. */
import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { constants, gzip, zstdCompress } from 'node:zlib'
import { LRUCache } from 'lru-cache'
import { joined } from '../pace/joined.ts'
import { type Steps, paced } from '../pace/steps.ts'
import type { Representation } from '../simple/media-type.ts'
import type { ProjectName } from '../simple/name.ts'

const gzipped = promisify(gzip)
const zstded = promisify(zstdCompress)

export type Coding = 'gzip' | 'zstd'

/** Of a larger body, whoever comes first gets a gzip that was made in haste; those who come after get a smaller one. */
const HASTE_BYTES = 128 * 1024

/** An answer's body in every coding that was asked for so far. */
export interface Rendered {
  /** Strong, of the body without coding, in quotes. */
  readonly etag: string
  readonly bytes: Buffer
  /**
   * The body in a coding: made at the first call, at hand once it is made. It need not be the same bytes each time, so its
   * entity tag is a weak one (RFC 9110, 8.8.1: a strong one may not stand for two bodies).
   */
  coded(coding: Coding): Buffer | Promise<Buffer>
}

/** What `pieces` are together. */
export function* rendered(pieces: Iterable<Buffer>): Steps<Rendered> {
  const hash = createHash('sha256')
  const held: Buffer[] = []
  for (const piece of pieces) {
    hash.update(piece)
    held.push(piece)
    yield
  }
  const bytes = yield* joined(held)
  const codings = new Map<Coding, Buffer | Promise<Buffer>>()
  let isInHaste = bytes.length > HASTE_BYTES

  function make(coding: Coding): Promise<Buffer> {
    return compress(bytes, coding, isInHaste).then((result) => {
      // A result that fits into one output buffer of zlib would keep all of that buffer.
      const coded = Buffer.allocUnsafeSlow(result.length)
      result.copy(coded)
      codings.set(coding, coded)
      return coded
    })
  }

  return {
    etag: `"${hash.digest('base64url').slice(0, 27)}"`,
    bytes,
    coded(coding) {
      const before = codings.get(coding)
      if (before === undefined) {
        const making = make(coding)
        codings.set(coding, making)
        return making
      }
      if (coding === 'gzip' && isInHaste && !(before instanceof Promise)) {
        isInHaste = false
        // Where it fails, what is there stays good.
        make(coding).catch(() => undefined)
      }
      return before
    },
  }
}

/** Output buffers of zlib: most pages fit into one, and each more takes a way to another thread and back. */
const [LEAST_CHUNK_BYTES, MOST_CHUNK_BYTES] = [4 * 1024, 128 * 1024]

function compress(bytes: Buffer, coding: Coding, isInHaste: boolean): Promise<Buffer> {
  const chunkSize = Math.min(Math.max(bytes.length >> 1, LEAST_CHUNK_BYTES), MOST_CHUNK_BYTES)
  // Level 1 of zstd makes pages smaller than its higher levels do, which find too much in what is alike but random.
  return coding === 'zstd'
    ? zstded(bytes, { params: { [constants.ZSTD_c_compressionLevel]: 1 }, chunkSize })
    : gzipped(bytes, { level: isInHaste ? 1 : 6, chunkSize })
}

/** Under which a page's finished bytes are kept. */
export function pageKey(index: string, project: ProjectName, representation: Representation): string {
  return `${index} ${project} ${representation}`
}

/** Keeps finished bytes by key, as long as `of` is the same object; bounded in bytes. */
export interface RenderedCache {
  /** undefined: they are not made. */
  peek(key: string, of: object): Rendered | undefined
  /** At once where they are at hand; otherwise all who want them meanwhile wait for the same. */
  get(key: string, of: object, write: () => Iterable<Buffer>): Rendered | Promise<Rendered>
}

export function renderedCache(maxBytes: number): RenderedCache {
  const kept = new LRUCache<string, { of: object; result: Rendered }>({
    maxSize: maxBytes,
    // With what its codings will take.
    sizeCalculation: ({ result }) => 200 + Math.ceil(result.bytes.length * 1.5),
  })
  function peek(key: string, of: object): Rendered | undefined {
    const before = kept.get(key)
    return before?.of === of ? before.result : undefined
  }
  const underWay = new Map<string, { readonly of: object; readonly making: Promise<Rendered> }>()

  async function make(key: string, of: object, write: () => Iterable<Buffer>): Promise<Rendered> {
    const result = await paced(rendered(write()))
    kept.set(key, { of, result })
    return result
  }

  return {
    peek,
    get(key, of, write) {
      const before = peek(key, of)
      if (before !== undefined) return before
      const others = underWay.get(key)
      if (others?.of === of) return others.making
      const making = make(key, of, write).finally(() => {
        if (underWay.get(key)?.making === making) underWay.delete(key)
      })
      underWay.set(key, { of, making })
      return making
    },
  }
}
