import { describe, expect, it } from 'vitest'
import { memoryState } from '../../src/store/memory-state.ts'
import { memoryPageStore } from '../support/memory-page-store.ts'
import { simpleUpstream, upstreamFile } from '../support/simple-upstream.ts'
import { startUnidex } from '../support/unidex.ts'

/** Two upstreams that are gone for whoever is started after `warm`, and what is kept of them. */
async function setUp({ isPrivate = false } = {}) {
  const corp = await simpleUpstream({ acme: [upstreamFile('acme-1.0.tar.gz')] })
  const pypi = await simpleUpstream({ six: [upstreamFile('six-1.0.tar.gz')], idna: [upstreamFile('idna-1.0.tar.gz')] })
  const rules = {
    upstreams: { corp: { url: corp.url, private: isPrivate }, pypi: { url: pypi.url } },
    indexes: { default: { upstreams: ['corp', 'pypi'] } },
  }
  const kept = { pages: memoryPageStore(), state: memoryState() }
  const start = (offline: boolean) => startUnidex(rules, { ...kept, offline })
  const warm = async (...projects: string[]) => {
    const online = await start(false)
    await Promise.all(projects.map((project) => online.files(project)))
    await Promise.all([corp.stop(), pypi.stop()])
  }
  return { corp, pypi, pages: kept.pages, start, warm }
}

describe('offline', () => {
  it.each([false, true])(
    'what a higher upstream did not have still comes from the lower one (the higher one private: %s)',
    async (isPrivate) => {
      const { start, warm } = await setUp({ isPrivate })
      await warm('acme', 'six')
      const offline = await start(true)
      offline.clock.forward(400 * 24 * 60 * 60_000)
      expect([await offline.files('acme'), await offline.files('six')]).toEqual([
        ['acme-1.0.tar.gz'],
        ['six-1.0.tar.gz'],
      ])
    },
  )

  it('a name that nobody asked for is not given up as absent, and the answer says what is not kept', async () => {
    const { start, warm } = await setUp()
    await warm('six')
    const offline = await start(true)
    const answer = await offline.get('/simple/idna/')
    expect(answer.status).not.toBe(404)
    expect(await answer.text()).toContain('the page of idna is not kept, and nobody is asked because of --offline')
  })

  it('a file that is not kept is named', async () => {
    const { pypi, start, warm } = await setUp()
    await warm('six')
    const offline = await start(true)
    const answer = await offline.get(`/files/pypi/${new URL(pypi.url).host}/files/six-1.0.tar.gz`)
    expect(answer.ok).toBe(false)
    expect(await answer.text()).toContain('six-1.0.tar.gz is not kept, and nobody is asked because of --offline')
  })

  it('what is not kept is a failure that no client asks for again, since the answer would be the same', async () => {
    const { start, warm } = await setUp()
    await warm('six')
    const answer = await (await start(true)).get('/simple/idna/')
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([424, null])
  })

  it('a warm run writes down who lacks a name only where somebody has it', async () => {
    const { start, pages } = await setUp()
    const online = await start(false)
    const nobody = await online.get('/simple/nobody/')
    await online.files('six')
    expect(nobody.status).toBe(404)
    const ofProjects = (await pages.keys()).filter(({ page }) => page !== '/')
    expect(ofProjects.map(({ upstream, page }) => `${upstream}: ${page}`).toSorted()).toEqual([
      'corp: six absent',
      'pypi: six',
    ])
  })

  it('with a network, what a higher upstream once did not have says nothing while it fails', async () => {
    const { start, warm } = await setUp()
    await warm('six')
    expect((await (await start(false)).get('/simple/six/')).status).toBe(503)
  })
})
