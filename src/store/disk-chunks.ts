/** An open file in pieces, read into memory that is used again: a new buffer for each would cost more than the reading. */
import type { FileHandle } from 'node:fs/promises'
import { spareBuffers } from './spare-buffers.ts'

/** One read: reads of this size keep up with the network, and hashing one does not hold up other requests. */
const CHUNK_BYTES = 256 * 1024

const buffers = spareBuffers(CHUNK_BYTES, 32)

/**
 * The bytes from `start` up to `end`, in chunks of which the last is a full one wherever there are enough bytes: whoever
 * holds back the last chunk holds back something. A chunk is good until the next one is asked for.
 * @throws Error where the file is shorter
 */
export async function* chunksOf(handle: FileHandle, start: number, end: number): AsyncGenerator<Buffer, void, void> {
  const buffer = buffers.take()
  for (let position = start; position < end;) {
    const chunk = buffer.subarray(0, (end - position) % CHUNK_BYTES || CHUNK_BYTES)
    for (let filled = 0; filled < chunk.length;) {
      const { bytesRead } = await handle.read(chunk, filled, chunk.length - filled, position + filled)
      if (bytesRead === 0) throw new Error(`Cannot read a stored file: it ends at ${position + filled}, before ${end}`)
      filled += bytesRead
    }
    position += chunk.length
    yield chunk
  }
  // Not where a reader left with a chunk: it may still be on its way to a socket.
  buffers.giveBack(buffer)
}
