/** A large body in pieces, so that a client which takes its time holds a view of the kept bytes and no copy of them. */

const PIECE_BYTES = 256 * 1024

/** `bytes` as a body: a `Response` copies an array that it is given, but not what a stream gives it. */
export function inPieces(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> {
  if (bytes.length <= PIECE_BYTES) return bytes
  let at = 0
  return new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        controller.enqueue(bytes.subarray(at, at + PIECE_BYTES))
        at += PIECE_BYTES
        if (at >= bytes.length) controller.close()
      },
    },
    { highWaterMark: 0 },
  )
}
