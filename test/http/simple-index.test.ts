import { describe, expect, it } from 'vitest'
import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { simpleUpstream, upstreamFile } from '../support/simple-upstream.ts'
import { startUnidex } from '../support/unidex.ts'

const JSON_TYPE = 'application/vnd.pypi.simple.v1+json'

async function setUp() {
  const pypi = await simpleUpstream({
    'foo-bar': [
      upstreamFile('foo_bar-1.0.tar.gz'),
      upstreamFile('foo_bar-1.0+local-py3-none-any.whl', 'w', { yanked: 'broken', 'requires-python': '>=3.8,<4' }),
    ],
  })
  const unidex = await startUnidex({
    upstreams: { pypi: { url: pypi.url } },
    indexes: { default: { upstreams: ['pypi'] }, team: { upstreams: ['pypi'] } },
  })
  return { pypi, ...unidex }
}

describe('a project page', () => {
  it('links relative to itself, in every index, and only to us', async () => {
    const { json, pypi } = await setUp()
    const { host } = new URL(pypi.url)
    for (const path of ['/simple/foo-bar/', '/team/simple/foo-bar/']) {
      expect((await json(path)).files.map((each) => each['url'])).toEqual([
        `../../files/pypi/${host}/files/foo_bar-1.0%2Blocal-py3-none-any.whl`,
        `../../files/pypi/${host}/files/foo_bar-1.0.tar.gz`,
      ])
    }
  })

  it('says whatever the upstream said of a file', async () => {
    const { json } = await setUp()
    const [wheel] = (await json('/simple/foo-bar/')).files
    expect(wheel).toMatchObject({
      filename: 'foo_bar-1.0+local-py3-none-any.whl',
      yanked: 'broken',
      'requires-python': '>=3.8,<4',
      size: 1,
    })
  })

  it.each([
    [JSON_TYPE, JSON_TYPE],
    ['application/vnd.pypi.simple.v1+html', 'application/vnd.pypi.simple.v1+html'],
    ['text/html', 'text/html'],
    ['*/*', 'text/html'],
    ['application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01', JSON_TYPE],
    ['application/vnd.pypi.simple.latest+json', JSON_TYPE],
  ])('asked with Accept %s it is %s', async (accept, type) => {
    const { get } = await setUp()
    const response = await get('/simple/foo-bar/', { accept })
    expect([
      response.status,
      response.headers.get('content-type')?.split(';')[0],
      response.headers.get('vary'),
    ]).toEqual([200, type, 'Accept, Accept-Encoding'])
  })

  it('asked for what it does not exist as, it is 406 with what it exists as', async () => {
    const { get } = await setUp()
    const response = await get('/simple/foo-bar/', { accept: 'application/json' })
    expect([response.status, await response.text()]).toEqual([406, expect.stringContaining(JSON_TYPE)])
  })

  it('?format= overrules Accept', async () => {
    const { get } = await setUp()
    const response = await get(`/simple/foo-bar/?format=${encodeURIComponent(JSON_TYPE)}`, { accept: 'text/html' })
    expect(response.headers.get('content-type')).toBe(JSON_TYPE)
  })

  it.each(['gzip', 'zstd'] as const)('in %s it is the same page, with an ETag of its own', async (coding) => {
    const { get } = await setUp()
    const plain = await get('/simple/foo-bar/')
    const coded = await get('/simple/foo-bar/', { 'accept-encoding': coding })
    const bytes = Buffer.from(await coded.arrayBuffer())
    expect((coding === 'gzip' ? gunzipSync(bytes) : zstdDecompressSync(bytes)).toString()).toBe(await plain.text())
    expect(coded.headers.get('content-encoding')).toBe(coding)
    expect(coded.headers.get('etag')).not.toBe(plain.headers.get('etag'))
    // Not always the same bytes.
    expect(coded.headers.get('etag')).toMatch(/^W\//)
    expect(coded.headers.get('content-length')).toBe(String(bytes.length))
  })

  it('is 304 for whoever has it, in any coding, and 200 for who has another representation', async () => {
    const { get } = await setUp()
    const gzipped = await get('/simple/foo-bar/', { accept: JSON_TYPE, 'accept-encoding': 'gzip' })
    const etag = gzipped.headers.get('etag') ?? ''
    const held = await get('/simple/foo-bar/', { accept: JSON_TYPE, 'if-none-match': etag })
    expect([held.status, held.headers.get('vary'), held.headers.get('cache-control')]).toEqual([
      304,
      'Accept, Accept-Encoding',
      gzipped.headers.get('cache-control'),
    ])
    expect((await get('/simple/foo-bar/', { accept: 'text/html', 'if-none-match': etag })).status).toBe(200)
  })

  it('keeps its ETag as long as the upstream says the same', async () => {
    const { get, clock, pypi } = await setUp()
    const before = await get('/simple/foo-bar/')
    clock.forward(3_600_000)
    const after = await get('/simple/foo-bar/')
    expect(pypi.requests.filter((each) => each === 'GET /simple/foo-bar/')).toHaveLength(2)
    expect(after.headers.get('etag')).toBe(before.headers.get('etag'))
  })

  it('answers HEAD with the headers of GET', async () => {
    const { get } = await setUp()
    const [head, whole] = [await get('/simple/foo-bar/', {}, 'HEAD'), await get('/simple/foo-bar/')]
    for (const header of ['content-type', 'content-length', 'etag', 'cache-control', 'vary'])
      expect(head.headers.get(header)).toBe(whole.headers.get(header))
    expect(await head.text()).toBe('')
  })

  it('says where it came from', async () => {
    const { get } = await setUp()
    expect((await get('/simple/foo-bar/')).headers.get('x-unidex-sources')).toBe('pypi;fresh')
  })

  it('may be kept by clients as long as it is fresh here', async () => {
    const { get, clock } = await setUp()
    await get('/simple/foo-bar/')
    clock.forward(20_000)
    expect((await get('/simple/foo-bar/')).headers.get('cache-control')).toBe(
      'max-age=40, s-maxage=40, stale-while-revalidate=300, stale-if-error=86400',
    )
  })
})

describe('other addresses', () => {
  it.each([
    ['/simple/Foo.Bar/', '../foo-bar/'],
    ['/simple/foo_bar', 'foo-bar/'],
    ['/simple/foo--bar/?x=1', '../foo-bar/?x=1'],
    ['/team/simple/FOO-BAR', 'foo-bar/'],
    ['/simple', 'simple/'],
  ])('%s is redirected to %s', async (path, location) => {
    const { get } = await setUp()
    const response = await get(path)
    expect([response.status, response.headers.get('location')]).toEqual([307, location])
  })

  it.each([
    '/simple/-foo/',
    '/simple/f%C3%B6%C3%B6/',
    '/simple/foo%0a/',
    '/simple/..%2fx/',
    `/simple/${'x'.repeat(300)}/`,
    '/simple/foo bar/',
  ])('a name that is none (%s) is 404 without asking anybody', async (path) => {
    const { get, pypi } = await setUp()
    const response = await get(path)
    expect([response.status, pypi.requests]).toEqual([404, []])
  })

  it.each(['/simple//foo-bar/', '/nope/simple/foo-bar/', '/nope', '/simple/foo-bar/x'])('%s is 404', async (path) => {
    const { get } = await setUp()
    expect((await get(path)).status).toBe(404)
  })

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])('%s is not possible anywhere', async (method) => {
    const { get } = await setUp()
    for (const path of ['/simple/', '/legacy/', '/simple/foo-bar/']) {
      const response = await get(path, {}, method)
      expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
    }
  })

  it('another Host than a loopback one is misdirected', async () => {
    const { get } = await setUp()
    expect((await get('/simple/', { host: 'evil.example' })).status).toBe(421)
  })

  it('a project that nobody has is 404, with who was asked', async () => {
    const { get } = await setUp()
    const response = await get('/simple/nothing/')
    expect([response.status, await response.text()]).toEqual([
      404,
      'No upstream of this index has nothing (asked: pypi); more at http://127.0.0.1:8642/projects/nothing\n',
    ])
  })

  it('/healthz and /readyz answer', async () => {
    const { get } = await setUp()
    expect([(await get('/healthz')).status, (await get('/readyz')).status]).toEqual([200, 200])
  })
})

describe('the list of projects', () => {
  it('is served as JSON and as HTML', async () => {
    const { get, json } = await setUp()
    expect((await json('/simple/'))['projects']).toEqual([{ name: 'foo-bar' }])
    expect(await (await get('/simple/', { accept: 'text/html' })).text()).toContain('<a href="foo-bar/">foo-bar</a>')
  })
})
