/** Upstreams that are declared private and have PyPI in them: virtual, group and proxy repositories. Nothing of PyPI becomes their own. */
import { expect, it } from 'vitest'
import { memoryState } from '../../src/store/memory-state.ts'
import { name } from '../support/build.ts'
import { simpleUpstream, upstreamFile } from '../support/simple-upstream.ts'
import { type TestUnidex, startUnidex } from '../support/unidex.ts'
import type { KeptServer } from './kept-servers.ts'
import { serveKept } from './serve-kept.ts'

const NOT_FOUND = () => ({ status: 404 })

const WITH_PYPI: Record<string, KeptServer> = {
  'a group of Nexus, which lists all that it has': {
    pages: 'nexus-group',
    index: '/repository/pypi-all/simple/',
    lacks: NOT_FOUND,
    private: true,
  },
  'a virtual repository of Artifactory, which lists what was asked for before': {
    pages: 'artifactory-virtual',
    index: '/artifactory/api/pypi/pypi-virtual/simple/',
    lacks: NOT_FOUND,
    private: true,
  },
  'a project of GitLab that fetches from PyPI, and has no list': {
    pages: 'gitlab-proxying',
    index: '/api/v4/projects/1/packages/pypi/simple/',
    lacks: NOT_FOUND,
    private: true,
  },
}

async function inFrontOf(url: string, more: object = {}) {
  const state = memoryState()
  const rules = {
    upstreams: { corp: { url, private: true, ...more } },
    indexes: { default: { upstreams: ['corp'] } },
  }
  const unidex = await startUnidex(rules, { state })
  await unidex.unidex.listsRead()
  return { ...unidex, state }
}

const eventOf = ({ events }: TestUnidex, wanted: string) => events.find(({ event }) => event === wanted)

it.each(Object.entries(WITH_PYPI))(
  '%s: a public name is given, is not its own, and the log says what it is',
  async (_, kept) => {
    const { url } = await serveKept(kept)
    const unidex = await inFrontOf(url)
    expect(await unidex.files('requests')).toEqual(['requests-2.34.0-py3-none-any.whl'])
    expect(unidex.state.ownersOf(name('requests'))).toEqual([])
    const explained = await (await unidex.get('/projects/requests', { accept: 'application/json' })).json()
    expect(explained).not.toHaveProperty('owner')
    expect(eventOf(unidex, 'private_is_public_copy')).toMatchObject({ level: 'error', fields: { upstream: 'corp' } })
  },
)

it('what "owns" says holds there as well', async () => {
  const kept = WITH_PYPI['a virtual repository of Artifactory, which lists what was asked for before'] as KeptServer
  const { url } = await serveKept(kept)
  const { get } = await inFrontOf(url, { owns: ['acme-*'] })
  const explained = await (await get('/projects/acme-core', { accept: 'application/json' })).json()
  expect(explained).toMatchObject({ outcome: 'served', owner: { upstream: 'corp', by: 'pattern' } })
})

it('what its list lacks may be there all the same, so that it comes from nowhere else while it is down', async () => {
  const kept = WITH_PYPI['a virtual repository of Artifactory, which lists what was asked for before'] as KeptServer
  const { url, stop } = await serveKept(kept)
  const pypi = await simpleUpstream({ 'acme-new': [upstreamFile('acme_new-99.0.tar.gz')] })
  const { get, unidex } = await startUnidex({
    upstreams: { corp: { url, private: true }, pypi: { url: pypi.url } },
    indexes: { default: { upstreams: ['corp', 'pypi'] } },
  })
  await unidex.listsRead()
  await stop()
  expect((await get('/simple/acme-new/')).status).toBe(503)
  expect(pypi.requests.filter((each) => each.includes('acme'))).toEqual([])
})

it('a list of its own names is believed without a question about others', async () => {
  const corp = await simpleUpstream({ acme: [upstreamFile('acme-1.0.tar.gz')] })
  const { files, state } = await inFrontOf(corp.url)
  await files('acme')
  expect(state.ownersOf(name('acme'))).toEqual(['corp'])
  expect(corp.requests.filter((each) => /pip|setuptools/.test(each))).toEqual([])
})

it('a company that has its own build of a well-known project owns it, and is told so once', async () => {
  const corp = await simpleUpstream({ numpy: [upstreamFile('numpy-2.0+acme.tar.gz')] })
  const unidex = await inFrontOf(corp.url)
  await unidex.files('numpy')
  await unidex.unidex.listsRead()
  expect(unidex.state.ownersOf(name('numpy'))).toEqual(['corp'])
  const said = unidex.events.filter(({ event }) => event === 'private_has_public_names')
  expect(said).toMatchObject([{ level: 'warn', fields: { upstream: 'corp', names: 'numpy' } }])
})

it('one that cannot say whether it has PyPI in it owns what it gives', async () => {
  const corp = await simpleUpstream({ acme: [upstreamFile('acme-1.0.tar.gz')] })
  corp.instead = ({ url = '' }, response) => {
    if (url === '/simple/') return Boolean(response.writeHead(404).end())
    return /pip|setuptools/.test(url) && Boolean(response.writeHead(500).end())
  }
  const { files, state } = await inFrontOf(corp.url)
  await files('acme')
  expect(state.ownersOf(name('acme'))).toEqual(['corp'])
})
