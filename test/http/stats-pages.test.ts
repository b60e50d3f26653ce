/** The pages of download counts as a person, a program and a stranger get them. */
import { describe, expect, it } from 'vitest'
import { dayAfter, dayOf } from '../../src/stats/day.ts'
import { name } from '../support/build.ts'
import { testStats } from '../support/stats.ts'
import { startUnidex } from '../support/unidex.ts'

const TODAY = dayOf(Date.now())

async function setUp(peers: string[] = []) {
  const stats = testStats()
  const unidex = await startUnidex(
    { upstreams: { pypi: { url: 'https://pypi.org/simple/' } }, indexes: { default: { upstreams: ['pypi'] } }, peers },
    { stats, offline: true },
  )
  const count = (filename: string, count: number, { day = TODAY, client = 'pip/26.3', upstream = 'pypi' } = {}) => {
    const file = { project: name(filename.split('-')[0] ?? ''), filename, upstream, isPrivate: upstream === 'corp' }
    stats.add([{ day, file, client, count }])
  }
  const page = async (path: string, accept = 'text/html') => {
    const response = await unidex.get(path, { accept })
    return { status: response.status, headers: response.headers, text: await response.text() }
  }
  return { ...unidex, stats, count, page }
}

describe('the page of downloads', () => {
  it('has the projects on top, with their days, private ones too', async () => {
    const { count, page } = await setUp()
    count('tool-1.0.tar.gz', 1200)
    count('tool-1.0.tar.gz', 34, { day: dayAfter(TODAY, -3) })
    count('acme-1.0.tar.gz', 2, { upstream: 'corp' })
    const { text, status } = await page('/stats/')
    expect(status).toBe(200)
    expect(text).toContain('1,236 downloads of 2 projects in 30 days')
    expect(text.indexOf('projects/tool?days=30')).toBeLessThan(text.indexOf('projects/acme?days=30'))
    expect(text).toContain(`aria-label="tool: 1,234 downloads, at most 1,200 on ${TODAY}"`)
  })

  it('says how the peers are', async () => {
    const { page, stats } = await setUp(['https://good.example/', 'https://down.example/', 'https://new.example/'])
    stats.setStanding('https://good.example/', { at: Date.UTC(2026, 10, 24) })
    stats.setStanding('https://down.example/', { at: 1000, failure: '<b>no connection</b>' })
    const { text } = await page('/stats/')
    expect(text).toMatch(/good\.example[^]*?answers[^]*?2026-11-24 00:00 UTC/)
    expect(text).toMatch(
      /down\.example[^]*?failed last[^]*?&lt;b&gt;no connection&lt;\/b&gt;<\/bdi>; what it said before still counts/,
    )
    expect(text).toMatch(/new\.example[^]*?not read yet/)
  })

  it('is found from all pages, and leads to a project by its form', async () => {
    const { page } = await setUp()
    expect((await page('/')).text).toContain('<a href="stats/">Downloads</a>')
    expect((await page('/projects/tool')).text).toContain('<a href="../stats/projects/tool">')
    const { status, headers } = await page('/stats/projects/?name=Acme_Core')
    expect([status, headers.get('location')]).toEqual([303, 'acme-core'])
    expect((await page('/stats/projects/?name=//evil.example')).status).toBe(404)
  })
})

describe('the page of the downloads of a project', () => {
  it('has them over time, by version, client and upstream', async () => {
    const { count, page } = await setUp()
    count('tool-1.0.tar.gz', 3)
    count('tool-2.0.tar.gz', 5, { client: 'uv/0.13.9', day: dayAfter(TODAY, -1) })
    const { text } = await page('/stats/projects/tool?days=7')
    for (const [title, most, least] of [
      ['By version', '2.0: 5', '1.0: 3'],
      ['By client', 'uv/0.13.9: 5', 'pip/26.3: 3'],
    ] as const)
      expect(text).toMatch(new RegExp(`${title}[^]*"${most} downloads[^]*"${least} downloads`))
    expect(text).toContain('aria-label="pypi: 8 downloads')
  })

  it('is the same for a program', async () => {
    const { count, page } = await setUp()
    count('tool-1.0.tar.gz', 3)
    expect(JSON.parse((await page('/stats/projects/Tool?days=1', 'application/json')).text)).toEqual({
      first: TODAY,
      last: TODAY,
      project: 'tool',
      total: 3,
      days: [{ day: TODAY, count: 3 }],
      versions: [{ name: '1.0', count: 3, days: [3] }],
      clients: [{ name: 'pip/26.3', count: 3, days: [3] }],
      upstreams: [{ name: 'pypi', count: 3, days: [3] }],
    })
    expect(JSON.parse((await page('/stats/', 'application/json')).text)).toMatchObject({ total: 3, projects: 1 })
  })

  it('is 404 where nothing was downloaded, and for what is no name', async () => {
    const { page } = await setUp()
    expect((await page('/stats/projects/tool')).status).toBe(404)
    expect((await page('/stats/projects/%3Cscript%3E')).status).toBe(404)
  })

  it.each(['', '0', '999', '-1', 'x', '1e9'])('takes a number of days, whatever it is: %s', async (days) => {
    const { count, page } = await setUp()
    count('tool-1.0.tar.gz', 3)
    const { status, text } = await page(`/stats/projects/tool?days=${days}`)
    expect(status).toBe(200)
    expect(text.length).toBeLessThan(200_000)
  })

  it('has no script, and no asset from elsewhere', async () => {
    const { count, page } = await setUp()
    count('tool-1.0<x>".tar.gz', 3)
    const { text, headers } = await page('/stats/projects/tool')
    expect(headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(text).not.toMatch(/<script|<x>|src=/)
    expect(text).toContain('1.0&lt;x&gt;&quot;')
  })
})
