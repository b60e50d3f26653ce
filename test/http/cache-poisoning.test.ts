/** Whatever one client sends, the next one gets what it would have got without it, and the upstream hears nothing of it. */
import { describe, expect, it } from 'vitest'
import { memoryPageStore } from '../support/memory-page-store.ts'
import { askRaw, connectRaw, getRequest } from '../support/raw-client.ts'
import { serveUnidex } from '../support/serving.ts'
import { sendJson, simpleUpstream, upstreamFile } from '../support/simple-upstream.ts'

async function setUp() {
  const pypi = await simpleUpstream({
    acme: [upstreamFile('acme-1.0.tar.gz'), upstreamFile('acme-1.1-py3-none-any.whl')],
  })
  const pages = memoryPageStore()
  // As a server does that others may reach: every Host is answered.
  const unidex = await serveUnidex(
    { upstreams: { pypi: { url: pypi.url } }, indexes: { default: { upstreams: ['pypi'] } } },
    { pages, open: true },
  )
  const file = `/files/pypi/${new URL(pypi.url).host}/files/acme-1.0.tar.gz`
  /** What a client gets that asks for nothing special, as text. */
  async function clean(path: string): Promise<string> {
    const connection = await connectRaw(unidex.origin)
    connection.send(getRequest(path, { Connection: 'close' }))
    const { status, headers, body } = await connection.answer()
    // How long it may be kept depends on the age of the page behind it.
    const { date: _date, 'cache-control': _age, ...others } = headers
    return JSON.stringify([status, others, body.toString()])
  }
  return { pypi, pages, file, clean, ...unidex }
}

/** The last request of a connection, behind one that may want it to stay open. */
const LAST = getRequest('/healthz', { Connection: 'close' })

/** Part of the values that a client chooses. */
const MARK = 'poison'

/** Headers that caches and frameworks have believed, each with values that tried it. */
const HEADERS: Readonly<Record<string, readonly string[]>> = {
  Host: [`${MARK}.example`, `${MARK}.example:8080`, `127.0.0.1.${MARK}.example`, 'localhost'],
  'X-Forwarded-Host': [`${MARK}.example`, `a, ${MARK}.example`],
  'X-Forwarded-Proto': ['https', MARK],
  'X-Forwarded-Scheme': [MARK, 'nothttps'],
  'X-Forwarded-Port': ['1', MARK],
  'X-Forwarded-For': ['127.0.0.1', `${MARK}, 10.0.0.1`],
  'X-Forwarded-Prefix': [`/${MARK}`, `//${MARK}.example/`],
  'X-Forwarded-Server': [`${MARK}.example`],
  'X-Host': [`${MARK}.example`],
  'X-HTTP-Host-Override': [`${MARK}.example`],
  'X-Real-IP': ['127.0.0.1'],
  'X-Original-Host': [`${MARK}.example`],
  'X-Original-URL': [`/simple/${MARK}/`, '/healthz'],
  'X-Rewrite-URL': [`/simple/${MARK}/`, '/healthz'],
  'X-Script-Name': [`/${MARK}`],
  'X-HTTP-Method-Override': ['POST', 'DELETE', 'HEAD'],
  'X-HTTP-Method': ['POST'],
  'X-Method-Override': ['POST'],
  Forwarded: [`for=127.0.0.1;host=${MARK}.example;proto=https`, `host="${MARK}.example"`],
  Via: [`1.1 ${MARK}`, '2.0 a, 1.1 b'],
  Origin: [`https://${MARK}.example`, 'null'],
  Referer: [`https://${MARK}.example/`],
  Accept: ['text/html', 'application/json', `${MARK}/*`, '*/*;q=0', 'application/vnd.pypi.simple.v1+json'],
  'Accept-Charset': [MARK, 'utf-16'],
  'Accept-Datetime': ['Thu, 01 Jan 1970 00:00:00 GMT'],
  'Accept-Encoding': ['gzip', 'zstd', 'br', 'identity;q=0', `${MARK}, gzip;q=0`],
  'Accept-Language': ['de', MARK],
  Cookie: [`session=${MARK}`, 'a=b; c=d'],
  Authorization: [`Bearer ${MARK}`, 'Basic cG9pc29uOnBvaXNvbg=='],
  'Proxy-Authorization': [`Bearer ${MARK}`],
  Range: ['bytes=0-0', 'bytes=5-1', 'bytes=999999999-', `${MARK}=1-2`, 'bytes=0-0,2-2'],
  'If-Range': [`"${MARK}"`, 'Thu, 01 Jan 1970 00:00:00 GMT'],
  'If-None-Match': ['*', `"${MARK}"`, `W/"${MARK}", "x"`],
  'If-Match': [`"${MARK}"`, '*'],
  'If-Modified-Since': ['Thu, 01 Jan 2099 00:00:00 GMT', MARK],
  'If-Unmodified-Since': ['Thu, 01 Jan 1970 00:00:00 GMT'],
  'Cache-Control': ['no-store', 'only-if-cached', 'max-stale', `${MARK}=1`],
  Pragma: ['no-cache', MARK],
  TE: ['trailers', `${MARK};q=0.5`],
  Trailer: ['Content-Length'],
  Upgrade: ['h2c', 'websocket'],
  Expect: ['100-continue', MARK],
  Connection: ['close, X-Forwarded-Host', `keep-alive, ${MARK}`],
  'Content-Type': ['text/html', MARK],
  'Content-Encoding': ['gzip'],
  'User-Agent': [MARK, '() { :; }; echo', 'pip/1.0', ''],
  'Max-Forwards': ['0'],
  'Transfer-Encoding': ['identity'],
  [MARK]: ['1'],
}

/** What an upstream ever sees of us for pages and files. */
const OURS = ['accept', 'accept-encoding', 'connection', 'host', 'if-none-match', 'user-agent']

describe('a request with hostile headers', () => {
  it('changes nothing for the next one, and never reaches the upstream', { timeout: 60_000 }, async () => {
    const { origin, pypi, pages, file, clean, clock } = await setUp()
    pypi.instead = (_request, response) => {
      response.setHeader('ETag', '"ours"')
      return false
    }
    const paths = ['/simple/acme/', '/simple/', '/pypi/acme/1.0/json', file, '/simple/absent/', '/healthz']
    const before = await Promise.all(paths.map(clean))
    const kept = pages.size
    for (const [name, values] of Object.entries(HEADERS)) {
      for (const value of values) {
        // Old enough to be asked for again: what is kept then must come of our own question.
        clock.forward(61_000)
        for (const path of paths) await askRaw(origin, getRequest(path, { [name]: value }) + LAST)
        const label = `${name}: ${value}`
        expect([label, ...(await Promise.all(paths.map(clean)))]).toEqual([label, ...before])
      }
    }
    expect(pages.size).toBe(kept)
    expect(new Set(pypi.headersSeen.flatMap((headers) => Object.keys(headers)))).toEqual(new Set(OURS))
    expect(new Set(pypi.headersSeen.map((headers) => headers['if-none-match']))).toEqual(new Set([undefined, '"ours"']))
    expect(JSON.stringify([pypi.headersSeen, pypi.requests])).not.toContain(MARK)
    expect(pypi.requests.every((each) => each.startsWith('GET '))).toBe(true)
  })

  it('does not come back in an answer', async () => {
    const { origin, file } = await setUp()
    for (const [name, values] of Object.entries(HEADERS)) {
      for (const value of values) {
        if (name === 'Host') continue
        for (const path of ['/simple/acme/', '/simple/absent/', '/pypi/acme/json', file, '/nowhere', '/']) {
          const { answers, rest } = await askRaw(origin, getRequest(path, { [name]: value }) + LAST)
          const said = answers.map(({ headers, body }) => JSON.stringify(headers) + body.toString()).join('') + rest
          expect([name, value, said.includes(MARK)]).toEqual([name, value, false])
        }
      }
    }
  })

  it('cannot make a page name another host: only the front page and the JSON API say where they were found', async () => {
    const { origin, file } = await setUp()
    const lookAt = async (path: string) =>
      (await askRaw(origin, getRequest(path, { Connection: 'close', Host: `${MARK}.example` }))).answers[0]
    for (const path of ['/simple/acme/', '/simple/', '/simple/acme', '/simple/AcMe/', file, '/nowhere']) {
      const answer = await lookAt(path)
      const said = JSON.stringify(answer?.headers) + String(answer?.body)
      expect([path, said.includes(MARK)]).toEqual([path, false])
    }
    expect((await lookAt('/'))?.headers['cache-control']).toBe('no-cache')
  })
})

describe('what is kept', () => {
  it('does not grow with queries, spellings, headers and paths that nobody has', { timeout: 60_000 }, async () => {
    const { get, pypi, pages } = await setUp()
    await get('/simple/acme/')
    await get('/simple/')
    const kept = pages.size
    const asked = pypi.requests.length
    for (let i = 0; i < 200; i += 1) {
      await get(`/simple/acme/?x=${i}`)
      await get(`/simple/?${i}`)
      await get('/simple/acme/', { 'x-variant': String(i), 'accept-language': `x-${i}`, 'user-agent': `agent/${i}` })
    }
    for (const spelling of ['Acme', 'ACME', 'aCmE']) expect((await get(`/simple/${spelling}/`)).status).toBe(307)
    for (let i = 0; i < 5000; i += 1) {
      const { status } = await get(`/${i.toString(36)}/${'x'.repeat(i % 50)}/${i % 3 === 0 ? '' : i}`)
      expect(status).toBe(404)
    }
    expect([pages.size, pypi.requests.length]).toEqual([kept, asked])
  })

  it('does not grow with names that nobody has', { timeout: 60_000 }, async () => {
    const { get, pages } = await setUp()
    await get('/simple/acme/')
    const kept = pages.size
    for (let i = 0; i < 2000; i += 1) expect((await get(`/simple/nobody-has-${i}/`)).status).toBe(404)
    expect(pages.size).toBe(kept)
  })

  it('is asked for by few at a time, however many ask for different names', { timeout: 60_000 }, async () => {
    const { get, pypi } = await setUp()
    let underway = 0
    let most = 0
    pypi.instead = (request, response) => {
      underway += 1
      most = Math.max(most, underway)
      setTimeout(() => {
        underway -= 1
        if (request.url?.includes('page-')) {
          const name = request.url.split('/')[2]
          sendJson(response, { meta: { 'api-version': '1.1' }, name, versions: [], files: [] })
        } else response.writeHead(404).end()
      }, 5)
      return true
    }
    const all = Array.from({ length: 1000 }, (_, i) => get(`/simple/page-${i}/`).then(({ status }) => status))
    expect(new Set(await Promise.all(all))).toEqual(new Set([200]))
    expect(most).toBeLessThanOrEqual(32)
  })
})

describe('an error', () => {
  it.each([
    ['a header that is too large', (path: string) => getRequest(path, { X: 'a'.repeat(20_000) })],
    ['signs that are not allowed', (path: string) => getRequest(path, { X: 'a\0b' })],
    ['another method', (path: string) => getRequest(path, { Connection: 'close' }, 'POST')],
    ['a range that is outside', (path: string) => getRequest(path, { Connection: 'close', Range: 'bytes=99999999-' })],
    [
      'a representation that does not exist',
      (path: string) => getRequest(path, { Connection: 'close', Accept: 'a/b' }),
    ],
    ['a body', (path: string) => getRequest(path, { 'Content-Length': '1' })],
    ['two Hosts', (path: string) => getRequest(path, { host: 'a' })],
  ])('that was provoked by %s is kept by nobody', async (_what, request) => {
    const { origin, file, clean } = await setUp()
    const paths = ['/simple/acme/', '/simple/', file]
    const before = await Promise.all(paths.map(clean))
    for (const path of paths) {
      const { answers } = await askRaw(origin, request(path))
      for (const { status, headers } of answers.filter((each) => each.status >= 400 && each.status !== 431)) {
        // These are what a cache keeps without being told (RFC 9110, section 15.1).
        if ([404, 405, 410, 414, 501].includes(status)) expect(headers['cache-control']).toBe('no-store')
        else expect(headers['cache-control'] ?? 'no-store').toBe('no-store')
      }
    }
    expect(await Promise.all(paths.map(clean))).toEqual(before)
  })

  it.each([500, 401, 429, 403])(
    'of the upstream (%i) is kept by nobody, and over as soon as it is over there',
    async (status) => {
      const { get, pypi, clock } = await setUp()
      pypi.instead = (_request, response) => {
        response.writeHead(status).end()
        return true
      }
      for (const path of ['/simple/acme/', '/simple/']) {
        const failed = await get(path)
        expect([502, 503]).toContain(failed.status)
        expect(failed.headers.get('cache-control')).toBe('no-store')
      }
      pypi.instead = undefined
      clock.forward(5000)
      expect((await get('/simple/acme/')).status).toBe(200)
    },
  )
})
