/** Servers that send whoever asks for what they lack to PyPI, as GitLab and pypiserver do: an absence only where their list shows it. */
import { describe, expect, it } from 'vitest'
import { findIn } from '../../src/resolve/missing.ts'
import { memoryState } from '../../src/store/memory-state.ts'
import { name } from '../support/build.ts'
import { type SimpleUpstream, simpleUpstream, upstreamFile } from '../support/simple-upstream.ts'
import { startUnidex } from '../support/unidex.ts'

const HOUR = 60 * 60_000

/** As PyPI is: it has the name as well. */
async function inFrontOf(corp: SimpleUpstream, more: object = { private: true }) {
  const pypi = await simpleUpstream({
    requests: [upstreamFile('requests-2.0.tar.gz')],
    acme: [upstreamFile('acme-99.0.tar.gz')],
  })
  const state = memoryState()
  const rules = {
    upstreams: { corp: { url: corp.url, ...more }, pypi: { url: pypi.url } },
    indexes: { default: { upstreams: ['corp', 'pypi'] } },
  }
  const unidex = await startUnidex(rules, { state })
  const askedOfPypi = (project: string) => pypi.requests.filter((each) => each.endsWith(`/${project}/`))
  return { ...unidex, state, askedOfPypi }
}

/** What it lacks is at PyPI, it says. */
async function forwarding(projects: SimpleUpstream['projects'], { hasList = true } = {}): Promise<SimpleUpstream> {
  const corp = await simpleUpstream(projects)
  corp.instead = ({ url = '' }, response) => {
    const [, project] = /^\/simple\/([^/]+)\/$/.exec(url) ?? []
    if (project !== undefined && corp.projects[project] === undefined)
      response.writeHead(302, { location: `https://pypi.org/simple/${project}/` }).end()
    else if (url === '/simple/' && !hasList) response.writeHead(404).end()
    else return false
    return true
  }
  return corp
}

describe('a private upstream that forwards to PyPI', () => {
  it('lacks what its list lacks, also before that was read for the first time', async () => {
    const corp = await forwarding({ acme: [upstreamFile('acme-1.0.tar.gz')] })
    const { files, state } = await inFrontOf(corp)
    expect(await files('requests')).toEqual(['requests-2.0.tar.gz'])
    expect(await files('acme')).toEqual(['acme-1.0.tar.gz'])
    expect(state.ownersOf(name('requests'))).toEqual([])
  })

  it('is said to forward, in the log and in an explanation, and not to fail', async () => {
    const { get, events } = await inFrontOf(await forwarding({ acme: [upstreamFile('acme-1.0.tar.gz')] }))
    await get('/simple/requests/')
    expect(events.find(({ event }) => event === 'upstream_forwards')).toMatchObject({
      level: 'info',
      fields: { upstream: 'corp', what: 'requests', code: 'forwarded' },
    })
    expect(events.filter(({ level }) => level === 'error' || level === 'warn')).toEqual([])
    const explained = await (await get('/projects/requests', { accept: 'application/json' })).json()
    expect((explained as { upstreams: unknown[] }).upstreams[0]).toMatchObject({
      said: 'listed-absent',
      forwards: true,
      why: 'sends whoever asks for it to PyPI, and its list, at most an hour old, does not have it',
    })
  })

  it('answers: it is not left alone, and no failure of it is counted or shown', async () => {
    const { get, files, events } = await inFrontOf(await forwarding({ acme: [upstreamFile('acme-1.0.tar.gz')] }))
    for (const name of ['requests', 'six', 'idna', 'attrs']) await get(`/simple/${name}/`)
    expect(await files('acme')).toEqual(['acme-1.0.tar.gz'])
    expect(events.map(({ event }) => event)).not.toContain('upstream_left_alone')
    expect(await (await get('/metrics')).text()).toContain(
      'unidex_upstream_outcomes_total{upstream="corp",kind="page",outcome="forwarded"} 4',
    )
    expect(await (await get('/')).text()).not.toContain('redirects to another origin')
  })

  it('and has no list may have the name: that is an error, with what to change', async () => {
    const { get, askedOfPypi, clock, unidex } = await inFrontOf(await forwarding({}, { hasList: false }))
    const response = await get('/simple/requests/')
    expect([response.status, await response.text()]).toEqual([502, expect.stringContaining('sends whoever asks')])
    expect(askedOfPypi('requests')).toEqual([])
    const explanation = await unidex.current().explain('default', name('requests'))
    expect(findIn(explanation, {}, clock.now()).reasons[0]?.change).toMatch(
      /^Have corp say 404 for what it lacks \(GitLab: .*--disable-fallback\)/,
    )
  })

  it('may have the name when its list is empty: so it is for whoever GitLab does not know', async () => {
    const { get, askedOfPypi } = await inFrontOf(await forwarding({}))
    expect((await get('/simple/requests/')).status).toBe(502)
    expect(askedOfPypi('requests')).toEqual([])
  })

  it('may have the name when its list is more than an hour old', async () => {
    const corp = await forwarding({ acme: [upstreamFile('acme-1.0.tar.gz')] })
    const { get, clock, askedOfPypi, unidex } = await inFrontOf(corp)
    await unidex.listsRead()
    clock.forward(HOUR + 1)
    expect((await get('/simple/requests/')).status).toBe(502)
    expect(askedOfPypi('requests')).toEqual([])
  })

  it('keeps a name that it gave before, when it sends others to PyPI for it', async () => {
    const corp = await forwarding({
      acme: [upstreamFile('acme-1.0.tar.gz')],
      other: [upstreamFile('other-1.0.tar.gz')],
    })
    const { files, get, clock, unidex, askedOfPypi } = await inFrontOf(corp)
    await unidex.listsRead()
    await files('acme')
    delete corp.projects['acme']
    clock.forward(HOUR + 1)
    await unidex.listsRead()
    expect((await get('/simple/acme/')).status).toBe(404)
    expect(askedOfPypi('acme')).toEqual([])
  })
})

it('a public upstream that forwards to PyPI cannot say: nothing shows what it has', async () => {
  const { get, askedOfPypi } = await inFrontOf(await forwarding({}), {})
  expect((await get('/simple/requests/')).status).toBe(502)
  // Both are asked at once; what comes back from the lower one is not served.
  expect(askedOfPypi('requests').length).toBeLessThanOrEqual(1)
})

it('a redirect to a page of another host is no forwarding: a page to sign in has no list behind it', async () => {
  const corp = await simpleUpstream()
  corp.instead = ({ url = '' }, response) => {
    if (!url.endsWith('/requests/')) return false
    return Boolean(response.writeHead(302, { location: 'https://login.example.com/simple/requests/' }).end())
  }
  const { get, events } = await inFrontOf(corp)
  await get('/simple/requests/')
  expect(events.map(({ event }) => event)).not.toContain('upstream_forwards')
  expect(events).toContainEqual(
    expect.objectContaining({
      level: 'error',
      event: 'upstream_failed',
      fields: expect.objectContaining({ code: 'redirect-refused' }),
    }),
  )
})
