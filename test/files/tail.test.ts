import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TAIL_BYTES, openTail } from '../../src/files/tail.ts'

/** Bytes of which no two parts are the same. */
const FILE = Buffer.from(Uint32Array.from({ length: 1_000_000 }, (_, at) => at * 4).buffer)

describe('the tail of a transfer', () => {
  it('gives the disk every byte once and in order, and readers the right ones, however they take turns', () => {
    const size = fc.oneof(fc.nat(2000), fc.integer({ min: 200_000, max: FILE.length }))
    // Chunks as they come, and for each how much of what is ready the disk takes meanwhile, and what a reader asks for.
    const turns = fc.array(fc.tuple(fc.integer({ min: 1, max: 300_000 }), fc.nat(3), fc.nat(), fc.nat(300_000)), {
      minLength: 1,
      maxLength: 40,
    })
    fc.assert(
      fc.property(size, turns, (length, all) => {
        const tail = openTail()
        const disk: Buffer[] = []
        let onDisk = 0
        const toDisk = (isLast: boolean) => {
          const piece = Buffer.from(tail.unwritten(isLast))
          tail.written(piece.length)
          disk.push(piece)
          onDisk += piece.length
          return piece.length
        }
        for (let at = 0; tail.end < length; at += 1) {
          const [bytes, writes, where, much] = all[at % all.length] ?? [1, 1, 0, 0]
          const before = tail.end
          const taken = tail.push(FILE.subarray(before, Math.min(length, before + Math.max(bytes, length / 64))))
          expect(tail.end).toBe(before + taken)
          expect(tail.end - onDisk).toBeLessThanOrEqual(TAIL_BYTES)
          for (let nth = 0; nth < writes; nth += 1) toDisk(false)
          if (taken === 0 && toDisk(false) === 0) expect.fail('the disk is waited for, and has nothing to do')

          // Anywhere, and where the memory begins.
          const oldest = Math.max(0, tail.end - TAIL_BYTES)
          for (const position of [where % tail.end, oldest, Math.max(0, oldest - 1)]) {
            const into = Buffer.alloc(Math.min(much, tail.end - position))
            const copied = tail.copy(position, into)
            if (copied === undefined) expect(position).toBeLessThan(onDisk)
            else expect(into.subarray(0, copied).equals(FILE.subarray(position, position + copied))).toBe(true)
            if (into.length > 0) expect(copied).not.toBe(0)
          }
        }
        while (toDisk(true) > 0);
        expect(Buffer.concat(disk).equals(FILE.subarray(0, length))).toBe(true)
        tail.close()
        expect(tail.copy(length - 1, Buffer.alloc(1))).toBeUndefined()
      }),
      { numRuns: 100 },
    )
  })
})
