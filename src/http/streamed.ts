/** Which answers have a body that comes bit by bit: the server hands them over itself, all others are sent in one go. */

/** The bytes of a body. A chunk is good until the next one is asked for; `return` ends it, also while a chunk is awaited. */
export type BodyChunks = AsyncIterator<Uint8Array, void, void>

const STREAMED = new WeakMap<Response, BodyChunks | undefined>()

/**
 * Marks an answer. Looking at its body would tell as well, and make the web's heavy object out of a light one. `chunks` are
 * what the body is made of, for those who can do without the stream around them.
 */
export function streamed(response: Response, chunks?: BodyChunks): Response {
  STREAMED.set(response, chunks)
  return response
}

export function isStreamed(response: Response): boolean {
  return STREAMED.has(response)
}

/** A body for those who keep what they read: each chunk is copied. */
export function streamOf(chunks: BodyChunks): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      async pull(controller) {
        const { done, value } = await chunks.next()
        if (done === true) controller.close()
        else controller.enqueue(Uint8Array.from(value))
      },
      async cancel() {
        await chunks.return?.()
      },
    },
    { highWaterMark: 0 },
  )
}

/** The body of a marked answer, without the stream where it was made of chunks. */
export function chunksOf(response: Response): BodyChunks | undefined {
  const chunks = STREAMED.get(response)
  if (chunks !== undefined) return chunks
  const reader = response.body?.getReader()
  return reader && { next: () => reader.read(), return: async () => ({ done: true, value: await reader.cancel() }) }
}
