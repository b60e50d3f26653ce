import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import type { AtHand } from '../../src/http/at-hand.ts'
import { memoryState } from '../../src/store/memory-state.ts'
import { parseName } from '../../src/simple/name.ts'
import { memoryPageStore } from '../support/memory-page-store.ts'
import { serveUnidex } from '../support/serving.ts'
import { simpleUpstream, upstreamFile } from '../support/simple-upstream.ts'
import { startUnidex } from '../support/unidex.ts'

const JSON_TYPE = 'application/vnd.pypi.simple.v1+json'
const DUE = 'max-age=0, must-revalidate'
const HOST = '127.0.0.1:8642'

interface Said {
  readonly status: number
  readonly headers: Record<string, string>
  readonly body: string
}

type Found = ReturnType<AtHand>

function ofFound(found: NonNullable<Found>): Said {
  const headers = Object.entries(found.headers).map(([name, value]) => [name.toLowerCase(), value])
  return { status: found.status, headers: Object.fromEntries(headers), body: found.body?.toString('latin1') ?? '' }
}

async function ofResponse(response: Response): Promise<Said> {
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    body: Buffer.from(await response.arrayBuffer()).toString('latin1'),
  }
}

async function setUp() {
  const pypi = await simpleUpstream({ acme: [upstreamFile('acme-1.0.tar.gz'), upstreamFile('acme-1.1.tar.gz')] })
  return startUnidex({
    upstreams: { pypi: { url: pypi.url } },
    indexes: { default: { upstreams: ['pypi'] }, team: { upstreams: ['pypi'] } },
  })
}

describe('a page that is at hand', () => {
  const paths = ['/simple/acme/', '/team/simple/acme/']
  const accepts = [undefined, JSON_TYPE, 'text/html', '*/*', `${JSON_TYPE};q=0.1, application/vnd.pypi.simple.v1+html`]
  const codings = [undefined, 'identity', 'gzip', 'zstd, gzip', 'gzip;q=0']
  const cases = paths.flatMap((path) =>
    accepts.flatMap((accept) =>
      codings.flatMap((coding) =>
        ['GET', 'HEAD'].flatMap((method) =>
          ['not', 'held', 'other'].map((condition) => ({ path, accept, coding, method, condition })),
        ),
      ),
    ),
  )

  it('is the same answer that the routes give, however it is asked for', async () => {
    const { unidex, get } = await setUp()
    for (const { path, accept, coding, method, condition } of cases) {
      const asked = { ...(accept && { accept }), ...(coding && { 'accept-encoding': coding }) }
      const first = await get(path, asked)
      await first.arrayBuffer()
      const etag = condition === 'held' ? first.headers.get('etag') : '"another"'
      const headers = { host: HOST, ...asked, ...(condition !== 'not' && { 'if-none-match': etag ?? '' }) }
      const found = unidex.atHand({ method, url: path, headers })
      const byRoutes = await ofResponse(await get(path, headers, method))
      expect({ asked: headers, method, path, ...(found && ofFound(found)) }).toEqual({
        asked: headers,
        method,
        path,
        ...byRoutes,
      })
    }
  })

  it.each([
    ['another method', { method: 'POST' }],
    ['a query', { url: '/simple/acme/?format=application/vnd.pypi.simple.v1%2Bjson' }],
    ['a spelling that is redirected', { url: '/simple/Acme/' }],
    ['the list', { url: '/simple/' }],
    ['an index that is not there', { url: '/other/simple/acme/' }],
    ['a type that no page has', { headers: { host: HOST, accept: 'image/png' } }],
    ['a wish for a newer one', { headers: { host: HOST, 'cache-control': 'max-age=0' } }],
    ['a host that is not ours', { headers: { host: 'evil.example' } }],
  ] as const)('is left to the routes with %s', async (_what, change) => {
    const { unidex, get } = await setUp()
    await (await get('/simple/acme/', {})).arrayBuffer()
    const plain = { method: 'GET', url: '/simple/acme/', headers: { host: HOST } }
    expect(unidex.atHand(plain)?.status).toBe(200)
    expect(unidex.atHand({ ...plain, ...change })).toBeUndefined()
  })

  it('is in the log as any other request', async () => {
    const pypi = await simpleUpstream({ acme: [upstreamFile('acme-1.0.tar.gz')] })
    const { origin, events } = await serveUnidex({
      upstreams: { pypi: { url: pypi.url } },
      indexes: { default: { upstreams: ['pypi'] } },
    })
    const ask = async () => (await fetch(`${origin}/simple/acme/`)).arrayBuffer()
    expect(await ask()).toEqual(await ask())
    const requests = events.filter(({ event }) => event === 'request')
    const line = { method: 'GET', path: '/simple/acme/', status: 200, ms: expect.any(Number) as number }
    // Other lines may be about a request that the routes answered.
    expect(requests.map(({ fields }) => fields)).toEqual([{ ...line, id: expect.any(String) as string }, line])
  })

  it('is left to the routes, which say what is wrong, where the state cannot be read', async () => {
    const pypi = await simpleUpstream({ acme: [upstreamFile('acme-1.0.tar.gz')] })
    let isBroken = false
    const state = memoryState()
    const { unidex, get } = await startUnidex(
      { upstreams: { pypi: { url: pypi.url } }, indexes: { default: { upstreams: ['pypi'] } } },
      {
        state: {
          ...state,
          generation() {
            if (isBroken) throw new Error('unreadable')
            return state.generation()
          },
        },
      },
    )
    await (await get('/simple/acme/')).arrayBuffer()
    isBroken = true
    expect(unidex.atHand({ method: 'GET', url: '/simple/acme/', headers: { host: HOST } })).toBeUndefined()
  })
})

/** What may happen between two requests. */
const HAPPENINGS = ['publish', 'yank', 'rules', 'seconds', 'minutes', 'forget', 'accept'] as const

describe('what is served from what was made before', () => {
  it('is what a fresh merge would give', async () => {
    const happening = fc.record({
      what: fc.constantFrom(...HAPPENINGS),
      where: fc.constantFrom('one', 'two'),
      which: fc.nat(3),
    })
    let compared = 0
    await fc.assert(
      fc.asyncProperty(fc.array(happening, { minLength: 4, maxLength: 14 }), async (happenings) => {
        compared += await replay(happenings)
      }),
      { numRuns: 30 },
    )
    // The comparison is of something: some of the requests of any run find their page at hand.
    expect(compared).toBeGreaterThan(20)
  })
})

type Happening = { what: (typeof HAPPENINGS)[number]; where: 'one' | 'two'; which: number }

/** Gives how often a page was at hand, each time compared with what another Unidex on the same folders makes anew. */
async function replay(happenings: readonly Happening[]): Promise<number> {
  const files = (of: string) => [upstreamFile('acme-1.0.tar.gz', of), upstreamFile(`acme-2.0-py3-none-any.whl`, of)]
  const upstreams = { one: await simpleUpstream({ acme: files('1') }), two: await simpleUpstream({ acme: files('2') }) }
  const rulesOf = (which: number) => ({
    upstreams: { one: { url: upstreams.one.url }, two: { url: upstreams.two.url } },
    indexes: {
      default: {
        upstreams: which === 1 ? ['two', 'one'] : ['one', 'two'],
        rules: [
          { projects: ['acme'], strategy: which === 2 ? 'by-version' : 'by-file' },
          ...(which === 3 ? [{ projects: ['acme'], versions: '<3' }] : []),
        ],
      },
    },
  })
  const [pages, state] = [memoryPageStore(), memoryState()]
  // What the others ask behind, a moment later, is not for this one to find.
  const lookedAt = { ...pages, set: async () => undefined, delete: async () => undefined }
  let rules = rulesOf(0)
  const ends: (() => Promise<void> | void)[] = []
  const atEnd = (end: (typeof ends)[number]) => void ends.push(end)
  const { unidex, get, clock, reload } = await startUnidex(rules, { pages, state, atEnd })
  const headers = { host: HOST, accept: JSON_TYPE }
  let compared = 0
  /** The tag of what was given last. */
  let last: unknown
  for (const [i, { what, where, which }] of happenings.entries()) {
    const upstream = upstreams[where]
    const held = upstream.projects['acme'] ?? []
    if (what === 'publish') upstream.projects = { acme: [...held, upstreamFile(`acme-${3 + i}.${which}.tar.gz`)] }
    if (what === 'yank')
      upstream.projects = {
        acme: held.map(({ filename, bytes }) => upstreamFile(filename, bytes, { yanked: `why ${i}` })),
      }
    if (what === 'rules') reload((rules = rulesOf(which)))
    if (what === 'seconds') clock.forward(1000 * (which + 1))
    if (what === 'minutes') clock.forward(60_000 * (which + 1))
    const project = parseName('acme')
    if (what === 'forget' && project !== undefined) state.refresh(project, clock.now())
    if (what === 'accept' && project !== undefined)
      state.accept(where, project, 'acme-1.0.tar.gz', String(which).repeat(64))

    const found = unidex.atHand({ method: 'GET', url: '/simple/acme/', headers })
    const before = last
    const byRoutes = await get('/simple/acme/', headers)
    last = byRoutes.headers.get('etag')
    await byRoutes.arrayBuffer()
    if (found === undefined) continue
    const questions = upstreams.one.requests.length + upstreams.two.requests.length
    const fresh = await startUnidex(rules, { pages: lookedAt, state, atEnd })
    fresh.clock.forward(clock.now() - fresh.clock.now())
    const made = await ofResponse(await fresh.get('/simple/acme/', headers))
    // Meanwhile it may be what was given before; what it is refreshed to is in the store a moment earlier.
    if (found.headers['Cache-Control'] === DUE && found.headers['ETag'] === before) continue
    // That a page was confirmed is not written each time: another process asks for itself, and hears of what came since.
    if (upstreams.one.requests.length + upstreams.two.requests.length > questions) continue
    compared += 1
    const ours = ofFound(found)
    const { 'cache-control': given = '' } = ours.headers
    if (made.headers['cache-control'] === DUE) made.headers['cache-control'] = given
    expect(ours).toEqual(made)
  }
  for (const end of ends.toReversed()) await end()
  await Promise.all(Object.values(upstreams).map((upstream) => upstream.stop()))
  return compared
}

describe('a page that is due to be asked for again', () => {
  const asked = { method: 'GET', url: '/simple/acme/', headers: { host: HOST, accept: JSON_TYPE } }

  async function due(keys: Readonly<Record<string, unknown>> = {}) {
    const upstream = await simpleUpstream({ acme: [upstreamFile('acme-1.0.tar.gz')] })
    const { unidex, get, clock } = await startUnidex({
      upstreams: { pypi: { url: upstream.url, ...keys } },
      indexes: { default: { upstreams: ['pypi'] } },
    })
    await (await get('/simple/acme/', asked.headers)).arrayBuffer()
    upstream.projects = { acme: [upstreamFile('acme-2.0.tar.gz')] }
    return { upstream, unidex, clock, given: () => unidex.atHand(asked)?.body?.toString() }
  }

  it('is at hand while it is, once for all who come, and then the new one is given', async () => {
    const { upstream, clock, given, unidex } = await due()
    clock.forward(61_000)
    expect([given(), given()]).toEqual(Array(2).fill(expect.stringContaining('acme-1.0')))
    await vi.waitUntil(() => given() === undefined, { timeout: 15_000 })
    expect(upstream.requests).toEqual(['GET /simple/acme/', 'GET /simple/acme/'])
    const next = await unidex.handle(new Request('http://127.0.0.1/simple/acme/', { headers: asked.headers }))
    expect(await next.text()).toContain('acme-2.0')
    expect(given()).toContain('acme-2.0')
  })

  it('gives way to the new one also where that is due at once', async () => {
    const { given, upstream } = await due({ freshFor: '0s' })
    expect(given()).toContain('acme-1.0')
    await vi.waitUntil(() => given() === undefined, { timeout: 15_000 })
    expect(upstream.requests.length).toBeGreaterThan(1)
  })

  it('is not given any more after five minutes of that', async () => {
    const { clock, given } = await due()
    clock.forward(361_000)
    expect(given()).toBeUndefined()
  })

  it('is given as long while its upstream fails, which is asked again and again', async () => {
    const { upstream, clock, given } = await due()
    upstream.instead = (_request, response) => {
      response.writeHead(500).end()
      return true
    }
    for (const ms of [61_000, 60_000, 60_000]) {
      clock.forward(ms)
      expect(given()).toContain('acme-1.0')
      await vi.waitUntil(() => (given(), upstream.requests.length > 1), { timeout: 15_000 })
      upstream.requests.splice(1)
    }
  })
})
