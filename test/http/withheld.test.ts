/** Files that changed, were taken over or are withheld: what the file route says when the page of this moment cannot know it yet. */
import { describe, expect, it } from 'vitest'
import { memoryState } from '../../src/store/memory-state.ts'
import { name, sha } from '../support/build.ts'
import { pageOf, sendJson, simpleUpstream, upstreamFile } from '../support/simple-upstream.ts'
import { startUnidex } from '../support/unidex.ts'

async function setUp(rules: object = {}) {
  const state = memoryState()
  const corp = await simpleUpstream({
    acme: [upstreamFile('acme-1.0.tar.gz')],
    'foo-2': [upstreamFile('foo-2-3.tar.gz')],
  })
  const unidex = await startUnidex(
    { upstreams: { corp: { url: corp.url } }, indexes: { default: { upstreams: ['corp'], ...rules } } },
    { state },
  )
  return { state, corp, at: (filename: string) => `/files/corp/${new URL(corp.url).host}/files/${filename}`, ...unidex }
}

describe('a file that another process delivered under another hash', () => {
  it('is withheld at once, although the page was merged before', async () => {
    const { state, files, get, at } = await setUp()
    expect(await files('acme')).toEqual(['acme-1.0.tar.gz'])
    state.served('corp', name('acme'), 'acme-1.0.tar.gz', sha('other'))
    const response = await get(at('acme-1.0.tar.gz'))
    expect([response.status, await response.text()]).toEqual([
      403,
      expect.stringContaining('"unidex accept acme-1.0.tar.gz"'),
    ])
  })
  it('is not taken for accepted because it was delivered', async () => {
    const { state, get, at } = await setUp()
    state.served('corp', name('acme'), 'acme-1.0.tar.gz', sha('other'))
    await get(at('acme-1.0.tar.gz'))
    expect(state.servedHashes('corp', name('acme')).get('acme-1.0.tar.gz')).toEqual([sha('other')])
  })
})

it('a file of a project in quarantine is withheld with the reason, and its page is empty', async () => {
  const { corp, files, get, at } = await setUp()
  corp.instead = (request, response) => {
    if (request.url !== '/simple/acme/') return false
    const page = pageOf('acme', [upstreamFile('acme-1.0.tar.gz')]) as object
    sendJson(response, { ...page, 'project-status': { status: 'quarantined', reason: 'malware' } })
    return true
  }
  expect(await files('acme')).toEqual([])
  const response = await get(at('acme-1.0.tar.gz'))
  expect([response.status, await response.text()]).toEqual([403, expect.stringContaining('quarantined the project')])
})

it('what cannot be looked up is no refusal, although another project that the name could mean is denied', async () => {
  const { corp, get, at } = await setUp({ rules: [{ projects: ['foo'], deny: 'a typo' }] })
  corp.instead = (_request, response) => {
    response.writeHead(500).end()
    return true
  }
  expect((await get(at('foo-2-3.tar.gz'))).status).toBe(503)
})

it('the metadata of a file is not that of another one which claims its content', async () => {
  const claimed = upstreamFile('good-1-py3-none-any.whl', 'the wheel')
  const evil = { ...claimed, filename: 'evil-1-py3-none-any.whl', listed: { 'core-metadata': true } }
  const corp = await simpleUpstream({ good: [{ ...claimed, listed: { 'core-metadata': true } }], evil: [evil] })
  corp.instead = (request, response) => {
    if (!request.url?.endsWith('.metadata')) return false
    response.writeHead(200).end(`Name: ${request.url.includes('evil') ? 'evil' : 'good'}`)
    return true
  }
  const { get } = await startUnidex({
    upstreams: { corp: { url: corp.url } },
    indexes: { default: { upstreams: ['corp'] } },
  })
  const read = async (filename: string) =>
    (await get(`/files/corp/${new URL(corp.url).host}/files/${filename}.metadata`)).text()
  expect([await read(evil.filename), await read(claimed.filename)]).toEqual(['Name: evil', 'Name: good'])
})

it('offline, no upstream is asked for anything', async () => {
  const corp = await simpleUpstream({ acme: [upstreamFile('acme-1-py3-none-any.whl')] })
  const pages = (await import('../support/memory-page-store.ts')).memoryPageStore()
  const rules = { upstreams: { corp: { url: corp.url } }, indexes: { default: { upstreams: ['corp'] } } }
  await (await startUnidex(rules, { pages })).files('acme')
  const before = corp.requests.length
  const offline = await startUnidex(rules, { pages, offline: true })
  expect(await offline.files('acme')).toEqual(['acme-1-py3-none-any.whl'])
  const path = `/files/corp/${new URL(corp.url).host}/files/acme-1-py3-none-any.whl`
  expect([(await offline.get(path)).status, (await offline.get(`${path}.metadata`)).status]).toEqual([424, 424])
  expect(corp.requests).toHaveLength(before)
})
