import { expect, test } from 'vitest'
import { fileHop, pageHop } from '../../src/upstream/redirects.ts'
import { answer, jsonAnswer, jsonPage, serve } from '../support/hostile-upstream.ts'
import { client, failure, PAGE, server } from './open.ts'

function redirect(location: string | undefined, status = 302): Buffer {
  return answer(status, { location })
}

test.each([301, 302, 303, 307, 308])('%i to the canonical address of the same project is followed', async (status) => {
  const upstream = await server(serve(redirect('/other/simple/foo-bar/', status), jsonAnswer('foo-bar')))
  const reply = await client(upstream.url).getPage(`${upstream.url}simple/Foo.Bar/`, PAGE)
  expect(reply).toMatchObject({
    kind: 'page',
    url: `${upstream.url}other/simple/foo-bar/`,
    body: Buffer.from(jsonPage('foo-bar')),
  })
})

test("the page of another origin is never this upstream's page, and it is not even asked for", async () => {
  const other = await server(serve(jsonAnswer('acme')))
  const upstream = await server(serve(redirect(`${other.url}simple/acme/`)))
  const error = await failure(client(upstream.url).getPage(`${upstream.url}simple/acme/`, PAGE))
  expect(error).toMatchObject({ code: 'redirect-refused', mayHeal: false })
  expect(other.connections()).toBe(0)
})

test('a redirect that ends at another project is refused', async () => {
  const upstream = await server(serve(redirect('/simple/evil/'), jsonAnswer('evil')))
  const error = await failure(client(upstream.url).getPage(`${upstream.url}simple/acme/`, PAGE))
  expect(error).toMatchObject({
    code: 'redirect-refused',
    message: 'GET /simple/acme/ redirects to the page of another project',
  })
})

test('the project list may move within the origin', async () => {
  const upstream = await server(serve(redirect('/simple/index.html'), jsonAnswer('list')))
  expect(await client(upstream.url).getPage(`${upstream.url}simple/`, PAGE)).toMatchObject({ kind: 'page' })
})

test('a redirect that comes with a large page does not hold its connection', async () => {
  const large = answer(302, { location: '/simple/acme/' }, Buffer.alloc(1024 * 1024))
  const upstream = await server({ connections: [serve(large), serve(jsonAnswer('acme'))], afterwards: 'repeat-last' })
  const corp = client(upstream.url, { maxConnections: 1, timeoutMs: 1000 })
  expect(await corp.getPage(`${upstream.url}simple/acme/`, PAGE)).toMatchObject({ kind: 'page' })
})

test('a loop is refused after five redirects', async () => {
  const upstream = await server(serve(redirect('/simple/acme/')))
  expect(await failure(client(upstream.url).getPage(`${upstream.url}simple/acme/`, PAGE))).toMatchObject({
    code: 'redirect-refused',
  })
  expect(upstream.requests).toHaveLength(6)
})

test.each([
  undefined,
  'http://',
  'http://[::1',
  '//evil.example/simple/acme/',
  'https://evil.example/simple/acme/',
  'http://169.254.169.254/simple/acme/',
  'file:///simple/acme/',
  'javascript:alert(1)',
  ':::',
  '%00',
  '/login?next=/simple/acme/',
  '/simple/acme/?x=1\r\nlocation: /simple/acme/',
])('the Location "%s" is refused, and it is not shown whole', async (location) => {
  const upstream = await server(serve(redirect(location)))
  const error = await failure(client(upstream.url).getPage(`${upstream.url}simple/acme/`, PAGE))
  expect(error).toMatchObject({ code: 'redirect-refused' })
  expect(error.message).not.toContain('next=')
  expect(upstream.requests).toHaveLength(1)
})

const FROM = new URL('https://a.example/simple/acme/')

test.each([
  ['https://a.example/simple/acme/', 'http://a.example/simple/acme/'],
  ['https://a.example/simple/acme/', 'https://a.example:8443/simple/acme/'],
  ['https://a.example/simple/acme/', 'https://user@a.example/simple/acme/'],
  ['https://a.example/simple/acme/', 'https://a.example.evil.example/simple/acme/'],
  ['https://a.example/simple/acme/', 'https://a.example@evil.example/simple/acme/'],
  ['https://a.example/simple/acme/', '\\\\evil.example\\simple\\acme\\'],
  ['http://a.example:8080/simple/acme/', 'https://a.example/simple/acme/'],
  ['http://a.example/simple/acme/', 'https://a.example:8443/simple/acme/'],
  ['http://a.example/simple/acme/', 'https://b.example/simple/acme/'],
])('a page at %s may not redirect to %s', (from, to) => {
  expect(pageHop(new URL(from), to, 'acme')).toHaveProperty('refusal')
})

test.each([
  ['https://a.example/simple/acme/', '../acme/?format=json', 'https://a.example/simple/acme/?format=json'],
  ['https://a.example/simple/acme/', '/x/ACME', 'https://a.example/x/ACME'],
  ['http://a.example/simple/acme/', 'https://a.example/simple/acme/', 'https://a.example/simple/acme/'],
])('a page at %s may redirect to %s', (from, to, url) => {
  expect(pageHop(new URL(from), to, 'acme')).toEqual({ url: new URL(url) })
})

test.each([
  'https://files.example/packages2/x.whl',
  'https://files.example/packages/../x.whl',
  'https://files.example/packages/%2e%2e/x.whl',
  'https://files.example/packages/..\\x.whl',
  'https://files.example:444/packages/x.whl',
  'http://files.example/packages/x.whl',
  'https://user:pass@files.example/packages/x.whl',
  'https://127.0.0.1/packages/x.whl',
])('a file may not redirect to %s, outside its bases', (to) => {
  expect(fileHop(FROM, to, ['https://files.example/packages/'])).toHaveProperty('refusal')
})

test('a refused redirect of a file says which base URL is missing, and nothing of the query', () => {
  expect(
    fileHop(FROM, 'https://cdn.example.net/a/x.whl?signature=CANARY', ['https://files.example/packages/']),
  ).toEqual({
    refusal: 'to https://cdn.example.net/, where no files of this upstream are expected: add its base URL to "filesAt"',
  })
})
