/** Writes an answer to its connection: as fast as the client takes it, and no longer than it takes any of it. */
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'

/**
 * Resolves when the answer is handed over; never throws. Whatever ends a body early ends the connection too, so that
 * nobody takes a part for the whole. A client that takes not one byte within `stallMs` is a timeout of its connection.
 */
export async function send(response: Response, outgoing: ServerResponse, stallMs: number): Promise<void> {
  // A client may ask again before it has its answer; each body is begun when those before it are through.
  if (outgoing.socket === null && !outgoing.req.socket.destroyed) await once(outgoing, 'socket')
  const reader = response.body?.getReader()
  const cancel = () => void reader?.cancel().catch(() => undefined)
  if (outgoing.destroyed || outgoing.req.socket.destroyed) return cancel()
  outgoing.once('close', cancel)
  try {
    await write(response, reader, outgoing, stallMs)
  } catch {
    // Whoever made the body has said why it failed.
    outgoing.destroy()
  }
}

async function write(
  { status, headers }: Response,
  reader: ReadableStreamDefaultReader<Uint8Array> | undefined,
  outgoing: ServerResponse,
  stallMs: number,
): Promise<void> {
  const fields = Object.fromEntries(headers)
  if (reader !== undefined) {
    let piece = await reader.read()
    let ahead = fields['content-length'] === undefined ? await reader.read() : undefined
    // An answer in one piece says how long it is, so that any client can use its connection again.
    if (ahead?.done === true) fields['content-length'] = String(piece.value?.length ?? 0)
    outgoing.writeHead(status, fields)
    while (!piece.done && !outgoing.destroyed) {
      if (!outgoing.write(piece.value)) await drained(outgoing, stallMs)
      piece = ahead ?? (await reader.read())
      ahead = undefined
    }
  } else outgoing.writeHead(status, fields)
  outgoing.end()
  if (!outgoing.writableFinished) outgoing.setTimeout(stallMs)
}

/** Waits until the connection can take more. Only meanwhile the client is measured: what an upstream needs is not its fault. */
async function drained(outgoing: ServerResponse, stallMs: number): Promise<void> {
  if (outgoing.destroyed) return
  outgoing.setTimeout(stallMs)
  await new Promise<void>((resolve) => {
    const go = () => {
      outgoing.off('drain', go)
      outgoing.off('close', go)
      resolve()
    }
    outgoing.on('drain', go)
    outgoing.on('close', go)
  })
  outgoing.setTimeout(0)
}
