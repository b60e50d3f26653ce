/** bzip2 as others write and read it. */
import { execFileSync } from 'node:child_process'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bzip2 } from '../../src/stats/bzip2-write.ts'
import { Bzip2Error, readBzip2 } from '../../src/stats/bzip2-read.ts'

const packed = (...chunks: Uint8Array[]) => Buffer.concat([...bzip2(chunks)].flatMap((piece) => piece ?? []))
const unpacked = (bytes: Uint8Array, maxBytes = 10_000_000) => Buffer.concat([...readBzip2(bytes, { maxBytes })])

/** Python's module is the one that readers of these files have used from the beginning. */
const python = (code: string, input: Buffer) =>
  execFileSync('python3', ['-c', `import bz2, sys; ${code}`], { input, maxBuffer: 1e8 })
const pythonReads = (bytes: Buffer) => python('sys.stdout.buffer.write(bz2.decompress(sys.stdin.buffer.read()))', bytes)
const pythonWrites = (bytes: Buffer, level = 9) =>
  python(`sys.stdout.buffer.write(bz2.compress(sys.stdin.buffer.read(), ${level}))`, bytes)

const lines = (count: number) =>
  Buffer.from(
    Array.from(
      { length: count },
      (_, i) => `project-${i % 977},project_${i % 977}-1.${i}.tar.gz,pip/26.${i % 7},${i}\n`,
    ).join(''),
  )

/** The cases that the format treats apart: runs around 4, 255 and 259, periods, ends of blocks, one kind of byte, all kinds. */
const SPECIAL: Readonly<Record<string, Buffer>> = {
  nothing: Buffer.alloc(0),
  'one byte': Buffer.from('a'),
  'runs of all lengths to 600': Buffer.concat(Array.from({ length: 600 }, (_, i) => Buffer.alloc(i, 97 + (i % 3)))),
  'a long run': Buffer.alloc(300_000, 7),
  'a run over the end of a block': Buffer.concat([lines(2000).subarray(0, 99_970), Buffer.alloc(500, 1), lines(10)]),
  'a period': Buffer.from('abcabc'.repeat(40_000)),
  'all bytes': Buffer.from(Array.from({ length: 70_000 }, (_, i) => (i * 7919) % 256)),
  'rare bytes': Buffer.from(Array.from({ length: 60_000 }, (_, i) => Math.clz32(i % 50_000))),
  'a day of counts': lines(20_000),
}

describe('bzip2', () => {
  it.each(Object.keys(SPECIAL))('of ours is read by others: %s', (which) => {
    const bytes = SPECIAL[which] ?? Buffer.alloc(0)
    const ours = packed(bytes)
    execFileSync('bzip2', ['-t'], { input: ours })
    expect(pythonReads(ours).equals(bytes)).toBe(true)
    expect(unpacked(ours).equals(bytes)).toBe(true)
  })

  it.each(Object.keys(SPECIAL))('of others is read by us: %s', (which) => {
    const bytes = SPECIAL[which] ?? Buffer.alloc(0)
    for (const level of [1, 9]) expect(unpacked(pythonWrites(bytes, level)).equals(bytes)).toBe(true)
  })

  it('is the same in whatever pieces the bytes come', () => {
    const bytes = lines(5000)
    expect(
      packed(bytes.subarray(0, 1), bytes.subarray(1, 120_000), bytes.subarray(120_000)).equals(packed(bytes)),
    ).toBe(true)
  })

  it('gives back whatever was written', () => {
    const alphabets = fc.constantFrom(['a'], ['a', 'b'], ['a', 'b', ',', '\n'])
    const texts = alphabets.chain((signs) => fc.string({ unit: fc.constantFrom(...signs), maxLength: 3000 }))
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 3000 }),
          texts.map((text) => Buffer.from(text)),
        ),
        (bytes) => {
          expect(unpacked(packed(bytes)).equals(Buffer.from(bytes))).toBe(true)
        },
      ),
      { numRuns: 300 },
    )
  })

  it('is several streams in one, as tools write it that compress side by side', () => {
    expect(unpacked(Buffer.concat([pythonWrites(Buffer.from('one\n')), packed(Buffer.from('two\n'))])).toString()).toBe(
      'one\ntwo\n',
    )
  })

  it('that is damaged, cut or foreign is refused, and never read for something else', () => {
    const whole = packed(lines(300))
    expect(() => unpacked(Buffer.from('<html>'))).toThrow(Bzip2Error)
    expect(() => unpacked(whole.subarray(0, -4))).toThrow(Bzip2Error)
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const damaged = Buffer.from(whole)
        damaged[at] = (damaged[at] ?? 0) ^ change
        try {
          expect(unpacked(damaged).equals(lines(300))).toBe(true)
        } catch (error) {
          if (!(error instanceof Bzip2Error)) throw error
        }
      }),
      { numRuns: 300 },
    )
  })

  it('that would be longer than allowed is refused before it is made', () => {
    const bomb = pythonWrites(Buffer.alloc(50_000_000))
    expect(bomb.length).toBeLessThan(1000)
    expect(() => unpacked(bomb, 1_000_000)).toThrow('too long')
  })
})
