/** Which lines of a log are counted, when it was counted before. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { CountedLog } from '../../src/stats/download-stats.ts'
import { countLog } from '../../src/stats/log-import.ts'
import { logTally } from '../../src/stats/log-tally.ts'
import { sqliteTally } from '../../src/store/sqlite-tally.ts'

const line = (i: number) =>
  `10.0.0.${i % 200} - - [24/Nov/2026:12:00:${String(i % 60).padStart(2, '0')} +0000] "GET /packages/aa/tool-1.${i}.tar.gz HTTP/1.1" 200 ${5000 + i} "-" "pip/26.3"\n`
const log = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => line(from + i)).join('')

async function* inPieces(text: string, length: number) {
  for (let at = 0; at < text.length; at += length) yield Buffer.from(text.slice(at, at + length), 'latin1')
}

/** Counts logs one after the other, as the command does it. */
function counting() {
  const known: CountedLog[] = []
  return async (text: string, { piece = 700, lastDay = '2026-11-25' } = {}) => {
    const tally = logTally({ isPublic: () => true, store: sqliteTally() })
    const { report, identity, downloads } = await countLog(inPieces(text, piece), {
      name: 'log',
      known,
      tally,
      lastDay,
    })
    const files = Array.from(downloads, ({ file, count }) => `${file.filename} ${count}`)
    if (report.kind === 'new' || report.kind === 'grown') known.push(identity)
    return { ...report, files }
  }
}

describe('a log', () => {
  it('is counted once, whatever it is called and however it comes', async () => {
    const count = counting()
    expect(await count(log(0, 100))).toMatchObject({ kind: 'new', lines: 100, downloads: 100 })
    for (const piece of [1, 4096, 100_000])
      expect(await count(log(0, 100), { piece })).toMatchObject({ kind: 'same', downloads: 0, files: [] })
  })

  it('that has grown is counted from where it ended', async () => {
    const count = counting()
    await count(log(0, 100))
    const more = await count(log(0, 103))
    expect(more).toMatchObject({ kind: 'grown', lines: 3 })
    expect(more.files).toEqual(['tool-1.100.tar.gz 1', 'tool-1.101.tar.gz 1', 'tool-1.102.tar.gz 1'])
    expect(await count(log(0, 104))).toMatchObject({ kind: 'grown', lines: 1 })
  })

  it('of before, of which a longer one was counted, is not counted again', async () => {
    const count = counting()
    await count(log(0, 100))
    await count(log(0, 300))
    for (const length of [100, 150, 299]) expect((await count(log(0, length))).kind).toBe('older')
    expect((await count(log(0, 300))).kind).toBe('same')
  })

  it('that begins as one that was counted, and goes on in another way, is told apart', async () => {
    const count = counting()
    await count(log(0, 100))
    expect((await count(log(0, 60) + log(70, 200))).kind).toBe('changed')
    expect((await count(log(100, 200))).kind).toBe('new')
  })

  it('that is being written is counted up to its last whole line, and the rest of it later', async () => {
    const count = counting()
    const whole = log(0, 50)
    expect(await count(whole.slice(0, -20))).toMatchObject({ downloads: 49, unreadable: 0 })
    expect(await count(whole)).toMatchObject({ kind: 'grown', downloads: 1 })
    expect((await count(whole)).kind).toBe('same')
  })

  it('may end without an end of its last line, and go on behind it', async () => {
    const count = counting()
    expect(await count(log(0, 50).trimEnd())).toMatchObject({ downloads: 50 })
    expect(await count(log(0, 52))).toMatchObject({ kind: 'grown', lines: 2, unreadable: 0 })
  })

  it('says what it could not read, and shows some of it', async () => {
    const strange = ['nonsense', 'x'.repeat(200_000), '\u001b[31m', 'more', 'and more']
    const { unreadable, shown, downloads } = await counting()(`${strange.join('\n')}\n${log(0, 2)}`)
    expect({ unreadable, downloads }).toEqual({ unreadable: 5, downloads: 2 })
    expect(shown.map((each) => each.length)).toEqual([8, 200, 5])
  })

  it('has no downloads of days that have not come', async () => {
    expect(await counting()(log(0, 2), { lastDay: '2026-11-23' })).toMatchObject({ downloads: 0, unreadable: 2 })
  })

  it('is the same sum in whatever steps it was counted', async () => {
    const steps = fc.array(fc.nat(200), { minLength: 1, maxLength: 6 }).map((all) => all.toSorted((a, b) => a - b))
    await fc.assert(
      fc.asyncProperty(steps, fc.integer({ min: 1, max: 9000 }), async (lengths, piece) => {
        const count = counting()
        let sum = 0
        for (const length of lengths) {
          const { kind, downloads } = await count(log(0, length), { piece })
          if (kind === 'new' || kind === 'grown') sum += downloads
        }
        expect(sum).toBe(lengths.at(-1))
      }),
      { numRuns: 40 },
    )
  })
})
