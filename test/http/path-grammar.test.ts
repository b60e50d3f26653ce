/** Every address that anybody can make up has one of a few answers, and the upstream hears of nothing but names and listed files. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseName } from '../../src/simple/name.ts'
import { askRaw, connectRaw, getRequest } from '../support/raw-client.ts'
import { serveUnidex } from '../support/serving.ts'
import { type SimpleUpstream, simpleUpstream, upstreamFile } from '../support/simple-upstream.ts'

const PROJECTS = ['acme', 'acme-tools', 'a']
/** On no page. */
const SECRET = '/files/secret.tar.gz'
const BYTES = 'what nobody listed'

async function setUp() {
  // Without what objects inherit: some made-up names are called like that.
  const projects: SimpleUpstream['projects'] = Object.create(null)
  for (const name of PROJECTS) projects[name] = [upstreamFile(`${name.replace('-', '_')}-1.0.tar.gz`)]
  const pypi = await simpleUpstream(projects)
  // Whatever is asked of it is there: only the question says whether it should have been asked.
  pypi.instead = (request, response) => {
    if (!request.url?.startsWith('/files/') || /\/files\/(?:acme|acme_tools|a)-1\.0\.tar\.gz$/.test(request.url))
      return false
    response.writeHead(200).end(BYTES)
    return true
  }
  const unidex = await serveUnidex({
    upstreams: { pypi: { url: pypi.url } },
    indexes: { default: { upstreams: ['pypi'] }, team: { upstreams: ['pypi'] } },
  })
  const host = new URL(pypi.url).host
  return { pypi, host, ...unidex }
}

/** Each sign as it is, in the other case, or percent-encoded once or twice. */
const spelled = (text: string) =>
  fc
    .tuple(
      ...Array.from(text, (sign) =>
        fc.constantFrom(sign, sign, sign, sign.toUpperCase(), percent(sign), percent(percent(sign))),
      ),
    )
    .map((signs) => signs.join(''))
const percent = (text: string) =>
  Array.from(text, (sign) => `%${sign.charCodeAt(0).toString(16).padStart(2, '0')}`).join('')

const WORDS =
  'simple files team default pypi json 1.0 healthz readyz projects acme acme-tools Acme_Tools nobody acme-1.0.tar.gz acme-1.0.tar.gz.metadata acme-1.0.tar.gz.asc secret.tar.gz index.html index.json HOST 127.0.0.1:1 169.254.169.254 http: https: __proto__ constructor toString - @2020-01-01'
const ODD =
  '. .. %2e %2e%2e %2f %5c %00 %0a %0d%0aX:y %ff %c0%ae % %2 %zz %25 %252e%252e ; ;a=b * ~ $ ! ( \' @ : , + & = | ^ {} [] <x> " ` :project %e2%80%ae %ef%bc%8f caf%c3%a9 %F0%9F%92%A9'
const word = fc.constantFrom(...WORDS.split(' '))
const odd = fc.constantFrom('', 'x'.repeat(300), ...ODD.split(' '))
const segment = fc.oneof(
  { weight: 6, arbitrary: word },
  { weight: 2, arbitrary: word.chain(spelled) },
  { weight: 3, arbitrary: odd },
  { weight: 1, arbitrary: fc.string({ maxLength: 12 }).map((text) => encodeURIComponent(text.toWellFormed())) },
  {
    weight: 1,
    arbitrary: fc.string({
      unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
      maxLength: 12,
    }),
  },
)
const query = fc.oneof(
  { weight: 4, arbitrary: fc.constant('') },
  odd.map((text) => `?${text}`),
  word.map((text) => `?format=${text}`),
)
const path = fc
  .tuple(fc.array(segment, { maxLength: 7 }), fc.constantFrom('', '/', '//'), query)
  .map(([segments, end, asked]) => `/${segments.join('/')}${end}${asked}`)
/** Close to what is there, with one thing changed. */
const nearly = fc
  .tuple(
    fc.constantFrom(
      '/simple/acme/',
      '/team/simple/acme-tools/',
      '/files/pypi/HOST/files/acme-1.0.tar.gz',
      '/team/files/pypi/HOST/files/a-1.0.tar.gz',
      '/pypi/acme/1.0/json',
      '/team/acme-tools/json',
    ),
    fc.integer({ min: 1, max: 60 }),
    fc.nat(3),
    odd,
  )
  .map(([text, at, gone, put]) => text.slice(0, at) + put + text.slice(at + gone))

const OTHER_HOSTS = ['127.0.0.1:1', '169.254.169.254', 'localhost', '[::1]', 'evil.example', '127.0.0.1@evil.example']

const ALLOWED = [200, 307, 400, 404, 405, 421]

describe('an address that somebody made up', () => {
  it('has one of a few answers, and reaches no further', { timeout: 60_000 }, async () => {
    const { origin, pypi, host, events } = await setUp()
    const counts = new Map<number, number>()
    let connection = await connectRaw(origin)
    const ask = fc.asyncProperty(
      fc.oneof(path, nearly),
      fc.constantFrom('GET', 'GET', 'HEAD', 'POST'),
      async (made, method) => {
        const target = made.replaceAll('HOST', host)
        connection.send(getRequest(target, {}, method))
        const { status, headers, body } = await connection.answer(method)
        if (headers['connection'] === 'close') {
          connection.socket.destroy()
          connection = await connectRaw(origin)
        }
        counts.set(status, (counts.get(status) ?? 0) + 1)
        expect(ALLOWED).toContain(status)
        expect(body.toString()).not.toContain(BYTES)
        if (status === 307) expectCanonical(target, headers['location'] ?? '')
      },
    )
    await fc.assert(ask, { numRuns: 10_000, endOnFailure: true })
    // The answers that matter did occur.
    for (const status of [200, 307, 400, 404, 405]) expect([status, counts.get(status) ?? 0]).not.toEqual([status, 0])
    expect(events.filter(({ event }) => event === 'bug')).toEqual([])
    expect(unexpected(pypi.requests)).toEqual([])
  })
})

/** Relative, so that no other host and no other prefix can be meant, and to an address that does not redirect again. */
function expectCanonical(target: string, location: string): void {
  expect(location).toMatch(/^(?:\.\.\/)?[a-z0-9][a-z0-9.-]*\/(?:\?|$)/)
  const to = new URL(location, new URL(target, 'http://127.0.0.1'))
  expect(to.host).toBe('127.0.0.1')
  // Signs that need not be percent-encoded mean the same where they are.
  const path = to.pathname.replace(/%[2-7][0-9a-f]/gi, decodeURIComponent)
  expect(path).toMatch(/\/simple\/(?:[a-z0-9-]+\/)?$/)
}

/** What an upstream should not have heard. */
function unexpected(requests: readonly string[]): string[] {
  return requests.filter((each) => {
    const [, project] = /^GET \/simple\/([^/]+)\/$/.exec(each) ?? []
    if (project !== undefined) return parseName(project) !== project
    return (
      each !== 'GET /simple/' &&
      !/^(?:GET|HEAD) \/files\/(?:acme|acme_tools|a)-1\.0\.tar\.gz(?:\.asc|\.metadata)?$/.test(each)
    )
  })
}

describe('a file that no page lists', () => {
  const forms = [
    `/files/pypi/HOST${SECRET}`,
    '/files/pypi/HOST/files/acme-1.0.tar.gz?url=http://HOST/',
    `/files/pypi/http://HOST${SECRET}`,
    `/files/pypi/http:%2f%2fHOST${SECRET}`,
    `/files/pypi/http%3a%2f%2fHOST${encodeURIComponent(SECRET)}`,
    `/files/pypi//HOST${SECRET}`,
    `/files/http:/HOST${SECRET}`,
    `/files/HOST/HOST${SECRET}`,
    `/team/files/pypi/HOST${SECRET}`,
    '/files/pypi/HOST/files/acme-1.0.tar.gz/..%2fsecret.tar.gz',
    '/files/pypi/HOST/files/acme-1.0.tar.gz%2f..%2fsecret.tar.gz',
    '/files/pypi/HOST/files%2f..%2facme-1.0.tar.gz',
    '/files/pypi/HOST/files/acme-1.0.tar.gz%00',
    '/files/pypi/HOST/files/acme-1.0.tar.gz%3fx',
    '/files/pypi/HOST/files/acme-1.0.tar.gz.metadata.metadata',
    '/files/pypi/HOST/files/acme-9.9.tar.gz',
  ]

  it.each(forms)('is not fetched as %s, whatever the host', async (form) => {
    const { origin, pypi, host } = await setUp()
    for (const each of [host, ...OTHER_HOSTS]) {
      const target = form.replaceAll('HOST', each)
      const { answers } = await askRaw(origin, getRequest(target, { Connection: 'close' }))
      const isListed = each === host && form.includes('?')
      expect([target, answers[0]?.status]).toEqual([target, isListed ? 200 : 404])
      expect(answers[0]?.body.toString()).not.toContain(BYTES)
    }
    expect(unexpected(pypi.requests)).toEqual([])
  })
})
