/** The last bytes of a transfer, in memory: those that the disk has not taken yet, and those that readers at its head want. */

import { spareBuffers } from '../store/spare-buffers.ts'

/** What is held of a file on its way. It is also how far the upstream may be ahead of the disk. */
export const TAIL_BYTES = 1024 * 1024

/** What the disk is given at once, where there is as much: each write costs more than its bytes. */
const BLOCK_BYTES = 256 * 1024

const rings = spareBuffers(TAIL_BYTES, 16)

export interface Tail {
  /** Bytes of the file that have come. */
  readonly end: number
  /** Takes what there is room for, which may be nothing; how much that was. */
  push(chunk: Uint8Array): number
  /** What the disk is to take next, in the order of the file; `isLast`: nothing more will come. Nothing, where that is not worth it yet. */
  unwritten(isLast: boolean): Uint8Array
  /** The disk has taken the next bytes: they may be overwritten. */
  written(bytes: number): void
  /** Copies bytes from `position` on; how many. undefined: they are not here any more, but on the disk. */
  copy(position: number, into: Uint8Array): number | undefined
  /** Gives the memory back: nothing is here any more. The disk must not be writing. */
  close(): void
}

export function openTail(): Tail {
  let ring = rings.take()
  let end = 0
  let written = 0

  return {
    get end() {
      return end
    },
    push(chunk) {
      const at = end % ring.length
      const taken = chunk.subarray(0, Math.min(ring.length - (end - written), ring.length - at))
      ring.set(taken, at)
      end += taken.length
      return taken.length
    },
    unwritten(isLast) {
      const at = written % ring.length
      const length = Math.min(end - written, BLOCK_BYTES, ring.length - at)
      return ring.subarray(at, at + (length === BLOCK_BYTES || isLast ? length : 0))
    },
    written(bytes) {
      written += bytes
    },
    copy(position, into) {
      if (position < end - ring.length) return undefined
      const at = position % ring.length
      const part = ring.subarray(at, Math.min(at + into.length, ring.length, at + end - position))
      into.set(part)
      return part.length
    },
    close() {
      if (ring.length > 0) rings.giveBack(ring)
      ring = Buffer.alloc(0)
    },
  }
}
