import { describe, expect, it, test, vi } from 'vitest'
import { sendJson, type SimpleUpstream, simpleUpstream, upstreamFile } from '../support/simple-upstream.ts'
import { startUnidex } from '../support/unidex.ts'
import { listen } from '../../src/http/server.ts'

const NAME = 'acme'

async function three() {
  const [a, b, c] = await Promise.all([simpleUpstream(), simpleUpstream(), simpleUpstream()])
  return { a, b, c }
}

/** Every request fails. */
function down(upstream: SimpleUpstream, status = 503): void {
  upstream.instead = (_, response) => (response.writeHead(status).end(), true)
}

function asked(upstream: SimpleUpstream): boolean {
  return upstream.requests.some((each) => each.includes(`/${NAME}/`))
}

const shared = (strategy: string, upstreams: readonly string[]) => ({ projects: [NAME], upstreams, strategy })

describe('an optional upstream that is down', () => {
  async function setUp() {
    const { a, b } = await three()
    const unidex = await startUnidex({
      upstreams: { wheels: { url: a.url, optional: true }, b: { url: b.url } },
      indexes: { default: { upstreams: ['b'], rules: [shared('by-file', ['wheels', 'b'])] } },
    })
    down(a)
    return { a, b, ...unidex }
  }

  it('leaves a page that says that it is partial, and that nobody keeps', async () => {
    const { b, get, events } = await setUp()
    b.projects = { [NAME]: [upstreamFile('acme-1.0.tar.gz')] }
    const response = await get('/simple/acme/')
    expect([response.status, response.headers.get('x-unidex-sources')]).toEqual([200, 'wheels;missing, b;fresh'])
    expect(response.headers.get('cache-control')).toMatch(/^max-age=0/)
    expect(events.find(({ event }) => event === 'served_partial')?.fields).toMatchObject({ upstream: 'wheels' })
  })

  it('is not the only source of a name: it is 404 where all others say no', async () => {
    const { get } = await setUp()
    expect((await get('/simple/acme/')).status).toBe(404)
  })
})

describe('a lower upstream', () => {
  it('that is down does not matter where a higher one has the project, and is not asked by a private one’s side', async () => {
    const { a, b } = await three()
    a.projects = { [NAME]: [upstreamFile('acme-1.0.tar.gz')] }
    down(b)
    const { files } = await startUnidex({
      upstreams: { a: { url: a.url, private: true }, b: { url: b.url } },
      indexes: { default: { upstreams: ['a', 'b'] } },
    })
    expect(await files(NAME)).toEqual(['acme-1.0.tar.gz'])
    expect(asked(b)).toBe(false)
  })

  it('that is down is an error where the higher one has not the project, and its kept page is given where there is one', async () => {
    const { a, b } = await three()
    b.projects = { [NAME]: [upstreamFile('acme-1.0.tar.gz')] }
    const { get, clock } = await startUnidex({
      upstreams: { a: { url: a.url, private: true }, b: { url: b.url } },
      indexes: { default: { upstreams: ['a', 'b'] } },
    })
    expect((await get('/simple/acme/')).status).toBe(200)
    down(b)
    clock.forward(400_000)
    const kept = await get('/simple/acme/')
    expect([kept.status, kept.headers.get('x-unidex-sources')]).toEqual([200, 'b;stale'])
    expect((await get('/simple/other/')).status).toBe(503)
  })
})

describe('a slow upstream', () => {
  it(
    'holds a client for two seconds at most while a page of it is kept, and is listened to behind',
    { timeout: 15_000 },
    async () => {
      const { a } = await three()
      a.projects = { [NAME]: [upstreamFile('acme-1.0.tar.gz')] }
      const { get, files, clock, events } = await startUnidex({
        upstreams: { a: { url: a.url, private: true } },
        indexes: { default: { upstreams: ['a'] } },
      })
      await files(NAME)
      clock.forward(2001)
      let answerNow = () => {}
      a.instead = (request, response) => {
        if (!request.url?.includes(NAME)) return false
        answerNow = () => sendJson(response, { name: NAME, files: [] })
        return true
      }
      const startedAt = performance.now()
      const kept = await get('/simple/acme/')
      expect([kept.status, kept.headers.get('x-unidex-sources')]).toEqual([200, 'a;stale'])
      expect(performance.now() - startedAt).toBeLessThan(5000)
      answerNow()
      await vi.waitFor(() =>
        expect(events.some(({ fields }) => fields['answer'] === 'page' && fields['files'] === 0)).toBe(true),
      )
      a.instead = undefined
      expect((await get('/simple/acme/')).headers.get('x-unidex-sources')).toBe('a;fresh')
    },
  )
})

describe.each(['by-version', 'by-file'])('a page that is shared %s', (strategy) => {
  async function setUp() {
    const { a, b, c } = await three()
    a.projects = { [NAME]: [upstreamFile('acme-1.0.tar.gz', 'from a', { yanked: 'by a', 'requires-python': '>=3.1' })] }
    b.projects = {
      [NAME]: [
        upstreamFile('acme-1.0.tar.gz', 'from b', { yanked: false, 'requires-python': '>=3.2' }),
        upstreamFile('acme-2.0.tar.gz', 'from b'),
      ],
    }
    c.projects = { [NAME]: [upstreamFile('acme-1.0.tar.gz', 'from c'), upstreamFile('acme-3.0.tar.gz', 'from c')] }
    const unidex = await startUnidex({
      upstreams: { a: { url: a.url }, b: { url: b.url }, c: { url: c.url } },
      indexes: { default: { upstreams: ['a', 'b', 'c'], rules: [shared(strategy, ['a', 'b', 'c'])] } },
    })
    return { a, b, c, ...unidex }
  }

  it.each(['a', 'b', 'c'] as const)(
    'is an error while %s is down, never a smaller page; and what was kept is given, marked',
    async (which) => {
      const cold = await setUp()
      down(cold[which])
      const error = await cold.get('/simple/acme/')
      expect([error.status, error.headers.get('x-unidex-sources')]).toEqual([503, `${which};missing`])

      const warm = await setUp()
      const before = await warm.json('/simple/acme/')
      down(warm[which])
      warm.clock.forward(400_000)
      const after = await warm.get('/simple/acme/', { accept: 'application/vnd.pypi.simple.v1+json' })
      expect(await after.json()).toEqual(before)
      expect(after.headers.get('x-unidex-sources')).toContain(`${which};stale`)
    },
  )

  it('is 502 while one of them denies us, whatever the others have', async () => {
    const { b, get } = await setUp()
    down(b, 401)
    expect((await get('/simple/acme/')).status).toBe(502)
  })

  it('has each file from one upstream, with nothing of another, and says that their contents differ', async () => {
    const { a, json, get, events } = await setUp()
    const { files } = await json('/simple/acme/')
    expect(files.map((each) => each['filename'])).toEqual(['acme-1.0.tar.gz', 'acme-2.0.tar.gz', 'acme-3.0.tar.gz'])
    expect(files[0]).toMatchObject({ yanked: 'by a', 'requires-python': '>=3.1' })
    expect(String(files[0]?.['url'])).toContain(`/files/a/${new URL(a.url).host}/`)
    const bytes = await get(new URL(String(files[0]?.['url']), 'http://127.0.0.1/simple/acme/').pathname)
    expect(await bytes.text()).toBe('from a')
    expect(events.filter(({ event }) => event === 'hash_conflict').map(({ fields }) => fields['upstream'])).toEqual([
      'b',
      'c',
    ])
  })

  it.each([
    ['a', 'b', 'c'],
    ['a', 'c', 'b'],
    ['b', 'a', 'c'],
    ['b', 'c', 'a'],
    ['c', 'a', 'b'],
    ['c', 'b', 'a'],
  ])(
    'in the order %s, %s, %s has the contested file from the first, in whatever order they answer',
    async (...order) => {
      const upstreams = await setUp()
      const { reload, json } = upstreams
      reload({
        upstreams: Object.fromEntries((['a', 'b', 'c'] as const).map((each) => [each, { url: upstreams[each].url }])),
        indexes: { default: { upstreams: ['a'], rules: [shared(strategy, order)] } },
      })
      // The last in rank answers first.
      for (const [at, each] of order.entries()) {
        const upstream = upstreams[each as 'a' | 'b' | 'c']
        const { projects } = upstream
        upstream.instead = (request, response) => {
          if (!request.url?.endsWith(`/${NAME}/`)) return false
          setTimeout(() => sendJson(response, pageWith(projects[NAME] ?? [])), (order.length - at) * 5)
          return true
        }
      }
      const [first] = (await json('/simple/acme/')).files
      expect(String(first?.['url'])).toContain(`/files/${order[0]}/`)
      expect(new Set((await json('/simple/acme/')).files.map((each) => each['filename'])).size).toBe(3)
    },
  )
})

function pageWith(files: readonly { filename: string }[]): unknown {
  return { name: NAME, files: files.map(({ filename }) => ({ filename, url: `/files/${filename}`, hashes: {} })) }
}

test('an index that asks itself ends in an error, not in a loop', { timeout: 15_000 }, async () => {
  const { b } = await three()
  const upstreams = (url: string) => ({
    upstreams: { self: { url, timeout: '1s' }, b: { url: b.url } },
    indexes: { default: { upstreams: ['self', 'b'] } },
  })
  const { unidex, reload } = await startUnidex(upstreams(b.url))
  const server = await listen((request) => unidex.handle(request), { host: '127.0.0.1', port: 0 })
  try {
    reload(upstreams(`${server.origin}/simple/`))
    const response = await fetch(`${server.origin}/simple/acme/`)
    expect(response.status).toBe(503)
    expect(b.requests.filter((each) => each.endsWith(`/${NAME}/`)).length).toBeLessThan(3)
  } finally {
    await server.drain(0)
  }
})

test('a request ends with the rules with which it began', async () => {
  const { a, b } = await three()
  b.projects = { [NAME]: [upstreamFile('acme-9.9.9.tar.gz')] }
  const rules = (owns: readonly string[]) => ({
    upstreams: { a: { url: a.url, private: true, owns }, b: { url: b.url } },
    indexes: { default: { upstreams: ['a', 'b'] } },
  })
  const { get, reload } = await startUnidex(rules([NAME]))
  let release = () => {}
  a.instead = (request, response) => {
    if (!request.url?.includes(NAME)) return false
    release = () => response.writeHead(404).end()
    return true
  }
  const owned = get('/simple/acme/')
  await vi.waitFor(() => expect(asked(a)).toBe(true))
  reload(rules(['other']))
  release()
  expect((await owned).status).toBe(404)
  expect(asked(b)).toBe(false)
})

test('of two upstreams on one host, one with a wrong token, only that one is denied, and no token goes astray', async () => {
  const { a, b } = await three()
  const host = a.url
  a.instead = (request, response) => {
    const isRight = request.headers.authorization === `Basic ${Buffer.from('ci:right').toString('base64')}`
    if (!isRight) response.writeHead(401).end()
    else sendJson(response, { name: request.url?.split('/').at(-2), files: [] })
    return true
  }
  const { get, events } = await startUnidex({
    upstreams: {
      right: { url: `${host}right/`, auth: { username: 'ci', password: 'right' } },
      wrong: { url: `${host}wrong/`, auth: { username: 'ci', password: 'wrong' } },
      b: { url: b.url },
    },
    indexes: { default: { upstreams: ['b'] }, one: { upstreams: ['right', 'b'] }, two: { upstreams: ['wrong', 'b'] } },
  })
  expect([(await get('/one/simple/acme/')).status, (await get('/two/simple/acme/')).status]).toEqual([200, 502])
  expect((await get('/one/simple/other/')).status).toBe(200)
  for (const [at, each] of a.requests.entries()) {
    const shown = Buffer.from(String(a.headersSeen[at]?.authorization).replace('Basic ', ''), 'base64').toString()
    expect(shown).toBe(each.includes('/right/') ? 'ci:right' : 'ci:wrong')
  }
  expect(b.headersSeen.every(({ authorization }) => authorization === undefined)).toBe(true)
  expect(JSON.stringify(events)).not.toContain('ci:')
})

describe('a project that is withheld', () => {
  it('by a quarantine stays so while its upstream is down, though a lower one lists files and a good page was kept', async () => {
    const { a, b } = await three()
    a.projects = { [NAME]: [upstreamFile('acme-1.0.tar.gz')] }
    b.projects = { [NAME]: [upstreamFile('acme-2.0.tar.gz')] }
    const { files, json, get, clock } = await startUnidex({
      upstreams: { a: { url: a.url }, b: { url: b.url } },
      indexes: { default: { upstreams: ['a', 'b'] } },
    })
    const path = new URL(String((await json('/simple/acme/')).files[0]?.['url']), 'http://127.0.0.1/simple/acme/')
      .pathname
    expect((await get(path)).status).toBe(200)
    a.instead = (request, response) => {
      if (!request.url?.includes(NAME)) return false
      sendJson(response, { name: NAME, files: [], 'project-status': { status: 'quarantined', reason: 'malware' } })
      return true
    }
    clock.forward(400_000)
    expect(await files(NAME)).toEqual([])
    down(a)
    clock.forward(400_000)
    expect(await json('/simple/acme/')).toMatchObject({
      files: [],
      'project-status': { status: 'quarantined', reason: 'malware' },
    })
    expect((await get(path)).status).toBe(404)
  })

  it.each([404, 410])(
    'by a definite %i is not given from what was kept, when its upstream fails afterwards',
    async (status) => {
      const { a } = await three()
      a.projects = { [NAME]: [upstreamFile('acme-1.0.tar.gz')] }
      const { files, get, clock } = await startUnidex({
        upstreams: { a: { url: a.url } },
        indexes: { default: { upstreams: ['a'] } },
      })
      await files(NAME)
      down(a, status)
      clock.forward(400_000)
      expect((await get('/simple/acme/')).status).toBe(404)
      down(a)
      clock.forward(400_000)
      expect((await get('/simple/acme/')).status).toBe(503)
    },
  )
})

const HOUR = 3_600_000

test.each([
  ['private', 503, 7 * 24 * HOUR],
  ['private', 401, HOUR],
  ['public', 503, 24 * HOUR],
  ['public', 401, HOUR],
])(
  'a page of a %s upstream that answers %i is given for %i ms after it was last confirmed, and no longer',
  async (role, status, ms) => {
    const { a } = await three()
    a.projects = { [NAME]: [upstreamFile('acme-1.0.tar.gz')] }
    const { files, get, clock } = await startUnidex({
      upstreams: { a: { url: a.url, private: role === 'private' } },
      indexes: { default: { upstreams: ['a'] } },
    })
    await files(NAME)
    down(a, status)
    clock.forward(ms)
    expect((await get('/simple/acme/')).headers.get('x-unidex-sources')).toBe('a;stale')
    clock.forward(1)
    expect((await get('/simple/acme/')).status).toBe(status === 401 ? 502 : 503)
  },
)

describe('a file that was delivered', () => {
  async function delivered(listed?: object) {
    const { a } = await three()
    a.projects = { [NAME]: [upstreamFile('acme-1.0.tar.gz', 'first', listed as never)] }
    const unidex = await startUnidex({
      upstreams: { a: { url: a.url, private: true } },
      indexes: { default: { upstreams: ['a'] } },
    })
    const path = new URL(
      String((await unidex.json('/simple/acme/')).files[0]?.['url']),
      'http://127.0.0.1/simple/acme/',
    ).pathname
    expect(await (await unidex.get(path)).text()).toBe('first')
    return { a, path, ...unidex }
  }

  it('is withheld when its hash changes, and is given again when it changes back', async () => {
    const { a, path, files, get, clock, events } = await delivered()
    a.projects = { [NAME]: [upstreamFile('acme-1.0.tar.gz', 'second')] }
    clock.forward(3000)
    expect(await files(NAME)).toEqual([])
    expect((await get(path)).status).toBe(403)
    expect(events.find(({ event }) => event === 'hash_changed')?.fields).toMatchObject({
      upstream: 'a',
      file: 'acme-1.0.tar.gz',
    })
    a.projects = { [NAME]: [upstreamFile('acme-1.0.tar.gz', 'first')] }
    clock.forward(3000)
    expect(await (await get(path)).text()).toBe('first')
  })

  it.each([{}, { md5: '0'.repeat(32) }, { sha256: 'x' }, { sha512: '0'.repeat(128) }])(
    'is withheld when its page comes to say no sha256 of it (%j)',
    async (hashes) => {
      const { a, files, clock } = await delivered()
      a.projects = { [NAME]: [upstreamFile('acme-1.0.tar.gz', 'second', { hashes })] }
      clock.forward(3000)
      expect(await files(NAME)).toEqual([])
    },
  )

  it('is another one in another upstream, even under the same name', async () => {
    const { a, b } = await three()
    a.projects = { [NAME]: [upstreamFile('acme-1.0.tar.gz', 'of a')] }
    b.projects = { [NAME]: [upstreamFile('acme-1.0.tar.gz', 'of b')] }
    const { json, get } = await startUnidex({
      upstreams: { a: { url: a.url }, b: { url: b.url } },
      indexes: { default: { upstreams: ['a'] }, other: { upstreams: ['b'] } },
    })
    for (const [index, text] of [
      ['default', 'of a'],
      ['other', 'of b'],
      ['default', 'of a'],
    ]) {
      const base = `http://127.0.0.1/${index}/simple/acme/`
      const [file] = (await json(new URL(base).pathname)).files
      expect(await (await get(new URL(String(file?.['url']), base).pathname)).text()).toBe(text)
    }
  })
})
