/** The body of a page, decoded, as it comes: never more of it than the page may have. */
import { createGunzip, gunzipSync } from 'node:zlib'
import { joined } from '../pace/joined.ts'
import { oneAfterTheOther } from '../pace/order.ts'
import { paced } from '../pace/steps.ts'
import type { Answer } from './exchange.ts'
import { explained, type Fail } from './failures.ts'
import type { PageReading, SentPage } from './page.ts'

/** No real page compresses better than this, beyond a size that any page may have. */
const MAX_RATIO = 200
const ALWAYS_ALLOWED_BYTES = 4 * 1024 * 1024

/** Bytes that are decoded on the spot: they make at most a few megabytes, and going to another thread takes longer for most. */
const SMALL_BYTES = 32 * 1024

/** Bytes of a piece that was decoded: for every one the thread pool is asked once, and others have their turn. */
const [LEAST_PIECE_BYTES, MOST_PIECE_BYTES] = [128 * 1024, 1024 * 1024]

const inOrder = oneAfterTheOther()

/** The whole body. @throws UpstreamError */
export async function wholeBody({ answer, isGzip }: SentPage, reading: PageReading): Promise<Buffer> {
  const sent = await collected(sentPieces(answer, reading))
  if (!isGzip) return sent
  const inflate = () => collected(inflatedPieces(sent, reading))
  return reading.behind ? inOrder('behind', inflate) : inflate()
}

/** Throws UpstreamErrors. Leaving the loop ends the request. */
export async function* bodyPieces({ answer, isGzip }: SentPage, reading: PageReading): AsyncGenerator<Buffer> {
  if (isGzip) yield* inflatedPieces(await collected(sentPieces(answer, reading)), reading)
  else yield* sentPieces(answer, reading)
}

async function collected(pieces: AsyncIterable<Buffer>): Promise<Buffer> {
  const all: Buffer[] = []
  for await (const piece of pieces) all.push(piece)
  return paced(joined(all))
}

/** The body as it was sent. Compressed or not, it may not be larger than the page may be decoded. */
async function* sentPieces(answer: Answer, { fail, maxBytes }: PageReading): AsyncGenerator<Buffer> {
  let size = 0
  try {
    for await (const piece of answer.body as AsyncIterable<Buffer>) {
      size += piece.length
      if (size > maxBytes) throw tooLarge(fail, maxBytes)
      yield piece
    }
  } catch (error) {
    throw explained(error, 'body', fail)
  }
}

/**
 * `sent` is whole, since only so it shows how far it may inflate, and whether something stands behind its end. zlib works
 * piece by piece and is left as soon as it has made more than it may: a bomb costs no more memory than a page.
 */
async function* inflatedPieces(sent: Buffer, { fail, maxBytes }: PageReading): AsyncGenerator<Buffer> {
  const limit = Math.min(maxBytes, Math.max(ALWAYS_ALLOWED_BYTES, MAX_RATIO * sent.length))
  let size = 0
  try {
    if (sent.length <= SMALL_BYTES) {
      yield gunzipSync(sent, { maxOutputLength: limit })
      return
    }
    // Pages become about four times as large.
    const chunkSize = Math.min(Math.max(4 * sent.length, LEAST_PIECE_BYTES), MOST_PIECE_BYTES)
    const inflating = createGunzip({ chunkSize })
    inflating.end(sent)
    for await (const piece of inflating as AsyncIterable<Buffer>) {
      size += piece.length
      if (size > limit) break
      yield piece
    }
  } catch (cause) {
    const isTooLarge = cause instanceof Error && 'code' in cause && cause.code === 'ERR_BUFFER_TOO_LARGE'
    if (!isTooLarge) throw fail('bad-encoding', 'was answered with damaged gzip', { cause })
    size = Infinity
  }
  if (size > limit)
    throw limit === maxBytes ? tooLarge(fail, maxBytes) : fail('too-large', `compresses more than ${MAX_RATIO} to 1`)
}

function tooLarge(fail: Fail, maxBytes: number): Error {
  return fail('too-large', `was answered with more than ${maxBytes} bytes`)
}
