/** Requests that no honest client sends: refused before anything is looked up, and nothing is left of them. */
import { describe, expect, it } from 'vitest'
import { askRaw, connectRaw, getRequest } from '../support/raw-client.ts'
import { serveUnidex } from '../support/serving.ts'
import { simpleUpstream, upstreamFile } from '../support/simple-upstream.ts'

const HOST = 'Host: 127.0.0.1\r\n'

async function setUp() {
  const pypi = await simpleUpstream({ acme: [upstreamFile('acme-1.0.tar.gz')] })
  const unidex = await serveUnidex({
    upstreams: { pypi: { url: pypi.url } },
    indexes: { default: { upstreams: ['pypi'] } },
  })
  return { pypi, ...unidex }
}

/** `GET /simple/acme/` with these lines after the request line. */
const page = (lines: string, rest = '') => `GET /simple/acme/ HTTP/1.1\r\n${lines}\r\n${rest}`
const target = (text: string) => `GET ${text} HTTP/1.1\r\n${HOST}\r\n`
const post = (lines: string, body: string) => `POST /simple/acme/ HTTP/1.1\r\n${HOST}${lines}\r\n${body}`

/** A request that somebody hides in the body of another one. */
const HIDDEN = 'GET /simple/hidden/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'

const REFUSED: readonly [what: string, status: number, request: string][] = [
  // Who is meant.
  ['no Host', 400, page('')],
  ['no Host in HTTP/1.0', 400, 'GET /simple/acme/ HTTP/1.0\r\n\r\n'],
  ['two Hosts', 400, page(`${HOST}Host: evil.example\r\n`)],
  ['two Hosts, the wrong one first', 400, page(`Host: evil.example\r\n${HOST}`)],
  ['the same Host twice', 400, page(HOST + HOST)],
  ['an empty Host', 400, page('Host:\r\n')],
  ['a Host with a user', 400, page('Host: a@127.0.0.1\r\n')],
  ['a Host with a path', 400, page('Host: 127.0.0.1/x\r\n')],
  ['a Host with a query', 400, page('Host: 127.0.0.1?x\r\n')],
  ['a list of Hosts', 400, page('Host: 127.0.0.1, evil.example\r\n')],
  ['a Host with markup', 400, page('Host: localhost:1"><script>\r\n')],
  ['a Host that is no address', 400, page('Host: 127.999.999.999\r\n')],
  ['a Host whose port is too large', 400, page('Host: 127.0.0.1:99999\r\n')],
  ['a Host beyond ASCII', 400, page('Host: caf\xe9\r\n')],
  ['a Host with an open bracket', 400, page('Host: [::1\r\n')],
  // What is meant.
  ['a whole URL', 400, target('http://evil.example/simple/acme/')],
  ['a whole URL of our own', 400, target('http://127.0.0.1/simple/acme/')],
  ['a whole URL in capitals', 400, target('HTTP://evil.example/simple/acme/')],
  ['a whole URL with a user', 400, target('http://a:b@evil.example/')],
  ['another scheme', 400, target('ftp://evil.example/')],
  ['a host and port', 400, target('evil.example:443')],
  ['an asterisk', 400, target('*')],
  ['OPTIONS of an asterisk', 400, `OPTIONS * HTTP/1.1\r\n${HOST}\r\n`],
  ['a path that does not begin with a slash', 400, target('simple/acme/')],
  ['a query alone', 400, target('?x')],
  ['a fragment', 400, target('/simple/acme/#x')],
  ['a backslash', 400, target('/simple\\acme/')],
  ['a backslash in the query', 400, target('/simple/acme/?\\')],
  ['NUL in the path', 400, target('/simple/ac\0me/')],
  ['a tab in the path', 400, target('/simple/ac\tme/')],
  ['DEL in the path', 400, target('/simple/ac\x7fme/')],
  ['ESC in the path', 400, target('/simple/ac\x1bme/')],
  ['a byte beyond ASCII in the path', 400, target('/simple/caf\xe9/')],
  ['UTF-8 in the path', 400, target('/simple/caf\xc3\xa9/')],
  ['dots that leave the folder', 400, target('/simple/../simple/acme/')],
  ['dots at the end', 400, target('/simple/acme/..')],
  ['one dot', 400, target('/simple/./acme/')],
  ['percent-encoded dots', 400, target('/simple/%2e%2E/simple/acme/')],
  ['half percent-encoded dots', 400, target('/files/.%2e/simple/acme/?x')],
  ['9 KiB of path', 414, target(`/simple/${'a'.repeat(9 * 1024)}/`)],
  ['9 KiB of query', 414, target(`/simple/acme/?${'a'.repeat(9 * 1024)}`)],
  ['20 KiB of path', 431, target(`/simple/${'a'.repeat(20 * 1024)}/`)],
  // Where it ends.
  ['17 KiB of headers', 431, page(`${HOST}X: ${'a'.repeat(17 * 1024)}\r\n`)],
  ['a body', 400, page(`${HOST}Content-Length: ${HIDDEN.length}\r\n`, HIDDEN)],
  ['a body of a HEAD', 400, page(`${HOST}Content-Length: ${HIDDEN.length}\r\n`, HIDDEN).replace('GET', 'HEAD')],
  ['a body in chunks', 400, page(`${HOST}Transfer-Encoding: chunked\r\n`, `5\r\nhello\r\n0\r\n\r\n${HIDDEN}`)],
  ['an empty body in chunks', 400, page(`${HOST}Transfer-Encoding: chunked\r\n`, `0\r\n\r\n${HIDDEN}`)],
  ['chunks and a length', 400, post('Transfer-Encoding: chunked\r\nContent-Length: 4\r\n', `0\r\n\r\n${HIDDEN}`)],
  ['a length and chunks', 400, post('Content-Length: 4\r\nTransfer-Encoding: chunked\r\n', `0\r\n\r\n${HIDDEN}`)],
  ['two lengths', 400, post('Content-Length: 0\r\nContent-Length: 5\r\n', HIDDEN)],
  ['the same length twice', 400, post('Content-Length: 5\r\nContent-Length: 5\r\n', `hello${HIDDEN}`)],
  ['a list of lengths', 400, post('Content-Length: 5, 5\r\n', `hello${HIDDEN}`)],
  ['a length with a sign', 400, post('Content-Length: +5\r\n', `hello${HIDDEN}`)],
  ['a negative length', 400, post('Content-Length: -5\r\n', `hello${HIDDEN}`)],
  ['a length in hexadecimal', 400, post('Content-Length: 0x5\r\n', `hello${HIDDEN}`)],
  ['a length beyond all numbers', 400, post('Content-Length: 99999999999999999999\r\n', `hello${HIDDEN}`)],
  ['a space before a colon', 400, post('Content-Length : 5\r\n', `hello${HIDDEN}`)],
  ['an unknown coding', 400, post('Transfer-Encoding: xchunked\r\n', `0\r\n\r\n${HIDDEN}`)],
  ['chunks that are not last', 400, post('Transfer-Encoding: chunked, identity\r\n', `0\r\n\r\n${HIDDEN}`)],
  ['chunks, hidden behind a vertical tab', 400, post('Transfer-Encoding: \x0bchunked\r\n', `0\r\n\r\n${HIDDEN}`)],
  ['a header that is folded', 400, page(`${HOST}X: a\r\n b\r\n`)],
  ['a first header that is folded', 400, page(` ${HOST}`)],
  ['a header without a colon', 400, page(`${HOST}X\r\n`)],
  ['a header without a name', 400, page(`${HOST}: x\r\n`)],
  ['a header whose name has a space', 400, page(`${HOST}X Y: z\r\n`)],
  ['NUL in a header', 400, page(`${HOST}X: a\0b\r\n`)],
  ['a bare carriage return in a header', 400, page(`${HOST}X: a\rb\r\n`)],
  ['a bare line feed after the request line', 400, `GET /simple/acme/ HTTP/1.1\n${HOST}\r\n`],
  ['a bare line feed after a header', 400, page('Host: 127.0.0.1\nX: y\r\n')],
  ['a bare line feed at the end', 400, 'GET /simple/acme/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\n'],
  // How it is said.
  ['an unknown method', 400, `FOO /simple/acme/ HTTP/1.1\r\n${HOST}\r\n`],
  ['a method in small letters', 400, `get /simple/acme/ HTTP/1.1\r\n${HOST}\r\n`],
  ['HTTP/0.9 with a version', 400, `GET /simple/acme/ HTTP/0.9\r\n${HOST}\r\n`],
  ['HTTP/2 in the clear', 400, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ['HTTP/2 in a request line', 400, `GET /simple/acme/ HTTP/2.0\r\n${HOST}\r\n`],
  ['HTTP/3', 400, `GET /simple/acme/ HTTP/3.0\r\n${HOST}\r\n`],
  ['TLS', 400, '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
  ['a greeting of SSH', 400, 'SSH-2.0-OpenSSH_9.9\r\n'],
]

describe('a request is refused, and its connection ends, for', () => {
  it.each(REFUSED)('%s (%i)', async (_what, status, request) => {
    const { origin, pypi, json } = await setUp()
    const { answers, rest } = await askRaw(origin, request)
    expect([answers.map((each) => each.status), rest]).toEqual([[status], ''])
    expect(answers[0]?.headers['connection']).toBe('close')
    // What a cache in front may keep without being told (RFC 9110, section 15.1).
    if (status === 414) expect(answers[0]?.headers['cache-control']).toBe('no-store')
    expect(pypi.requests).toEqual([])
    expect((await json('/simple/acme/')).files).toHaveLength(1)
  })
})

describe('a refused request', () => {
  it('is said in the log by a fixed word, without what its sender wrote', async () => {
    const { origin, events } = await setUp()
    await askRaw(origin, target('http://evil.example/'))
    expect(events).toEqual([{ level: 'warn', event: 'request_refused', fields: { code: 'target-form', status: 400 } }])
  })

  it('tells whoever took us for an HTTP proxy what we are', async () => {
    const { origin } = await setUp()
    const { answers } = await askRaw(origin, target('http://pypi.org/simple/acme/'))
    expect(answers[0]?.body.toString()).toContain('This is an index and no HTTP proxy')
  })

  it('CONNECT gets no tunnel', async () => {
    const { origin, pypi } = await setUp()
    const upstream = new URL(pypi.url).host
    const { answers, rest } = await askRaw(origin, `CONNECT ${upstream} HTTP/1.1\r\n${HOST}\r\n${HIDDEN}`)
    expect([answers, rest, pypi.requests]).toEqual([[], '', []])
  })
})

describe('a request is answered as usual', () => {
  it.each([
    ['with a length of nothing', page(`${HOST}Content-Length: 0\r\n`)],
    ['after empty lines', `\r\n\r\n${page(HOST)}`],
    ['with an Upgrade, which is not followed', page(`${HOST}Connection: Upgrade\r\nUpgrade: websocket\r\n`)],
    ['with an Upgrade to HTTP/2, which is not followed', page(`${HOST}Connection: Upgrade\r\nUpgrade: h2c\r\n`)],
    ['with headers named like what objects have', page(`${HOST}__proto__: a\r\nconstructor: b\r\ntoString: c\r\n`)],
    ['with values beyond ASCII', page(`${HOST}Accept-Language: caf\xe9\r\nCookie: \xff\xfe\r\n`)],
    ['with a loopback address in another spelling', page('Host: LOCALHOST:80\r\n')],
    ['with the address of IPv6', page('Host: [::1]:8642\r\n')],
  ])('%s', async (_what, request) => {
    const { origin } = await setUp()
    const connection = await connectRaw(origin)
    connection.send(request)
    expect((await connection.answer()).status).toBe(200)
    connection.send(page(HOST))
    expect((await connection.answer()).status).toBe(200)
  })

  it.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND', 'QUERY'])(
    'but %s is 405 and says what is possible, wherever it goes',
    async (method) => {
      const { origin, pypi } = await setUp()
      const connection = await connectRaw(origin)
      for (const path of ['/', '/simple/', '/simple/acme/', '/files/pypi/host/x-1.0.tar.gz', '/healthz', '/nowhere']) {
        connection.send(getRequest(path, {}, method))
        const { status, headers, body } = await connection.answer()
        expect([status, headers['allow'], headers['cache-control']]).toEqual([405, 'GET, HEAD', 'no-store'])
        // TRACE gives back what was sent; we do not.
        expect(body.toString()).not.toContain('Host')
      }
      expect(pypi.requests).toEqual([])
    },
  )

  it('in the order in which a hundred of them came at once', async () => {
    const { origin, pypi } = await setUp()
    pypi.projects = Object.fromEntries(
      Array.from({ length: 50 }, (_, i) => [`project-${i}`, [upstreamFile(`project_${i}-1.0.tar.gz`)]]),
    )
    const asked = Array.from({ length: 100 }, (_, i) => (i % 2 === 0 ? `project-${i / 2}` : `absent-${i}`))
    const connection = await connectRaw(origin)
    connection.send(asked.map((name) => getRequest(`/simple/${name}/`)).join(''))
    for (const name of asked) {
      const { status, body } = await connection.answer()
      expect(status).toBe(name.startsWith('project') ? 200 : 404)
      expect(body.toString()).toContain(name)
    }
  })

  it('that stands behind a refused one is not answered at all', async () => {
    const { origin, pypi } = await setUp()
    const { answers } = await askRaw(origin, target('/simple/../x') + HIDDEN)
    expect([answers.map(({ status }) => status), pypi.requests]).toEqual([[400], []])
  })
})

describe('the representation', () => {
  it.each([
    ['everything, but not at all', '*/*;q=0', 406],
    ['a picture', 'image/png', 406],
    ['a version to come', 'application/vnd.pypi.simple.v99+json', 406],
    ['700 others', Array.from({ length: 700 }, (_, i) => `a/b${i}`).join(','), 406],
    ['10 KiB, what we have at its end', `${'text/x-nothing, '.repeat(600)}text/html`, 200],
    ['the one that is liked best', 'application/vnd.pypi.simple.v1+json;q=0.1, text/html', 200],
    ['nothing but commas', ',,,;;;===', 200],
  ])('for an Accept of %s is one of three or none', async (_what, accept, status) => {
    const { origin } = await setUp()
    const connection = await connectRaw(origin)
    connection.send(getRequest('/simple/acme/', { Accept: accept }))
    const answer = await connection.answer()
    const type = answer.headers['content-type']?.split(';', 1)[0]
    expect([answer.status, type]).toEqual([status, status === 406 ? 'text/plain' : 'text/html'])
  })
})
