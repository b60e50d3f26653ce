import { describe, expect, test, vi } from 'vitest'
import { memoryPageStore } from '../support/memory-page-store.ts'
import { simpleUpstream, type SimpleUpstream, upstreamFile } from '../support/simple-upstream.ts'
import { startUnidex, type TestOptions } from '../support/unidex.ts'

const V1 = upstreamFile('acme-1.0.tar.gz')
const PROJECTS = { acme: [V1] }

async function world(listOf: (servers: { own: string; mirror: string }) => string, options: TestOptions = {}) {
  const [own, mirror, lister] = [
    await simpleUpstream(PROJECTS),
    await simpleUpstream(PROJECTS),
    await simpleUpstream(PROJECTS),
  ]
  const list = listOf({ own: own.url, mirror: mirror.url })
  lister.instead = ({ url }, response) => url === '/mirrors' && Boolean(response.end(list))
  const from = new URL('/mirrors', lister.url).href
  const start = async (more: TestOptions = {}) => {
    const unidex = await startUnidex(
      { upstreams: { up: { url: own.url, mirrors: { from } } }, indexes: { default: { upstreams: ['up'] } } },
      { ...options, ...more },
    )
    const labels = () => (unidex.unidex.current().upstreams[0]?.mirrors() ?? []).map((each) => each.label)
    return { ...unidex, labels }
  }
  return { own, mirror, lister, start, ...(await start()) }
}

const label = ({ url }: SimpleUpstream) => `${new URL(url).host}/simple`
const line = (url: string) => `${url.replace('/simple/', '')},simple,last-modified,local-stats,stats,mirrors\n`

describe('a list of mirrors of another server', () => {
  test('names mirrors, which answer where the own address fails', async () => {
    const { get, own, mirror, labels } = await world((servers) => `# some\n\n${line(servers.mirror)}`)
    await vi.waitFor(() => expect(labels()).toEqual([label(own), label(mirror)]))
    await own.stop()
    expect((await get('/simple/acme/')).status).toBe(200)
  })

  test('never makes a mirror the first to be asked for a page', async () => {
    const { get, own, mirror, labels, clock } = await world((servers) => line(servers.mirror))
    await vi.waitFor(() => expect(labels()).toContain(label(mirror)))
    own.instead = (request, response) => {
      setTimeout(() => {
        own.instead = undefined
        response.writeHead(404).end()
      }, 50)
      return request.url === '/simple/none/'
    }
    for (let i = 0; i < 3; i += 1) {
      await get('/simple/none/')
      clock.forward(70_000)
      expect(labels()[0]).toBe(label(own))
    }
  })

  test('may not name hosts of our own network, unless it lies there itself', async () => {
    const { isPublicAddress } = await import('../../src/upstream/public-addresses.ts')
    const bad = [
      'http://mirror.example.net/simple/',
      'https://127.0.0.1/simple/',
      'https://10.0.0.1/simple/',
      'https://[::1]/simple/',
      'https://[::ffff:10.0.0.1]/simple/',
      'https://2130706433/simple/',
      'https://localhost/simple/',
      'https://intranet/simple/',
      'https://user@mirror.example.net/simple/',
      'file:///etc/passwd',
      'no address',
    ]
    expect(bad.filter(isPublicAddress)).toEqual([])
    expect(isPublicAddress('https://mirror.example.net/simple/')).toBe(true)
  })

  test('names mirrors of its own upstream alone where it has sections', async () => {
    const { own, mirror, labels } = await world(
      ({ own, mirror }) =>
        `${line('http://127.0.0.1:1/simple/')}# mirrors of http://127.0.0.1:2/simple/\n${line('http://127.0.0.1:3/simple/')}# mirrors of ${own}\n${line(mirror)}`,
    )
    await vi.waitFor(() => expect(labels()).toEqual([label(own), label(mirror)]))
  })

  test('is kept for the time in which it cannot be read', async () => {
    const pages = memoryPageStore()
    const { own, mirror, lister, labels, start } = await world(({ mirror }) => line(mirror), { pages })
    await vi.waitFor(() => expect(labels()).toContain(label(mirror)))
    await lister.stop()
    const later = await start()
    await vi.waitFor(() => expect(later.labels()).toEqual([label(own), label(mirror)]))
    await vi.waitFor(() => expect(later.events.map(({ event }) => event)).toContain('mirror_list_failed'))
  })

  test('that is no list changes nothing', async () => {
    const { get, own, labels, events } = await world(() => '<html>404</html>')
    await vi.waitFor(() => expect(events.map(({ event }) => event)).toContain('mirror_list_failed'))
    expect(labels()).toEqual([label(own)])
    expect((await get('/simple/acme/')).status).toBe(200)
  })

  test('of any length names no more mirrors than anybody needs', async () => {
    const { labels } = await world(() =>
      Array.from({ length: 500 }, (_, i) => line(`http://127.0.0.1:${i + 1}/simple/`)).join(''),
    )
    await vi.waitFor(() => expect(labels().length).toBe(17))
  })
})
