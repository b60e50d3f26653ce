/** A private upstream with a mirror, before a public one that has the same names. */
import { describe, expect, test } from 'vitest'
import { simpleUpstream, upstreamFile } from '../support/simple-upstream.ts'
import { startUnidex } from '../support/unidex.ts'

const OURS = upstreamFile('acme-1.0.tar.gz', 'ours')
const NEWER = upstreamFile('acme-1.1.tar.gz', 'ours, newer')
const THEIRS = upstreamFile('acme-99.0.tar.gz', 'theirs')

async function company({ listed = ['acme'] }: { listed?: readonly string[] } = {}) {
  const ours = Object.fromEntries(listed.map((name) => [name, [OURS]]))
  const [own, mirror] = [await simpleUpstream({ ...ours }), await simpleUpstream({ ...ours })]
  const pypi = await simpleUpstream({ acme: [THEIRS], other: [upstreamFile('other-1.0.tar.gz')] })
  const unidex = await startUnidex({
    upstreams: {
      corp: { url: own.url, mirrors: [mirror.url], private: true },
      pypi: { url: pypi.url },
    },
    indexes: { default: { upstreams: ['corp', 'pypi'] } },
  })
  return { own, mirror, pypi, ...unidex }
}

const aboutAcme = ({ requests }: { requests: readonly string[] }) => requests.filter((each) => each.includes('acme'))

describe('a private upstream with a mirror', () => {
  test('keeps its names while its own address is down', async () => {
    const { own, pypi, files } = await company()
    await own.stop()
    expect(await files('acme')).toEqual(['acme-1.0.tar.gz'])
    expect(aboutAcme(pypi)).toEqual([])
  })

  test('keeps a name that its mirror does not have yet while its own address is down', async () => {
    const { own, mirror, pypi, get } = await company()
    mirror.projects = {}
    await own.stop()
    expect((await get('/simple/acme/')).status).toBe(503)
    expect(aboutAcme(pypi)).toEqual([])
  })

  test('gives what was published a moment ago, although a mirror does not have it', async () => {
    const { own, files, clock } = await company()
    await files('acme')
    own.projects = { acme: [OURS, NEWER] }
    clock.forward(2001)
    expect(await files('acme')).toEqual(['acme-1.0.tar.gz', 'acme-1.1.tar.gz'])
  })

  test('does not have what only a mirror still has, and keeps its name', async () => {
    const { own, files, get, clock } = await company()
    await files('acme')
    own.projects = {}
    clock.forward(2001)
    expect((await get('/simple/acme/')).status).toBe(404)
  })

  test('does not own a name because an old list of a mirror has it', async () => {
    const { own, mirror, unidex } = await company({ listed: [] })
    mirror.projects = { other: [OURS] }
    await own.stop()
    await unidex.listsRead()
    expect(mirror.requests).not.toContain('GET /simple/')
  })
})
