/** Rules that need time, as clients see them: on pages, on files, and when they end. */
import { describe, expect, it } from 'vitest'
import { simpleUpstream, upstreamFile } from '../support/simple-upstream.ts'
import { startUnidex } from '../support/unidex.ts'

const HOUR = 60 * 60 * 1000
const DAY = 24 * HOUR

const uploaded = (filename: string, ms: number) =>
  upstreamFile(filename, filename, { 'upload-time': new Date(ms).toISOString() })

/** `acme` 1.0 is ten days old, 2.0 one; `upstream` is added to what is said of it. */
async function setUp(upstream: object = {}, index: object = {}) {
  const now = Date.now()
  const pypi = await simpleUpstream({
    acme: [uploaded('acme-1.0.tar.gz', now - 10 * DAY), uploaded('acme-2.0.tar.gz', now - DAY)],
  })
  const unidex = await startUnidex({
    upstreams: { pypi: { url: pypi.url, ...upstream } },
    indexes: { default: { upstreams: ['pypi'], ...index } },
  })
  const fileUrl = (filename: string) => `/files/pypi/${new URL(pypi.url).host}/files/${filename}`
  return { pypi, now, fileUrl, ...unidex }
}

describe('a file that is too young', () => {
  it('is on no page, and its address says until when', async () => {
    const { files, get, fileUrl, now } = await setUp({ cooldown: '3d' })
    expect(await files('acme')).toEqual(['acme-1.0.tar.gz'])
    expect((await get(fileUrl('acme-1.0.tar.gz'))).status).toBe(200)
    const young = await get(fileUrl('acme-2.0.tar.gz'))
    const until = new Date(now + 2 * DAY).toISOString().slice(0, 10)
    expect([young.status, await young.text()]).toEqual([
      403,
      expect.stringMatching(new RegExp(`hidden until ${until}T.* by the cooldown of upstream pypi, 3 days`)),
    ])
  })

  it('is served from the moment on in which it is old enough, although nothing else has changed', async () => {
    const { files, get, fileUrl, clock, pypi } = await setUp({ cooldown: '3d', freshFor: '30d' })
    const page = await get('/simple/acme/')
    expect(page.headers.get('cache-control')).toBe('max-age=600')
    clock.forward(2 * DAY - 30_000)
    expect(await files('acme')).toEqual(['acme-1.0.tar.gz'])
    // Nobody may keep the page for longer than it holds.
    expect((await get('/simple/acme/')).headers.get('cache-control')).toMatch(/^max-age=(?:[12]\d|30)$/)
    clock.forward(31_000)
    expect(await files('acme')).toEqual(['acme-1.0.tar.gz', 'acme-2.0.tar.gz'])
    expect((await get(fileUrl('acme-2.0.tar.gz'))).status).toBe(200)
    expect(pypi.requests.filter((each) => each === 'GET /simple/acme/')).toHaveLength(1)
  })

  it('that does not say its age is young from when it was first seen, on whichever page', async () => {
    const { files, clock, pypi } = await setUp({ cooldown: '3d' })
    pypi.projects = { tool: [upstreamFile('tool-1.0.tar.gz')] }
    expect(await files('tool')).toEqual(['tool-1.0.tar.gz'])
    pypi.projects = { tool: [upstreamFile('tool-1.0.tar.gz'), upstreamFile('tool-2.0.tar.gz')] }
    clock.forward(DAY)
    expect(await files('tool')).toEqual(['tool-1.0.tar.gz'])
    clock.forward(3 * DAY)
    expect(await files('tool')).toEqual(['tool-1.0.tar.gz', 'tool-2.0.tar.gz'])
  })

  it('hides nothing behind it: no lower upstream takes its place', async () => {
    const now = Date.now()
    const one = await simpleUpstream({ acme: [uploaded('acme-2.0.tar.gz', now)] })
    const two = await simpleUpstream({ acme: [uploaded('acme-2.0.tar.gz', now - 10 * DAY)] })
    const { files } = await startUnidex({
      upstreams: { one: { url: one.url, cooldown: '3d' }, two: { url: two.url } },
      indexes: { default: { upstreams: ['one', 'two'] } },
    })
    expect(await files('acme')).toEqual([])
  })
})

describe('a view of a date', () => {
  it('has what was there before, on pages and as files, and links into itself', async () => {
    const { files, json, get, fileUrl, now } = await setUp()
    const then = new Date(now - 5 * DAY).toISOString()
    const view = `/default@${then}`
    expect(await files('acme', `default@${then}`)).toEqual(['acme-1.0.tar.gz'])
    const [file] = (await json(`${view}/simple/acme/`)).files
    const linked = new URL(String(file?.['url']), `http://127.0.0.1:8642${view}/simple/acme/`).pathname
    expect(linked).toBe(`${view}${fileUrl('acme-1.0.tar.gz')}`)
    expect((await get(linked)).status).toBe(200)
    const later = await get(`${view}${fileUrl('acme-2.0.tar.gz')}`)
    expect([later.status, await later.text()]).toEqual([403, expect.stringContaining('hidden by this view')])
    expect(await files('acme')).toHaveLength(2)
    expect((await get(`${view}/simple/`)).status).toBe(200)
  })

  it('is of a day to its end', async () => {
    const { files, now } = await setUp()
    const day = (ms: number) => new Date(ms).toISOString().slice(0, 10)
    expect(await files('acme', `default@${day(now - DAY)}`)).toEqual(['acme-1.0.tar.gz', 'acme-2.0.tar.gz'])
    expect(await files('acme', `default@${day(now - 2 * DAY)}`)).toEqual(['acme-1.0.tar.gz'])
  })

  it.each(['default@', 'default@yesterday', 'default@2026-02-30', 'default@2026-01-01T00:00:00', 'other@2026-01-01'])(
    '%s is none, and says so',
    async (index) => {
      const { get } = await setUp()
      expect((await get(`/${index}/simple/acme/`)).status).toBe(404)
      expect((await get(`/${index}/simple/`)).status).toBe(404)
    },
  )
})
