/** The project list as a body: written as it is sent, since it is far too long to be kept whole, and kept compressed. */
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { constants, createGzip, createZstdCompress } from 'node:zlib'
import { writeHtmlList } from '../simple/html.ts'
import { writeJsonList } from '../simple/json.ts'
import type { Representation } from '../simple/media-type.ts'
import type { NameList } from '../simple/name-list.ts'
import type { Coding } from './rendered.ts'

export interface ListBody {
  /** Strong, of the body without coding, in quotes. */
  readonly etag: string
  /** Written anew for each reader, as fast as it reads. */
  stream(): ReadableStream<Uint8Array>
  /** Compressed once, behind other requests, and kept as long as the list is the same. */
  coded(coding: Coding): Promise<Buffer>
}

/** The bodies of lists in one representation; those of a list go with it. */
export function listBodies(): (names: NameList, representation: Representation) => ListBody {
  const made = new WeakMap<NameList, Map<Representation, ListBody>>()
  return (names, representation) => {
    const bodies = made.get(names) ?? new Map<Representation, ListBody>()
    made.set(names, bodies)
    const body = bodies.get(representation) ?? listBody(names, representation)
    bodies.set(representation, body)
    return body
  }
}

function listBody(names: NameList, representation: Representation): ListBody {
  const chunks = () => (representation === 'json' ? writeJsonList(names) : writeHtmlList(names))
  const codings = new Map<Coding, Promise<Buffer>>()
  return {
    etag: `"${createHash('sha256').update(representation).update(names.bytes).digest('base64url').slice(0, 27)}"`,
    stream: () => Readable.toWeb(Readable.from(chunks(), { objectMode: false })) as ReadableStream<Uint8Array>,
    coded(coding) {
      const compressor =
        coding === 'gzip'
          ? createGzip({ level: 6 })
          : createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: 3 } })
      const coded = codings.get(coding) ?? buffer(Readable.from(chunks()).pipe(compressor))
      codings.set(coding, coded)
      return coded
    },
  }
}
