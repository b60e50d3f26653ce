/** The project list as a body: written as it is sent, since it is far too long to be kept whole, and kept compressed. */
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { constants, createGzip, createZstdCompress } from 'node:zlib'
import { type Steps, paced } from '../pace/steps.ts'
import { writeHtmlList } from '../simple/html-list.ts'
import { writeJsonList } from '../simple/json-list.ts'
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

type Bodies = Readonly<Record<Representation, ListBody>>

/**
 * Of lists as real ones, level 4 makes less than 2 % more than level 6 does, of HTML even less of it, in half the time and
 * less; level 1 saves hardly any time. So there is one level, and one sequence of bytes for each ETag.
 */
const GZIP_LEVEL = 4
const ZSTD_LEVEL = 1

/** Bytes of names that are hashed in one step: a millisecond's work. */
const HASH_BYTES = 1024 * 1024

/** The bodies of lists in one representation; those of a list go with it. */
export function listBodies(): (names: NameList, representation: Representation) => Promise<ListBody> {
  const made = new WeakMap<NameList, Promise<Bodies>>()
  return async (names, representation) => {
    const bodies = made.get(names) ?? bodiesOf(names)
    made.set(names, bodies)
    return (await bodies)[representation]
  }
}

async function bodiesOf(names: NameList): Promise<Bodies> {
  const digest = await paced(digestOf(names))
  const etag = (representation: Representation) =>
    `"${createHash('sha256').update(representation).update(digest).digest('base64url').slice(0, 27)}"`
  const html = listBody(etag('html'), () => writeHtmlList(names))
  return {
    json: listBody(etag('json'), () => writeJsonList(names)),
    html,
    // The same bytes, called something else.
    text: { ...html, etag: etag('text') },
  }
}

function* digestOf({ bytes }: NameList): Steps<Buffer> {
  const hash = createHash('sha256')
  for (let at = 0; at < bytes.length; at += HASH_BYTES) {
    hash.update(bytes.subarray(at, at + HASH_BYTES))
    yield
  }
  return hash.digest()
}

function listBody(etag: string, write: () => Generator<Buffer>): ListBody {
  const codings = new Map<Coding, Promise<Buffer>>()
  return {
    etag,
    stream: () => Readable.toWeb(Readable.from(inTurns(write()))) as ReadableStream<Uint8Array>,
    coded(coding) {
      const coded = codings.get(coding) ?? buffer(Readable.from(inTurns(write())).pipe(compressor(coding)))
      codings.set(coding, coded)
      return coded
    },
  }
}

function compressor(coding: Coding) {
  return coding === 'gzip'
    ? createGzip({ level: GZIP_LEVEL })
    : createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL } })
}

/** However fast they are taken, others have their turn between two chunks. */
async function* inTurns(chunks: Generator<Buffer>): AsyncGenerator<Buffer> {
  for (;;) {
    const { value, done } = await paced(next(chunks))
    if (done === true) return
    yield value
  }
}

function* next(chunks: Generator<Buffer>): Steps<IteratorResult<Buffer, void>> {
  const chunk = chunks.next()
  yield
  return chunk
}
