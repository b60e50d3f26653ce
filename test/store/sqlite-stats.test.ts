/** Counts in their database: they add up, whoever writes, and what is private is not published. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { atOnce } from '../../src/pace/steps.ts'
import type { Count, CountedFile } from '../../src/stats/count.ts'
import type { DownloadStats, PeerDay } from '../../src/stats/download-stats.ts'
import { sqliteStats } from '../../src/store/sqlite-stats.ts'
import { name } from '../support/build.ts'

const TOOL: CountedFile = { project: name('tool'), filename: 'tool-1.0.tar.gz', upstream: 'pypi', isPrivate: false }
const CORE: CountedFile = {
  project: name('acme-core'),
  filename: 'acme_core-1.0.tar.gz',
  upstream: 'corp',
  isPrivate: true,
}
const ALONE = { peers: [] }
const [MONDAY, TUESDAY] = ['2026-11-23', '2026-11-24']
const BOTH = { first: MONDAY, last: TUESDAY }

function open() {
  const folder = mkdtempSync(join(tmpdir(), 'unidex-stats-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const opened = () => {
    const stats = sqliteStats(folder, { busyMs: 1000 })
    onTestFinished(() => stats.close())
    return stats
  }
  return { folder, opened, stats: opened() }
}

const set = (stats: DownloadStats, peer: string, day: PeerDay) => atOnce(stats.setPeerDay(peer, day))

const all = (counts: Iterable<Count | undefined>) => [...counts].filter((each) => each !== undefined)

const tool = (count: number, day = MONDAY, client = 'pip/26.3') => ({ day, file: TOOL, client, count })

describe('counts', () => {
  it('of several processes add up, and are there after both have ended', () => {
    const { stats, opened } = open()
    const other = opened()
    stats.add([tool(2)])
    other.add([tool(3), tool(1, TUESDAY, 'uv/0.13.9')])
    stats.close()
    other.close()
    expect(all(opened().published(BOTH, ALONE))).toEqual([
      { project: 'tool', filename: 'tool-1.0.tar.gz', client: 'pip/26.3', count: 5 },
      { project: 'tool', filename: 'tool-1.0.tar.gz', client: 'uv/0.13.9', count: 1 },
    ])
  })

  it('of private upstreams are kept for ourselves', () => {
    const { stats } = open()
    stats.add([{ day: TUESDAY, file: CORE, client: 'pip/26.3', count: 4 }, tool(1)])
    expect(all(stats.published(BOTH, ALONE)).map(({ project }) => project)).toEqual(['tool'])
    expect(stats.firstDay(ALONE)).toBe(MONDAY)
    expect([...stats.projectsOn(TUESDAY, ALONE)]).toEqual([{ project: 'acme-core', count: 4 }])
    expect([...stats.ofProject(name('acme-core'), BOTH, ALONE)]).toMatchObject([{ upstream: 'corp', count: 4 }])
  })

  it('are published by name, each once, however many there are and wherever they came from', () => {
    const { stats } = open()
    const names = Array.from({ length: 1000 }, (_, i) => `tool-1.${i}.tar.gz`)
    for (const upstream of ['pypi', 'mirror', ''])
      stats.add(
        names.flatMap((filename) =>
          [MONDAY, TUESDAY].map((day) => ({
            day,
            file: { ...TOOL, filename, upstream },
            client: 'pip/26.3',
            count: 1,
          })),
        ),
      )
    const found = all(stats.published(BOTH, ALONE))
    expect(found.map(({ filename, count }) => `${filename} ${count}`)).toEqual(
      names.toSorted().map((filename) => `${filename} 6`),
    )
    expect(all(stats.published({ first: MONDAY, last: MONDAY }, ALONE)).every(({ count }) => count === 3)).toBe(true)
  })

  it('are all there, or none of one write', () => {
    const { stats } = open()
    function* broken() {
      yield tool(1)
      throw new Error('cut')
    }
    expect(() => stats.add(broken())).toThrow('cut')
    stats.add([tool(5)])
    expect([...stats.projectsOn(MONDAY, ALONE)]).toEqual([{ project: 'tool', count: 5 }])
  })

  it('of a peer are those of the last time that the day was read, and count only where the peer does', () => {
    const { stats } = open()
    const count = { project: name('tool'), filename: 'tool-1.0.tar.gz', client: 'pip/26.3' }
    stats.add([tool(1)])
    set(stats, 'http://a/', { day: MONDAY, etag: '"1"', counts: [{ ...count, count: 10 }] })
    set(stats, 'http://a/', {
      day: MONDAY,
      etag: '"2"',
      counts: [
        { ...count, count: 20 },
        { ...count, count: 5 },
      ],
    })
    set(stats, 'http://b/', { day: TUESDAY, etag: undefined, counts: [{ ...count, count: 100 }] })
    const total = (peers: string[]) => all(stats.published(BOTH, { peers })).map((each) => each.count)
    expect(total([])).toEqual([1])
    expect(stats.firstDay({ peers: ['http://nobody/'] })).toBe(MONDAY)
    expect(total(['http://a/'])).toEqual([26])
    expect(total(['http://a/', 'http://b/'])).toEqual([126])
    expect(stats.peerDays('http://a/')).toEqual(new Map([[MONDAY, '"2"']]))
  })

  it('of a peer that break off while they are written change nothing', () => {
    const { stats } = open()
    const count = { project: name('tool'), filename: 'tool-1.0.tar.gz', client: 'pip/26.3', count: 10 }
    set(stats, 'http://a/', { day: MONDAY, etag: '"1"', counts: [count] })
    function* broken() {
      for (let i = 0; i < 1000; i += 1) yield count
      throw new Error('cut')
    }
    expect(() => set(stats, 'http://a/', { day: MONDAY, etag: '"2"', counts: broken() })).toThrow('cut')
    expect([...stats.projectsOn(MONDAY, { peers: ['http://a/'] })]).toEqual([{ project: 'tool', count: 10 }])
    expect(stats.peerDays('http://a/')).toEqual(new Map([[MONDAY, '"1"']]))
  })

  it('of a peer are asked for by one process in an hour', () => {
    const { stats, opened } = open()
    const now = Date.now()
    expect(stats.claimPeer('http://a/', now, 3_600_000)).toBe(true)
    expect(opened().claimPeer('http://a/', now + 1000, 3_600_000)).toBe(false)
    expect(stats.claimPeer('http://b/', now + 1000, 3_600_000)).toBe(true)
    expect(stats.claimPeer('http://a/', now + 3_600_001, 3_600_000)).toBe(true)
  })

  it('of a peer that is down stay, and say so', () => {
    const { stats } = open()
    expect(stats.standing('http://a/')).toBeUndefined()
    set(stats, 'http://a/', { day: MONDAY, etag: undefined, counts: [] })
    stats.setStanding('http://a/', { at: 1000 })
    stats.setStanding('http://a/', { at: 2000, failure: 'no connection' })
    expect(stats.standing('http://a/')).toEqual({ answeredAt: 1000, failedAt: 2000, failure: 'no connection', days: 1 })
    stats.setStanding('http://a/', { at: 3000 })
    expect(stats.standing('http://a/')).toEqual({ answeredAt: 3000, days: 1 })
  })

  it('have another version after each write, also after one of another process', () => {
    const { stats, opened } = open()
    const before = stats.version()
    expect(stats.version()).toBe(before)
    opened().add([tool(1)])
    const after = stats.version()
    expect(after).not.toBe(before)
    stats.add([tool(1)])
    expect(stats.version()).not.toBe(after)
  })

  it('remember which logs were counted', () => {
    const { stats, opened } = open()
    const log = { name: 'access.log', start: { length: 10, sha256: 'a' }, whole: { length: 100, sha256: 'b' } }
    stats.addLog(log, [tool(1)])
    expect(opened().logs()).toEqual([log])
  })

  it('are never written over what is something else', () => {
    const { folder, opened, stats } = open()
    writeFileSync(join(folder, 'stats.sqlite'), 'not a database, and somebody may want it'.repeat(100))
    expect(() => stats.add([tool(1)])).toThrow()
    expect(() => opened().version()).toThrow()
  })
})
