/** Each address of the JSON API has one meaning, whatever projects, indexes and upstreams are called. */
import { describe, expect, it } from 'vitest'
import { readProjectJson } from '../support/json-api.ts'
import { simpleUpstream, upstreamFile } from '../support/simple-upstream.ts'
import { startUnidex } from '../support/unidex.ts'

const RESERVED = ['simple', 'files', 'projects', 'pypi', 'mirrors', 'last-modified', 'stats', 'healthz', 'metrics']
const NAMES = [...RESERVED, 'json', 'team', 'default', 'acme']

/** Projects with all names that could be taken for something else, of which `team` has version 2.0 only. */
async function setUp() {
  const filename = (name: string, version: string) => `${name.replace('-', '_')}-${version}.tar.gz`
  const projects = (version: string) =>
    Object.fromEntries(NAMES.map((name) => [name, [upstreamFile(filename(name, version))]]))
  const [pypi, other] = [await simpleUpstream(projects('1.0')), await simpleUpstream(projects('2.0'))]
  const { get } = await startUnidex({
    // An upstream may be called as it likes.
    upstreams: { pypi: { url: pypi.url }, simple: { url: other.url } },
    indexes: { default: { upstreams: ['pypi'] }, team: { upstreams: ['simple'] } },
  })
  /** Project and version that the answer is about, or its status. */
  const meaning = async (path: string, headers?: Record<string, string>) => {
    const response = await get(path, headers)
    if (response.headers.get('content-type') !== 'application/json') return response.status
    const { info, urls } = await readProjectJson(response)
    return `${String(info['name'])} ${String(info['version'])} of ${urls[0]?.url.split('/files/')[0]}`
  }
  return { get, meaning }
}

const HERE = 'http://127.0.0.1:8642'

describe('an address of the JSON API', () => {
  it('below /pypi/ has every project, whatever it is called', async () => {
    const { meaning } = await setUp()
    for (const name of NAMES) {
      expect(await meaning(`/pypi/${name}/json`)).toBe(`${name} 1.0 of ${HERE}`)
      expect(await meaning(`/pypi/${name}/1.0/json`)).toBe(`${name} 1.0 of ${HERE}`)
      expect(await meaning(`/team/pypi/${name}/json`)).toBe(`${name} 2.0 of ${HERE}/team`)
      expect(await meaning(`/team/pypi/${name}/2.0/json`)).toBe(`${name} 2.0 of ${HERE}/team`)
    }
  })

  it('below /simple/ has every project, where Dependabot and pip-tools before 7.6.1 look', async () => {
    const { meaning } = await setUp()
    for (const name of NAMES) {
      expect(await meaning(`/simple/${name}/json`)).toBe(`${name} 1.0 of ${HERE}`)
      expect(await meaning(`/simple/pypi/${name}/json`)).toBe(`${name} 1.0 of ${HERE}`)
      expect(await meaning(`/team/simple/${name}/json`)).toBe(`${name} 2.0 of ${HERE}/team`)
      expect(await meaning(`/team/simple/pypi/${name}/json`)).toBe(`${name} 2.0 of ${HERE}/team`)
    }
  })

  it('beside /simple/ has every project but those whose names are reserved', async () => {
    const { meaning } = await setUp()
    for (const name of ['json', 'team', 'default', 'acme']) {
      expect(await meaning(`/${name}/json`)).toBe(`${name} 1.0 of ${HERE}`)
      expect(await meaning(`/team/${name}/json`)).toBe(`${name} 2.0 of ${HERE}/team`)
      expect(await meaning(`/default/${name}/json`)).toBe(`${name} 1.0 of ${HERE}/default`)
    }
    for (const name of RESERVED) {
      const spelled = name.replace('-', '_').toUpperCase()
      for (const path of [`/${name}/json`, `/${spelled}/json`, `/team/${name}/json`])
        expect([path, await meaning(path)]).toEqual([path, expect.any(Number)])
    }
  })

  it('leaves to other addresses what is theirs', async () => {
    const { get } = await setUp()
    const location = async (path: string) => (await get(path)).headers.get('location')
    expect([await location('/simple/json'), await location('/team/simple/json')]).toEqual(['json/', 'json/'])
    for (const path of ['/projects/json', '/team/projects/json']) {
      const explained = await get(path, { accept: 'application/json' })
      expect([path, await explained.json()]).toEqual([path, expect.objectContaining({ outcome: 'served' })])
    }
    const page = await get('/simple/json/', { accept: 'application/vnd.pypi.simple.v1+json' })
    expect(page.headers.get('content-type')).toBe('application/vnd.pypi.simple.v1+json')
  })

  it.each([
    '/json',
    '/pypi/json',
    '/pypi/acme/1.0/json/more',
    '/acme/1.0/json',
    '/nowhere/acme/json',
    '/nowhere/pypi/acme/json',
    '/team@yesterday/acme/json',
    '/files/acme/json',
    '/projects/pypi/acme/json',
    '/simple/pypi/acme/1.0/json',
    '/pypi/-acme/json',
    '/-/json',
    '/pypi/acme/3.0/json',
    '/pypi/acme/%2e%2e%2f1.0/json',
  ])('%s is nothing', async (path) => {
    const { meaning } = await setUp()
    expect(await meaning(path)).toBe(404)
  })
})
