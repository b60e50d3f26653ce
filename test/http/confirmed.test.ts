/** Pages whose upstreams say nothing new: what was finished before is given, whatever else there was to do meanwhile. */
import { describe, expect, it } from 'vitest'
import { type SimpleUpstream, simpleUpstream, upstreamFile } from '../support/simple-upstream.ts'
import { startUnidex } from '../support/unidex.ts'

async function setUp() {
  const corp = await simpleUpstream({ ours: [upstreamFile('ours-1.0.tar.gz')] })
  const pypi = await simpleUpstream({ acme: [upstreamFile('acme-1.0.tar.gz')] })
  const served = await startUnidex({
    upstreams: { corp: { url: corp.url, private: true }, pypi: { url: pypi.url } },
    indexes: { default: { upstreams: ['corp', 'pypi'] } },
  })
  await served.unidex.listsRead()
  const asked = ({ requests }: SimpleUpstream, project: string) =>
    requests.filter((each) => each === `GET /simple/${project}/`).length
  const from = async (what: string) => {
    const line = (await (await served.get('/metrics')).text()).match(
      new RegExp(`^unidex_pages_total\\{from="${what}"\\} (\\d+)$`, 'm'),
    )
    return Number(line?.[1] ?? 0)
  }
  return { ...served, corp, pypi, asked, from }
}

describe('a public page behind a private upstream', () => {
  it('is not made again as long as that does not have it', async () => {
    const { files, clock, corp, pypi, asked, from } = await setUp()
    for (let i = 0; i < 3; i += 1) {
      expect(await files('acme')).toEqual(['acme-1.0.tar.gz'])
      clock.forward(3000)
    }
    expect([asked(corp, 'acme'), asked(pypi, 'acme')]).toEqual([3, 1])
    expect([await from('merged'), await from('confirmed')]).toEqual([1, 2])
  })

  it('is gone as soon as that has it', async () => {
    const { files, clock, corp } = await setUp()
    expect(await files('acme')).toEqual(['acme-1.0.tar.gz'])
    corp.projects = { ...corp.projects, acme: [upstreamFile('acme-0.1.tar.gz')] }
    clock.forward(3000)
    expect(await files('acme')).toEqual(['acme-0.1.tar.gz'])
  })

  it('is an error while that cannot say', async () => {
    const { files, clock, corp, get } = await setUp()
    expect(await files('acme')).toEqual(['acme-1.0.tar.gz'])
    corp.instead = (_request, response) => {
      response.writeHead(500).end()
      return true
    }
    // Its list, which does not have the name, is too old by then.
    clock.forward(2 * 3_600_000)
    expect((await get('/simple/acme/')).status).toBe(503)
  })
})

it('a client that wants no old answer gets what was finished before, if nothing is new', async () => {
  const { get, clock, pypi, asked, from } = await setUp()
  await (await get('/simple/acme/')).arrayBuffer()
  clock.forward(5000)
  const again = await get('/simple/acme/', { 'cache-control': 'max-age=0' })
  expect([again.status, asked(pypi, 'acme'), await from('confirmed')]).toEqual([200, 2, 1])
  pypi.projects = { acme: [upstreamFile('acme-2.0.tar.gz')] }
  clock.forward(5000)
  expect(await (await get('/simple/acme/', { 'cache-control': 'max-age=0' })).text()).toContain('acme-2.0.tar.gz')
})

it('a file is found where it was, without its page', async () => {
  const { get, json, clock, corp, asked } = await setUp()
  const url = new URL(String((await json('/simple/acme/')).files[0]?.['url']), 'http://127.0.0.1:8642/simple/acme/')
  expect((await get(url.pathname)).status).toBe(200)
  clock.forward(3000)
  const before = asked(corp, 'acme')
  expect((await get(url.pathname)).status).toBe(200)
  expect(asked(corp, 'acme')).toBe(before + 1)
  corp.projects = { ...corp.projects, acme: [upstreamFile('acme-0.1.tar.gz')] }
  clock.forward(3000)
  expect((await get(url.pathname)).status).toBe(404)
})
