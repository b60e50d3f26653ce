/** The files of counts over HTTP, as a reader of 2010 or of today asks for them. */
import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { dayAfter, dayOf } from '../../src/stats/day.ts'
import { name } from '../support/build.ts'
import { testStats } from '../support/stats.ts'
import { startUnidex } from '../support/unidex.ts'

const TODAY = dayOf(Date.now())
const YESTERDAY = dayAfter(TODAY, -1)
const MONTH = TODAY.slice(0, 7)

async function setUp() {
  const stats = testStats()
  const unidex = await startUnidex(
    { upstreams: { pypi: { url: 'https://pypi.org/simple/' } }, indexes: { default: { upstreams: ['pypi'] } } },
    { stats, offline: true },
  )
  const file = { project: name('tool'), filename: 'tool-1.0.tar.gz', upstream: 'pypi', isPrivate: false }
  const count = (day: string, count: number) => stats.add([{ day, file, client: 'pip/26.3', count }])
  const bytes = async (path: string) => Buffer.from(await (await unidex.get(path)).arrayBuffer())
  const text = async (path: string) => (await bytes(path)).toString()
  return { ...unidex, stats, count, bytes, text }
}

const line = (count: number) => `tool,tool-1.0.tar.gz,pip/26.3,${count}\n`

describe('the files of counts', () => {
  it('are bzip2 as PEP 381 has it, CSV and JSON', async () => {
    const { count, get, bytes, text } = await setUp()
    count(TODAY, 3)
    const response = await get(`/local-stats/days/${TODAY}.bz2`)
    expect(response.headers.get('content-type')).toBe('application/x-bzip2')
    const unpacked = execFileSync('bzip2', ['-dc'], { input: await bytes(`/local-stats/days/${TODAY}.bz2`) })
    expect(unpacked.toString()).toBe(`# package,filename,useragent,count\n${line(3)}`)
    expect(await text(`/local-stats/days/${TODAY}.csv`)).toBe(`package,filename,useragent,count\n${line(3)}`)
    expect(JSON.parse(await text(`/local-stats/days/${TODAY}.json`))).toEqual({
      day: TODAY,
      counts: [{ package: 'tool', filename: 'tool-1.0.tar.gz', useragent: 'pip/26.3', count: 3 }],
    })
  })

  it('are one for each day since the first, also where nothing was downloaded, and none before and after', async () => {
    const { count, get, text } = await setUp()
    count(dayAfter(TODAY, -2), 1)
    expect(await text(`/local-stats/days/${YESTERDAY}.csv`)).toBe('package,filename,useragent,count\n')
    const links = (await text('/local-stats/days/'))
      .matchAll(/href="([^"]+)\.bz2"/g)
      .map(([, day]) => day)
      .toArray()
    expect(links).toEqual([TODAY, YESTERDAY, dayAfter(TODAY, -2)])
    expect((await get(`/local-stats/days/${dayAfter(TODAY, -3)}.csv`)).status).toBe(404)
    expect((await get(`/local-stats/days/${dayAfter(TODAY, 1)}.csv`)).status).toBe(404)
  })

  it('of a month are its days together, ours alone as well as with our peers', async () => {
    const { count, text } = await setUp()
    count(`${MONTH}-01`, 1)
    count(TODAY, 2)
    for (const root of ['local-stats', 'stats'])
      expect(await text(`/${root}/months/${MONTH}.csv`)).toBe(`package,filename,useragent,count\n${line(3)}`)
  })

  it('are those of a minute ago at most, and the same bytes as long as they are', async () => {
    const { count, get, text, clock } = await setUp()
    count(YESTERDAY, 1)
    const path = `/local-stats/days/${YESTERDAY}.csv`
    const etag = (await get(path)).headers.get('etag') ?? ''
    expect((await get(path, { 'if-none-match': etag })).status).toBe(304)
    count(YESTERDAY, 1)
    expect(await text(path)).toContain(line(1))
    clock.forward(60_000)
    expect((await get(path, { 'if-none-match': etag })).status).toBe(200)
    expect(await text(path)).toContain(line(2))
  })

  it.each([
    '2026-02-30.bz2',
    '2026-11-24',
    '2026-11-24.tar.gz',
    '.bz2',
    '2026-11.bz2',
    'days',
    '%2e%2e%2fstate.sqlite',
  ])('are nothing else: days/%s', async (file) => {
    const { count, get } = await setUp()
    count(TODAY, 1)
    expect((await get(`/local-stats/days/${file}`)).status).toBe(404)
  })

  it('are not there while nothing was counted', async () => {
    const { get, text } = await setUp()
    expect((await get(`/local-stats/days/${TODAY}.bz2`)).status).toBe(404)
    expect(await text('/local-stats/days/')).not.toContain('href')
    expect((await get('/local-stats/')).status).toBe(200)
  })
})
