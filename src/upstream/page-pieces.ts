/** The body of a page piece by piece, decoded: within the same limits as a whole one, and without holding it. */
import { createGunzip } from 'node:zlib'
import {
  damaged,
  inflatedLimit,
  inflatesTooFar,
  type PageReading,
  readBytes,
  type SentPage,
  sentPieces,
} from './page.ts'

/** Bytes of a decoded piece: every one is a turn of the thread pool. */
const PIECE_BYTES = 128 * 1024

/** Throws UpstreamErrors. Leaving the loop ends the request. */
export async function* pagePieces({ answer, isGzip }: SentPage, reading: PageReading): AsyncGenerator<Buffer> {
  if (!isGzip) {
    yield* sentPieces(answer, reading)
    return
  }
  // Compressed it is short enough to be held. Only whole it shows how far it may inflate, and what stands behind its end.
  const sent = await readBytes(answer, reading)
  const limit = inflatedLimit(sent, reading)
  const gunzip = createGunzip({ chunkSize: PIECE_BYTES })
  gunzip.end(sent)
  let size = 0
  try {
    for await (const piece of gunzip as AsyncIterable<Buffer>) {
      size += piece.length
      if (size > limit) throw inflatesTooFar(sent, reading)
      yield piece
    }
  } catch (error) {
    throw isOfZlib(error) ? damaged(error, reading) : error
  }
}

function isOfZlib(error: unknown): boolean {
  return error instanceof Error && 'errno' in error
}
