/** Cases 22 to 30 of the simple repository API: names, addresses of pages, and the list of projects. */
import { zstdDecompressSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { simpleUpstream } from '../support/simple-upstream.ts'
import { startUnidex } from '../support/unidex.ts'
import { HTML_TYPE, JSON_TYPE, SDIST, detail, entry, header, merged } from './two-upstreams.ts'

describe('addresses', () => {
  it.each([
    ['22: another spelling', '/simple/Foo.Bar_baz', 'foo-bar-baz/'],
    ['22: another spelling', '/simple/Foo.Bar_baz/', '../foo-bar-baz/'],
    ['23: no slash at the end, with a query', '/simple/foo?format=x', 'foo/?format=x'],
    ['24: two hyphens', '/simple/foo--bar/', '../foo-bar/'],
  ])('%s is redirected, for now and without asking anybody: %s', async (_case, path, location) => {
    const { get, a } = await merged({ a: 404 })
    const response = await get(path)
    expect([response.status, header(response, 'location'), a.requests]).toEqual([307, location, []])
  })

  it.each(['-foo', 'foo-', 'f%C3%B6%C3%B6', 'foo%0a', '..%2fx', 'x'.repeat(300)])(
    '25: %s is no name: 404 without asking anybody',
    async (name) => {
      const { get, a, b } = await merged({ a: 404 })
      expect((await get(`/simple/${name}/`)).status).toBe(404)
      expect([...a.requests, ...b.requests]).toEqual([])
    },
  )

  it('26: A spells the name of its page as Foo: ours is normalized', async () => {
    const { page } = await merged({ a: detail([entry(SDIST)], { name: 'Foo' }) })
    expect((await page()).name).toBe('foo')
  })
})

/** Unidex over both as one index. */
async function listOf(a: readonly string[], b: readonly string[]) {
  const listing = (names: readonly string[]) => simpleUpstream(Object.fromEntries(names.map((name) => [name, []])))
  const upstreams = { a: await listing(a), b: await listing(b) }
  const unidex = await startUnidex({
    upstreams: { a: { url: upstreams.a.url }, b: { url: upstreams.b.url } },
    indexes: { default: { upstreams: ['a', 'b'] } },
  })
  return { ...unidex, ...upstreams }
}

describe('the list of projects', () => {
  // Names in lists are normalized ones (design 9).
  it('27: Foo.Bar of A and foo-bar of B are one entry, foo-bar, whose link is foo-bar/', async () => {
    const { get, json } = await listOf(['Foo.Bar'], ['foo-bar', 'other'])
    expect((await json('/simple/'))['projects']).toEqual([{ name: 'foo-bar' }, { name: 'other' }])
    const html = await (await get('/simple/', { accept: HTML_TYPE })).text()
    expect(html.match(/<a .*?<\/a>/g)).toEqual(['<a href="foo-bar/">foo-bar</a>', '<a href="other/">other</a>'])
  })

  it('28: B fails: an error, and not half a list', async () => {
    const { get, b } = await listOf(['foo'], [])
    b.instead = (_request, response) => (response.writeHead(500).end(), true)
    expect((await get('/simple/')).status).toBe(503)
  })

  it('29: B lists 800,000 names: each is there once, and others have their turn meanwhile', async () => {
    const { get, b } = await listOf(['project-7', 'only-a'], [])
    const names = Array.from({ length: 800_000 }, (_, i) => `{"name":"project-${i}"}`)
    const list = Buffer.from(`{"meta":{"api-version":"1.0"},"projects":[${names.join(',')}]}`)
    b.instead = (_request, response) => (response.writeHead(200, { 'Content-Type': JSON_TYPE }).end(list), true)
    let turns = 0
    const taken = setInterval(() => (turns += 1))
    const answer = await get('/simple/', { accept: JSON_TYPE, 'accept-encoding': 'zstd' })
    clearInterval(taken)
    expect(turns).toBeGreaterThan(20)
    const text = zstdDecompressSync(Buffer.from(await answer.arrayBuffer())).toString()
    const found = (JSON.parse(text) as { projects: { name: string }[] }).projects.map(({ name }) => name)
    expect([found.length, new Set(found).size, found.includes('only-a')]).toEqual([800_001, 800_001, true])
    const streamed = await get('/simple/', { accept: JSON_TYPE })
    expect(await streamed.text()).toBe(text)
  }, 60_000)

  it('30: what is no name is left out of it', async () => {
    const { get, json } = await listOf(['foo bar', '<script>alert(1)</script>', 'fine'], [])
    expect((await json('/simple/'))['projects']).toEqual([{ name: 'fine' }])
    expect(await (await get('/simple/', { accept: HTML_TYPE })).text()).not.toContain('script')
  })
})
