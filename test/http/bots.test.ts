/**
 * What Renovate and Dependabot ask, and how they read the answer: as in lib/modules/datasource/pypi/index.ts of renovatebot/renovate
 * at 0b420ce and python/lib/dependabot/python/package/package_details_fetcher.rb of dependabot/dependabot-core at 0865f73.
 */
import { describe, expect, it } from 'vitest'
import { simpleUpstream, upstreamFile } from '../support/simple-upstream.ts'
import { startUnidex } from '../support/unidex.ts'

const FILES = [
  upstreamFile('acme_core-1.0.tar.gz', 'a', { 'upload-time': '2026-01-01T10:00:00Z' }),
  upstreamFile('acme_core-1.0-py3-none-any.whl', 'b', { 'upload-time': '2026-01-01T10:00:01Z' }),
  upstreamFile('acme_core-1.1-py3-none-any.whl', 'c', {
    'upload-time': '2026-02-01T10:00:00Z',
    'requires-python': '>=3.10,<4',
  }),
  upstreamFile('acme_core-2.0-py3-none-any.whl', 'd', { yanked: 'broken <b>wheel</b>' }),
]

async function setUp() {
  const corp = await simpleUpstream({ 'acme-core': FILES })
  const rules = {
    upstreams: { corp: { url: corp.url } },
    indexes: { default: { upstreams: ['corp'], rules: [{ projects: ['denied'], deny: 'a typosquat' }] } },
  }
  return { corp, unidex: await startUnidex(rules) }
}

interface SimplePage {
  readonly files: readonly {
    readonly filename: string
    readonly yanked?: boolean | string
    readonly 'upload-time'?: string
    readonly 'requires-python'?: string
  }[]
}

describe('Renovate', () => {
  const ACCEPT = 'application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01'

  it('finds every version with its time, its Python and whether it is yanked', async () => {
    const { unidex } = await setUp()
    const answer = await unidex.get('/simple/acme-core/', { accept: ACCEPT })
    // It reads what says so as JSON, and everything else as HTML.
    expect(answer.headers.get('content-type')).toContain('json')
    const { files } = (await answer.json()) as SimplePage
    const read = files.map((file) => [
      /^acme_core-([^-]+?)(?:\.tar\.gz|-.*\.whl)$/.exec(file.filename)?.[1],
      file['upload-time'],
      file['requires-python'],
      Boolean(file.yanked),
    ])
    expect(read).toEqual([
      ['1.0', '2026-01-01T10:00:01Z', undefined, false],
      ['1.0', '2026-01-01T10:00:00Z', undefined, false],
      ['1.1', '2026-02-01T10:00:00Z', '>=3.10,<4', false],
      ['2.0', undefined, undefined, true],
    ])
  })

  it('is told of a name that nobody has by 404, and of one that cannot be looked up by another failure', async () => {
    const { corp, unidex } = await setUp()
    expect((await unidex.get('/simple/nobody/', { accept: ACCEPT })).status).toBe(404)
    await corp.stop()
    expect((await unidex.get('/simple/unknown/', { accept: ACCEPT })).status).toBe(503)
  })
})

describe('Dependabot', () => {
  /** Its first question; what is no 200 makes it read the page for people's browsers. */
  const asJson = (project: string) => [`/pypi/${project}/json`, { accept: 'application/json' }] as const

  it('finds every version by the text of the links, which Python it needs and what is yanked', async () => {
    const { unidex } = await setUp()
    const answer = await unidex.get('/simple/acme-core/', { accept: 'text/html' })
    expect(answer.headers.get('content-type')).toContain('text/html')
    const links = (await answer.text()).match(/<a\b.*?<\/a>/gs) ?? []
    const read = links.map((link) => [
      /acme_core-(.*)/.exec(/>([^<]*)<\/a>$/.exec(link)?.[1] ?? '')?.[1]?.split(/-|\.tar\.|\.zip|\.whl/)[0],
      /data-requires-python="([^"]*)"/.exec(link)?.[1]?.replaceAll('&gt;', '>').replaceAll('&lt;', '<'),
      link.includes('data-yanked'),
    ])
    expect(read).toEqual([
      ['1.0', undefined, false],
      ['1.0', undefined, false],
      ['1.1', '>=3.10,<4', false],
      ['2.0', undefined, true],
    ])
  })

  it.each(['acme-core', 'denied', 'nobody'])('is not told that credentials are missing: %s', async (project) => {
    const { unidex } = await setUp()
    const first = await unidex.get(...asJson(project))
    const second = await unidex.get(`/simple/${project}/`, { accept: 'text/html' })
    for (const { status } of [first, second]) expect([200, 404]).toContain(status)
  })
})
