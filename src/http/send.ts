/** Writes an answer to its connection: as fast as the client takes it, and no longer than it takes any of it. */
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { type BodyChunks, chunksOf } from './streamed.ts'

/**
 * Resolves when the answer is handed over; never throws. Whatever ends a body early ends the connection too, so that
 * nobody takes a part for the whole. A client that takes not one byte within `stallMs` is a timeout of its connection.
 */
export async function send(response: Response, outgoing: ServerResponse, stallMs: number): Promise<void> {
  // A client may ask again before it has its answer; each body is begun when those before it are through.
  if (outgoing.socket === null && !outgoing.req.socket.destroyed) await once(outgoing, 'socket')
  const chunks = chunksOf(response)
  const leave = () => void chunks?.return?.().catch(() => undefined)
  if (outgoing.destroyed || outgoing.req.socket.destroyed) return leave()
  outgoing.once('close', () => {
    if (!outgoing.writableFinished) leave()
  })
  try {
    await write(response, chunks, outgoing, stallMs)
  } catch {
    // Whoever made the body has said why it failed.
    outgoing.destroy()
  }
}

async function write(
  { status, headers }: Response,
  chunks: BodyChunks | undefined,
  outgoing: ServerResponse,
  stallMs: number,
): Promise<void> {
  const fields = Object.fromEntries(headers)
  if (chunks !== undefined) {
    let piece = await chunks.next()
    let first: Uint8Array | undefined
    // An answer in one piece says how long it is, so that any client can use its connection again.
    if (fields['content-length'] === undefined) {
      if (piece.done !== true) {
        first = Uint8Array.from(piece.value)
        piece = await chunks.next()
      }
      if (piece.done === true) fields['content-length'] = String(first?.length ?? 0)
    }
    outgoing.writeHead(status, fields)
    if (first !== undefined) await taken(first, outgoing, stallMs)
    let left = Number(fields['content-length'] ?? Infinity)
    while (piece.done !== true && !outgoing.destroyed) {
      left -= piece.value.length
      await taken(piece.value, outgoing, stallMs, left === 0)
      piece = await chunks.next()
    }
  } else outgoing.writeHead(status, fields)
  outgoing.end()
  if (!outgoing.writableFinished) outgoing.setTimeout(stallMs)
}

/**
 * Waits until the connection has taken the chunk, whose memory is free again then. Only meanwhile the client is measured:
 * what an upstream needs is not its fault. `isLast`: the answer ends with it, and whoever made it may still have to clear
 * up when the client's next request is heard. Rejects where the connection has ended.
 */
async function taken(chunk: Uint8Array, outgoing: ServerResponse, stallMs: number, isLast = false): Promise<void> {
  outgoing.setTimeout(stallMs)
  await new Promise<void>((resolve, reject) => {
    outgoing.once('close', reject)
    const go = (error?: Error | null) => {
      outgoing.off('close', reject)
      if (error) reject(error)
      else resolve()
    }
    if (isLast) outgoing.end(chunk, go)
    else outgoing.write(chunk, go)
  })
  if (!isLast) outgoing.setTimeout(0)
}
