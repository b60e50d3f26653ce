/** Finished bytes of pages: written, hashed and compressed once for as long as the page is the same. */
import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { constants, gzip, zstdCompress } from 'node:zlib'
import { LRUCache } from 'lru-cache'
import type { Representation } from '../simple/media-type.ts'
import type { ProjectName } from '../simple/name.ts'

const gzipped = promisify(gzip)
const zstded = promisify(zstdCompress)

export type Coding = 'gzip' | 'zstd'

/** An answer's body in every coding that was asked for so far. */
export interface Rendered {
  /** Strong, of the body without coding, in quotes. */
  readonly etag: string
  readonly bytes: Buffer
  /** The body in a coding: made at the first call, at hand once it is made. */
  coded(coding: Coding): Buffer | Promise<Buffer>
}

export function rendered(bytes: Buffer): Rendered {
  const codings = new Map<Coding, Buffer | Promise<Buffer>>()
  return {
    etag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 27)}"`,
    bytes,
    coded(coding) {
      const before = codings.get(coding)
      if (before !== undefined) return before
      const making = compress(bytes, coding).then((coded) => {
        codings.set(coding, coded)
        return coded
      })
      codings.set(coding, making)
      return making
    },
  }
}

function compress(bytes: Buffer, coding: Coding): Promise<Buffer> {
  return coding === 'gzip'
    ? gzipped(bytes, { level: 6 })
    : zstded(bytes, { params: { [constants.ZSTD_c_compressionLevel]: 3 } })
}

/** Under which a page's finished bytes are kept. */
export function pageKey(index: string, project: ProjectName, representation: Representation): string {
  return `${index} ${project} ${representation}`
}

/** Keeps finished bytes by key, as long as `of` is the same object; bounded in bytes. */
export interface RenderedCache {
  /** undefined: they are not made. */
  peek(key: string, of: object): Rendered | undefined
  get(key: string, of: object, write: () => Buffer): Rendered
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
  return {
    peek,
    get(key, of, write) {
      const before = peek(key, of)
      if (before !== undefined) return before
      const result = rendered(write())
      kept.set(key, { of, result })
      return result
    },
  }
}
