/** What we say of ourselves as a mirror: who else has this index, how new it is, and how long a cache may keep it. */
import { describe, expect, it } from 'vitest'
import { parseLastModified, sayLastModified } from '../../src/simple/last-modified.ts'
import { readMirrorList } from '../../src/simple/mirror-list.ts'
import { simpleUpstream, upstreamFile } from '../support/simple-upstream.ts'
import { startUnidex } from '../support/unidex.ts'
import { group } from '../mirrors/group.ts'

const V1 = upstreamFile('acme-1.0.tar.gz')

async function plain(entry: object = {}) {
  const pypi = await simpleUpstream({ acme: [V1] })
  const corp = await simpleUpstream({ 'corp-core': [upstreamFile('corp_core-1.0.tar.gz')] })
  const unidex = await startUnidex({
    upstreams: { pypi: { url: pypi.url, ...entry }, corp: { url: corp.url, private: true } },
    indexes: { default: { upstreams: ['pypi'] }, both: { upstreams: ['corp', 'pypi'] } },
  })
  return { pypi, corp, ...unidex }
}

describe('/mirrors', () => {
  it('lists this server and the addresses of its upstreams, in the format of 2008', async () => {
    const { get, own, mirror } = await group({ acme: [V1] })
    const answer = await get('/mirrors')
    const text = await answer.text()
    const root = (url: string) => url.replace('/simple/', '')
    expect(text.split('\n')).toEqual([
      '# root, and below it: index, last-modified, local-stats, stats, mirrors',
      'http://127.0.0.1:8642,simple,last-modified,local-stats,stats,mirrors',
      `# mirrors of ${own.url}`,
      `${root(own.url)},simple,last-modified,local-stats,stats,mirrors`,
      `${root(mirror.url)},simple,last-modified,local-stats,stats,mirrors`,
      '',
    ])
    expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8')
    expect(readMirrorList(text, own.url)).toEqual([own.url, mirror.url])
  })

  it('lists them as JSON with how they are', async () => {
    const { get, own } = await group({ acme: [V1] })
    await get('/simple/acme/')
    const json = await (await get('/mirrors', { accept: 'application/json' })).json()
    expect(json).toMatchObject({
      index: 'http://127.0.0.1:8642/simple/',
      upstreams: [{ name: 'up', url: own.url, addresses: [{ url: own.url, state: 'ready' }, { state: 'ready' }] }],
    })
  })

  it.each([
    ['a private upstream', { private: true }],
    ['an upstream that wants credentials', { auth: { token: 't' } }],
  ])('says nothing of %s', async (_, entry) => {
    const { get, own, mirror } = await group({ acme: [V1] }, { entry })
    for (const accept of ['text/plain', 'application/json']) {
      const text = await (await get('/mirrors', { accept })).text()
      expect(text).not.toContain(new URL(own.url).host)
      expect(text).not.toContain(new URL(mirror.url).host)
    }
  })

  it('says nothing of a mirror that wants credentials', async () => {
    const other = await simpleUpstream()
    const { get, mirror } = await group({}, { entry: { mirrors: [{ url: other.url, auth: { token: 't' } }] } })
    const text = await (await get('/mirrors')).text()
    expect([text.includes(new URL(other.url).host), text.includes(new URL(mirror.url).host)]).toEqual([false, false])
    expect(text).toContain('# mirrors of')
  })
})

describe('/last-modified', () => {
  it('is when the last question began that the upstreams answered, and never now', async () => {
    const { get, clock } = await plain()
    expect((await get('/last-modified')).status).toBe(503)
    const askedAt = clock.now()
    await get('/simple/acme/')
    clock.forward(40_000)
    await get('/simple/acme/')
    const answer = await get('/last-modified')
    expect(await answer.text()).toBe(`${sayLastModified(askedAt)}\n`)
    expect(answer.headers.get('last-modified')).toBe(new Date(askedAt).toUTCString())
  })

  it('stays where it is while an upstream fails', async () => {
    const { get, clock, pypi } = await plain()
    const askedAt = clock.now()
    await get('/simple/acme/')
    await pypi.stop()
    clock.forward(20 * 60_000)
    expect((await get('/simple/acme/')).headers.get('x-unidex-sources')).toBe('pypi;stale')
    expect(await (await get('/last-modified')).text()).toBe(`${sayLastModified(askedAt)}\n`)
  })

  it('stays where it is while only mirrors answer', async () => {
    const { get, clock, own } = await group({ acme: [V1] })
    const askedAt = clock.now()
    await get('/simple/acme/')
    await own.stop()
    clock.forward(20 * 60_000)
    expect((await get('/simple/acme/')).headers.get('x-unidex-sources')).toBe('up;fresh')
    expect(await (await get('/last-modified')).text()).toBe(`${sayLastModified(askedAt)}\n`)
  })

  it.each([
    ['20260131T12:00:01', Date.UTC(2026, 0, 31, 12, 0, 1)],
    ['20260131T12:00:01\n', Date.UTC(2026, 0, 31, 12, 0, 1)],
    ['2026-01-31T12:00:01Z', Date.UTC(2026, 0, 31, 12, 0, 1)],
    ['now', undefined],
    ['', undefined],
    ['20261331T12:00:01', undefined],
    [`20260131T12:00:01${' '.repeat(100_000)}x`, undefined],
  ])('is read as others write it: %j', (text, ms) => {
    expect(parseLastModified(text)).toBe(ms)
  })
})

describe('/serverkey and /serversig', () => {
  it.each(['/serverkey', '/serversig/acme', '/serversig/acme/', '/serversig/'])(
    '%s is gone, with the reason',
    async (path) => {
      const { get } = await plain()
      const answer = await get(path)
      expect([answer.status, await answer.text()]).toEqual([410, expect.stringContaining('PEP 464')])
    },
  )
})

describe('a cache in front', () => {
  it('may give a public page while it asks again, and while we fail', async () => {
    const { get } = await group({ acme: [V1] })
    expect((await get('/simple/acme/')).headers.get('cache-control')).toBe(
      'max-age=60, s-maxage=60, stale-while-revalidate=300, stale-if-error=86400',
    )
    expect((await get('/simple/')).headers.get('cache-control')).toContain('stale-if-error=86400')
  })

  it('may keep the metadata of a public wheel for a while, and of a private one not', async () => {
    const wheel = upstreamFile('acme-1.0-py3-none-any.whl', 'wheel', { 'core-metadata': true })
    const cacheControl = async (entry: Readonly<Record<string, unknown>>) => {
      const { get, own } = await group({ acme: [wheel] }, { entry })
      own.instead = ({ url }, response) => url?.endsWith('.metadata') === true && Boolean(response.end('Name: acme'))
      const path = `/files/up/${new URL(own.url).host}/files/${wheel.filename}.metadata`
      return (await get(path)).headers.get('cache-control')
    }
    expect(await cacheControl({})).toMatch(/^public, max-age=600, s-maxage=600, .*stale-if-error=86400$/)
    expect(await cacheControl({ private: true })).toBe('no-cache')
  })

  it('may not where any name can become private', async () => {
    const { get } = await plain()
    for (const path of ['/simple/acme/', '/simple/', '/both/simple/acme/', '/both/simple/corp-core/', '/both/simple/'])
      expect((await get(path)).headers.get('cache-control')).not.toContain('stale')
  })

  it('may not keep a page that a cooldown changes for longer than it holds', async () => {
    const young = upstreamFile('acme-2.0.tar.gz', 'two', { 'upload-time': new Date().toISOString() })
    const { get } = await group({ acme: [V1, young] }, { entry: { cooldown: '3d' } })
    expect((await get('/simple/acme/')).headers.get('cache-control')).toBe('max-age=60')
  })

  it('may not keep what is not there, nor what could not be confirmed', async () => {
    const { get, own, mirror, clock } = await group({ acme: [V1] })
    expect((await get('/simple/none/')).headers.get('cache-control')).toMatch(/^max-age=\d+$/)
    await get('/simple/acme/')
    await Promise.all([own.stop(), mirror.stop()])
    clock.forward(20 * 60_000)
    expect((await get('/simple/acme/')).headers.get('cache-control')).toBe('max-age=0, must-revalidate')
  })
})
