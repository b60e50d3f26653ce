/** Errors that teach: each says what happened and where to read more, in all that a client may show of it. */
import { describe, expect, it } from 'vitest'
import { serveUnidex } from '../support/serving.ts'
import { simpleUpstream, upstreamFile } from '../support/simple-upstream.ts'

const NEW_ID = /^[a-z0-9]+-[a-z0-9]+$/

async function setUp() {
  const pypi = await simpleUpstream({ acme: [upstreamFile('acme-1.0.tar.gz'), upstreamFile('acme-1.1.tar.gz')] })
  const gone = await simpleUpstream({})
  await gone.stop()
  const served = await serveUnidex({
    upstreams: { pypi: { url: pypi.url }, gone: { url: gone.url } },
    indexes: {
      default: {
        upstreams: ['pypi'],
        rules: [
          { projects: ['acme'], versions: '<1.1' },
          { projects: ['lost'], upstreams: ['gone'] },
          { projects: ['bad'], deny: 'a typosquat: “é\u202e”' },
          { projects: ['worse'], deny: 'far worse '.repeat(45) },
        ],
      },
      team: { upstreams: ['pypi'] },
    },
  })
  const ask = async (path: string, headers: Record<string, string> = {}) => {
    const response = await fetch(served.origin + path, { headers })
    return { response, text: await response.text(), id: response.headers.get('x-request-id') }
  }
  const idsOf = (event: string) =>
    served.events.filter((each) => each.event === event).map(({ fields }) => fields['id'])
  const address = (filename: string) => `/files/pypi/${new URL(pypi.url).host}/files/${filename}`
  return { ...served, ask, address, idsOf }
}

describe('an error', () => {
  it('of a hidden file says which rule, where to read more, and its id, also as the words behind the status', async () => {
    const { ask, address, idsOf, origin } = await setUp()
    const { response, text, id } = await ask(address('acme-1.1.tar.gz'))
    const said = `acme-1.1.tar.gz of upstream pypi is hidden by the rule versions: <1.1 (merge-rules.json:1); more at ${origin}/projects/acme`
    expect(id).toMatch(NEW_ID)
    expect(text).toBe(`${said} (request ${id})\n`)
    expect(response.statusText).toBe(said)
    expect(idsOf('request')).toEqual([id])
  })

  it('of a failing upstream has the same id in its text, its head and the log', async () => {
    const { ask, idsOf, origin } = await setUp()
    const { response, text, id } = await ask('/simple/lost/')
    expect(response.status).toBe(503)
    expect(text).toContain(`; more at ${origin}/projects/lost (request ${id})\n`)
    expect(response.statusText).toMatch(/^Upstream "gone" cannot say/)
    expect([...idsOf('request_failed'), ...idsOf('request')]).toEqual([id, id])
  })

  it('of a name that nobody has says where to read more, in its index', async () => {
    const { ask, origin } = await setUp()
    expect((await ask('/simple/nobody/')).text).toBe(
      `No upstream of this index has nobody (asked: pypi); more at ${origin}/projects/nobody\n`,
    )
    expect((await ask('/team/simple/nobody/')).text).toContain(`; more at ${origin}/team/projects/nobody\n`)
  })

  it('that a cache may keep has no id, since a client may have chosen it', async () => {
    const { ask } = await setUp()
    const { response, id } = await ask('/simple/nobody/', { 'X-Request-Id': 'mine' })
    expect(response.headers.get('cache-control')).toMatch(/max-age=\d+/)
    expect(id).toBeNull()
  })

  it('has words of plain ASCII behind its status, and no longer than a line', async () => {
    const { ask, origin, address } = await setUp()
    const { response } = await ask(address('bad-1.0%0D%0AX-Forged:%C3%A9.tar.gz'))
    expect(response.status).toBe(403)
    expect(response.headers.get('x-forged')).toBeNull()
    expect(response.statusText).toBe(
      `bad-1.0?X-Forged:?.tar.gz is withheld: a typosquat: ?; more at ${origin}/projects/bad`,
    )
    const long = await ask(address('worse-1.0.tar.gz'))
    expect(long.response.status).toBe(403)
    expect(long.response.statusText).toMatch(/^[ -~]{397}\.\.\.$/)
  })
})

describe('the id of a request', () => {
  it.each(['mine', 'b3c0a9d2-1f6e-4a0e-9b59-2f4f6f1f0f0d', 'Root:1-67891233-abcdef.x_y'])(
    'is the one that the client gives, where it is plain: %s',
    async (given) => {
      const { ask, idsOf } = await setUp()
      const { id, text } = await ask('/simple/lost/', { 'X-Request-Id': given })
      expect(id).toBe(given)
      expect(text).toContain(`(request ${given})`)
      expect(idsOf('request')).toEqual([given])
    },
  )

  it.each(['', 'a b', 'x'.repeat(65), '"><script>', '-rf', 'a,b'])('is ours where it is not: %j', async (given) => {
    const { ask } = await setUp()
    expect((await ask('/simple/lost/', { 'X-Request-Id': given })).id).toMatch(NEW_ID)
  })

  it('is in the line of a page that was at hand where the client gave one', async () => {
    const { ask, idsOf } = await setUp()
    for (const given of ['first', 'second']) await ask('/simple/acme/', { 'X-Request-Id': given })
    await ask('/simple/acme/')
    expect(idsOf('request')).toEqual(['first', 'second', undefined])
  })

  it('is another one for each request', async () => {
    const { ask } = await setUp()
    const ids = await Promise.all(Array.from({ length: 20 }, async () => (await ask('/no/such/address')).id))
    expect(new Set(ids).size).toBe(20)
  })
})
