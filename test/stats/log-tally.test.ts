/** Downloads of a log: the same sums in little memory as in much, and none for what was broken off. */
import * as fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { logTally } from '../../src/stats/log-tally.ts'
import { sqliteTally } from '../../src/store/sqlite-tally.ts'

function tallyOf(maxEntries?: number) {
  const store = sqliteTally()
  onTestFinished(() => store.close())
  return logTally({ isPublic: () => true, store, ...(maxEntries !== undefined && { maxEntries }) })
}

const line = (filename: string, size?: number, day = '2026-11-24', userAgent = 'pip/26.3') => ({
  day,
  path: `/packages/aa/${filename}`,
  size,
  userAgent,
})

const said = (tally: ReturnType<typeof tallyOf>) =>
  Array.from(
    tally.downloads(),
    ({ day, file, client, count }) => `${day} ${file.filename} ${client} ${count}`,
  ).toSorted()

describe('a tally', () => {
  it('leaves out what was shorter than the whole file, before and after it', () => {
    const tally = tallyOf()
    for (const size of [100, 50_000, 100_000, 99_500, 20_000, 100_300, undefined])
      tally.add(line('tool-1.0.tar.gz', size))
    expect(said(tally)).toEqual(['2026-11-24 tool-1.0.tar.gz pip/26.3 4'])
    expect(tally.broken()).toBe(3)
  })

  it('counts what is no distribution as nothing', () => {
    const tally = tallyOf()
    expect(tally.add(line('index.html', 10))).toBe(false)
    expect(said(tally)).toEqual([])
  })

  it('does not tell apart the clients of somebody who makes them up', () => {
    const tally = tallyOf()
    for (let i = 0; i < 3000; i += 1) tally.add(line('tool-1.0.tar.gz', 9000, '2026-11-24', `pip/${i}`))
    const counts = said(tally)
    expect(counts).toHaveLength(1024)
    expect(counts).toContain('2026-11-24 tool-1.0.tar.gz other 1977')
  })

  it('begins anew when it is cleared', () => {
    for (const maxEntries of [1, 1000]) {
      const tally = tallyOf(maxEntries)
      tally.add(line('tool-1.0.tar.gz', 9000))
      tally.add(line('other-1.0.tar.gz', 9000))
      tally.clear()
      tally.add(line('tool-1.0.tar.gz', 100))
      expect(said(tally)).toEqual(['2026-11-24 tool-1.0.tar.gz pip/26.3 1'])
      expect(tally.broken()).toBe(0)
    }
  })

  it('has the same sums whatever fits into memory', () => {
    const lines = fc.array(
      fc
        .record({
          name: fc.constantFrom('a', 'b', 'c'),
          size: fc.constantFrom(10, 5000, 9500, 10_000),
          day: fc.constantFrom('2026-11-23', '2026-11-24'),
          client: fc.constantFrom('pip/26.3', 'uv/0.13.9'),
        })
        .map(({ name, size, day, client }) => line(`${name}-1.0.tar.gz`, size, day, client)),
    )
    fc.assert(
      fc.property(lines, (all) => {
        const [whole, aside] = [tallyOf(), tallyOf(2)]
        for (const each of all) {
          whole.add(each)
          aside.add(each)
        }
        expect(said(aside)).toEqual(said(whole))
        expect(aside.broken()).toBe(whole.broken())
      }),
      { numRuns: 100 },
    )
  })
})
