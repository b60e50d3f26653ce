/** An open file in pieces, read into memory that is used again: a new buffer for each would cost more than the reading. */
import type { FileHandle } from 'node:fs/promises'
import { spareBuffers } from './spare-buffers.ts'

/** One read: reads of this size keep up with the network, and hashing one does not hold up other requests. */
const CHUNK_BYTES = 256 * 1024

const buffers = spareBuffers(CHUNK_BYTES, 64)

/**
 * The bytes from `start` up to `end`, in chunks of which the last is a full one wherever there are enough bytes: whoever
 * holds back the last chunk holds back something. A chunk is good until the next one is asked for, which is read meanwhile.
 * @throws Error where the file is shorter
 */
export async function* chunksOf(handle: FileHandle, start: number, end: number): AsyncGenerator<Buffer, void, void> {
  let [current, next] = [buffers.take(), buffers.take()]
  let position = start
  let reading = begin(handle, current, position, end)
  let isThrough = false
  try {
    while (position < end) {
      const chunk = await reading
      position += chunk.length
      reading = begin(handle, next, position, end)
      ;[current, next] = [next, current]
      yield chunk
    }
    isThrough = true
  } finally {
    // Whoever closes the file afterwards must not do so under a read.
    await reading.catch(() => undefined)
    // A chunk with which its reader left may still be on its way to a socket.
    if (isThrough) for (const each of [current, next]) buffers.giveBack(each)
  }
}

/** Reads the next chunk, which is nothing at the end. A failure waits until somebody asks for the chunk. */
function begin(handle: FileHandle, buffer: Buffer, position: number, end: number): Promise<Buffer> {
  const left = end - position
  const reading = fill(handle, buffer.subarray(0, left % CHUNK_BYTES || Math.min(left, CHUNK_BYTES)), position)
  reading.catch(() => undefined)
  return reading
}

async function fill(handle: FileHandle, chunk: Buffer, position: number): Promise<Buffer> {
  for (let filled = 0; filled < chunk.length;) {
    const { bytesRead } = await handle.read(chunk, filled, chunk.length - filled, position + filled)
    if (bytesRead === 0)
      throw new Error(`Cannot read a stored file: it ends at ${position + filled}, and more was stored`)
    filled += bytesRead
  }
  return chunk
}
