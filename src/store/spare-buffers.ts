/** Buffers that are used again: memory outside the heap costs most where it comes and goes, since V8 collects the whole heap for it. */

export interface SpareBuffers {
  take(): Buffer
  /** Only what nobody reads or writes any more, a socket or a disk among them. */
  giveBack(buffer: Buffer): void
}

/** Buffers of `bytes`. More than `maxSpare` unused ones are let go. */
export function spareBuffers(bytes: number, maxSpare: number): SpareBuffers {
  const spare: Buffer[] = []
  return {
    take: () => spare.pop() ?? Buffer.allocUnsafeSlow(bytes),
    giveBack(buffer) {
      if (spare.length < maxSpare) spare.push(buffer)
    },
  }
}
