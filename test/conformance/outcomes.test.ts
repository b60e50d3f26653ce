/** Cases 1 to 21 of the simple repository API: what the upstreams' answers come to, and the strategies. */
import { describe, expect, it } from 'vitest'
import { JSON_TYPE, type Says, SDIST, detail, entry, header, links, merged } from './two-upstreams.ts'

const OF_A = detail([entry(SDIST)])
const OF_B = detail([entry('foo-9.0.tar.gz')])

/** It goes away in the middle of its answer. */
const cut: Says = (_request, response) => void response.destroy()

function typed(type: string, body: unknown): Says {
  return (_request, response) => {
    response.writeHead(200, { 'Content-Type': type }).end(typeof body === 'string' ? body : JSON.stringify(body))
  }
}

const WHOLE = { meta: { 'api-version': '1.4' }, name: 'foo', versions: [], ...OF_A }

describe('absent, present, failed', () => {
  it('1: both say 404: it is 404, and clients keep that for a minute at most', async () => {
    const { get } = await merged({ a: 404, b: 404 })
    const response = await get('/simple/foo/')
    expect([response.status, header(response, 'cache-control')]).toEqual([404, 'max-age=60'])
  })

  it('2: A says 404 and B fails: an error, never 404', async () => {
    const { get } = await merged({ a: 404, b: 500 })
    const response = await get('/simple/foo/')
    expect([response.status, header(response, 'retry-after')]).toEqual([503, expect.stringMatching(/^[1-3]$/)])
  })

  it('3: A has it and B says 404: the page of A', async () => {
    const { filenames } = await merged({ a: OF_A, b: 404 })
    expect(await filenames()).toEqual([SDIST])
  })

  it('4: first-index, A has it and B fails: the page of A', async () => {
    const { filenames } = await merged({ a: OF_A, b: 500, strategy: 'first-index' })
    expect(await filenames()).toEqual([SDIST])
  })

  it('5: first-index, A fails and B has it: an error, and nothing of B', async () => {
    const { status } = await merged({ a: 500, b: OF_B, strategy: 'first-index' })
    expect(await status()).toBe(503)
  })

  it('6: first-index, A denies us and B has it: 502, neither B nor a 401', async () => {
    const { get } = await merged({ a: 401, b: OF_B, strategy: 'first-index' })
    const response = await get('/simple/foo/')
    expect([response.status, header(response, 'www-authenticate')]).toEqual([502, null])
  })

  it('7: B is optional and cannot say: the page of A, marked as partial, for nobody to keep', async () => {
    const { get, events } = await merged({ a: OF_A, b: cut, keysOfB: { optional: true } })
    const response = await get('/simple/foo/', { accept: JSON_TYPE })
    expect(await response.json()).toMatchObject({ files: [{ filename: SDIST }] })
    expect(header(response, 'x-unidex-sources')).toBe('a;fresh, b;missing')
    expect(header(response, 'cache-control')).toBe('max-age=0, must-revalidate')
    expect(events.filter(({ event }) => event === 'served_partial')).toHaveLength(1)
  })

  it('8: B is required and cannot say, but its page is kept: merged with that, and marked', async () => {
    const { get, filenames, clock, b } = await merged({ a: OF_A, b: OF_B })
    await filenames()
    b.instead = (_request, response) => (response.destroy(), true)
    clock.forward(3_600_000)
    const response = await get('/simple/foo/', { accept: JSON_TYPE })
    expect(header(response, 'x-unidex-sources')).toBe('a;fresh, b;stale')
    expect(await response.json()).toMatchObject({ files: [{ filename: SDIST }, { filename: 'foo-9.0.tar.gz' }] })
  })

  it('9: first-index, A has an empty page: that is its page, and B has no part in it', async () => {
    const { page, get } = await merged({ a: detail([]), b: OF_B, strategy: 'first-index' })
    expect((await page()).files).toEqual([])
    expect(header(await get('/simple/foo/'), 'x-unidex-sources')).toBe('a;fresh')
  })

  it('10: the same where A is declared emptyIsAbsent: the page of B', async () => {
    const { filenames } = await merged({
      a: detail([]),
      b: OF_B,
      strategy: 'first-index',
      keysOfA: { emptyIsAbsent: true },
    })
    expect(await filenames()).toEqual(['foo-9.0.tar.gz'])
  })

  it('10: but a project in quarantine is there: B is not asked for its files', async () => {
    const { page } = await merged({
      a: detail([], { 'project-status': { status: 'quarantined' } }),
      b: OF_B,
      strategy: 'first-index',
      keysOfA: { emptyIsAbsent: true },
    })
    expect(await page()).toMatchObject({ files: [], 'project-status': { status: 'quarantined' } })
  })

  it('11: B says 403 for what it lacks, as the rules know (absentOn): absent', async () => {
    const { filenames } = await merged({ a: OF_A, b: 403, keysOfB: { absentOn: [403] } })
    expect(await filenames()).toEqual([SDIST])
  })
})

describe('what is no page', () => {
  it.each<[string, Says]>([
    ['a page to log in', '<html><title>Log in</title><form action="/login"><input name="user"></form></html>'],
    ['another type', typed('application/xhtml', links(`href="${SDIST}"`))],
  ])('12: A answers 200 with %s: it failed', async (_what, a) => {
    const { status } = await merged({ a, b: OF_B, strategy: 'first-index' })
    expect(await status()).toBe(503)
  })

  // There is no setting that takes a wrong type: it is garbage (design 8).
  it('13: A answers 200 with a right page as application/json: it failed', async () => {
    const { status } = await merged({ a: typed('application/json', WHOLE), b: OF_B, strategy: 'first-index' })
    expect(await status()).toBe(503)
  })

  it('14: A is of version 2.0 and B is fine: an error that somebody must mend, and not B alone', async () => {
    const { status } = await merged({ a: detail([entry(SDIST)], { meta: { 'api-version': '2.0' } }), b: OF_B })
    expect(await status()).toBe(502)
  })

  it.each<[string, Says]>([
    ['JSON', detail([entry(SDIST, { 'from-the-future': 1 })], { meta: { 'api-version': '1.9' }, future: [] })],
    [
      'HTML',
      `<meta name="pypi:repository-version" content="1.9"><a href="${SDIST}" data-from-the-future="1">${SDIST}</a>`,
    ],
  ])('15: A is of version 1.9 (%s): read, with one warning, without what is not known', async (_format, a) => {
    const { get, page, events, clock } = await merged({ a })
    expect(JSON.stringify(await page())).not.toContain('future')
    clock.forward(3_600_000)
    expect((await get('/simple/foo/')).status).toBe(200)
    expect(events.filter(({ event }) => event === 'later_api_version')).toMatchObject([
      { level: 'warn', fields: { upstream: 'a', version: '1.9' } },
    ])
  })

  it.each<[string, Says]>([
    ['JSON without meta', typed(JSON_TYPE, { name: 'foo', files: [entry(SDIST)] })],
    ['HTML without a marker', links(`href="${SDIST}"`)],
  ])('16: %s is version 1.0', async (_what, a) => {
    const { filenames } = await merged({ a })
    expect(await filenames()).toEqual([SDIST])
  })

  it.each<[string, Says]>([
    ['ends in the middle of its JSON', typed(JSON_TYPE, JSON.stringify(WHOLE).slice(0, -10))],
    [
      'is shorter than its Content-Length',
      (_request, response) => {
        response.writeHead(200, { 'Content-Type': 'text/html', 'Content-Length': 10_000 })
        response.write(links(`href="${SDIST}"`), () => response.destroy())
      },
    ],
  ])('17: the page of A %s: it failed', async (_what, a) => {
    const { status } = await merged({ a, b: OF_B, strategy: 'first-index' })
    expect(await status()).toBe(503)
  })
})

describe('redirects', () => {
  // A page that is reached at another origin is not this upstream's page (design 3.2).
  it('18: A redirects to the page of another host: refused, and that host hears of nothing, least of all a secret', async () => {
    let target = ''
    const a: Says = (_request, response) => void response.writeHead(302, { Location: `${target}foo/` }).end()
    const product = await merged({
      a,
      b: OF_B,
      strategy: 'first-index',
      keysOfA: { auth: { username: 'ci', password: 'secret' } },
      rules: [{ projects: ['foo'], upstreams: ['a'] }],
    })
    target = product.b.url
    expect([await product.status(), product.b.requests]).toEqual([502, []])
    expect(product.a.headersSeen[0]?.authorization).toMatch(/^Basic /)
  })

  it.each(['file:///etc/passwd', 'http://169.254.169.254/simple/foo/'])(
    '19: A redirects to %s: refused',
    async (location) => {
      const a: Says = (_request, response) => void response.writeHead(302, { Location: location }).end()
      const { status } = await merged({ a, b: OF_B, strategy: 'first-index' })
      expect(await status()).toBe(502)
    },
  )
})

describe('who is asked', () => {
  it('20: a rule gives a pattern of names to A: only its files, and B is never asked', async () => {
    const { filenames, b } = await merged({
      a: OF_A,
      b: OF_B,
      strategy: 'first-index',
      rules: [{ projects: ['fo*'], upstreams: ['a'] }],
    })
    expect(await filenames()).toEqual([SDIST])
    expect(b.requests).toEqual([])
  })

  it('21: a name in a rule is compared as names are, however it is spelled', async () => {
    const rules = [{ projects: ['Acme_X'], upstreams: ['a'] }]
    const { get, a, b } = await merged({ a: 404, strategy: 'first-index', rules })
    a.projects['acme-x'] = [{ filename: 'acme_x-1.0.tar.gz', bytes: Buffer.from('x') }]
    expect((await get('/simple/acme-x/')).status).toBe(200)
    expect(b.requests).toEqual([])
  })
})
