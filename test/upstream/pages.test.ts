import { expect, test } from 'vitest'
import {
  answer,
  gzipped,
  HTML_TYPE,
  htmlPage,
  JSON_TYPE,
  jsonAnswer,
  jsonPage,
  serve,
} from '../support/hostile-upstream.ts'
import { ACCEPT, client, failure, PAGE, server } from './open.ts'

test('a page comes with its bytes, its address, its media type, its validator, its lifetime and its serial', async () => {
  const headers = {
    etag: '"v1"',
    'last-modified': 'Tue, 24 Nov 2026 10:00:00 GMT',
    'cache-control': 'public, max-age=600',
    age: '100',
    'x-pypi-last-serial': '12345',
  }
  const { url } = await server(serve(jsonAnswer('acme', ['acme-1.0.tar.gz'], headers)))
  expect(await client(url).getPage(`${url}simple/acme/`, PAGE)).toEqual({
    kind: 'page',
    url: `${url}simple/acme/`,
    mediaType: JSON_TYPE,
    body: Buffer.from(jsonPage('acme', ['acme-1.0.tar.gz'])),
    delimited: true,
    validator: { etag: '"v1"', lastModified: 'Tue, 24 Nov 2026 10:00:00 GMT' },
    lifetimeMs: 500_000,
    serial: 12345,
  })
})

test('the upstream is asked with our own few headers and nothing else', async () => {
  const upstream = await server(serve(jsonAnswer('acme')))
  await client(upstream.url).getPage(`${upstream.url}simple/acme/`, PAGE)
  expect(upstream.requests.map(({ method, path, headers }) => ({ method, path, headers }))).toEqual([
    {
      method: 'GET',
      path: '/simple/acme/',
      headers: {
        host: `127.0.0.1:${upstream.port}`,
        connection: 'keep-alive',
        'user-agent': 'unidex/test',
        accept: ACCEPT,
        'accept-encoding': 'gzip',
      },
    },
  ])
})

test('a validator is sent back as it was received, and 304 means that the page held is still right', async () => {
  const upstream = await server(
    serve(answer(304, { 'content-length': undefined, 'cache-control': 'max-age=60', 'x-pypi-last-serial': '7' })),
  )
  const validator = { etag: 'W/"v1"', lastModified: 'Tue, 24 Nov 2026 10:00:00 GMT' }
  const reply = await client(upstream.url).getPage(`${upstream.url}simple/acme/`, { ...PAGE, validator })
  expect(reply).toEqual({ kind: 'unchanged', lifetimeMs: 60_000, serial: 7 })
  expect(upstream.requests[0]?.headers).toMatchObject({
    'if-none-match': 'W/"v1"',
    'if-modified-since': 'Tue, 24 Nov 2026 10:00:00 GMT',
  })
})

test('a validator that could break a header is not sent', async () => {
  const upstream = await server(serve(jsonAnswer('acme')))
  await client(upstream.url).getPage(`${upstream.url}simple/acme/`, {
    ...PAGE,
    validator: { etag: '"a"\r\nx-evil: 1' },
  })
  expect(upstream.requests[0]?.headers).not.toHaveProperty('if-none-match')
})

test('304 to a request without a condition is a failure', async () => {
  const { url } = await server(serve(answer(304, { 'content-length': undefined })))
  expect(await failure(client(url).getPage(`${url}simple/acme/`, PAGE))).toMatchObject({
    code: 'protocol',
    status: 304,
  })
})

test.each([404, 410])('%i means that the upstream does not have the project', async (status) => {
  const { url } = await server(serve(answer(status, {}, 'no such project')))
  expect(await client(url).getPage(`${url}simple/acme/`, PAGE)).toEqual({ kind: 'absent', status })
})

test('a status that the operator names in absentOn means absence', async () => {
  const { url } = await server(serve(answer(403)))
  expect(await client(url, { absentOn: [403] }).getPage(`${url}simple/acme/`, PAGE)).toEqual({
    kind: 'absent',
    status: 403,
  })
})

test('absences in a row use one connection', async () => {
  const upstream = await server(serve(answer(404, {}, '<h1>Not Found</h1>')))
  const corp = client(upstream.url, { maxConnections: 1 })
  for (const name of ['a', 'b', 'c']) await corp.getPage(`${upstream.url}simple/${name}/`, PAGE)
  expect(upstream.requests).toHaveLength(3)
  expect(upstream.connections()).toBe(1)
})

test.each([
  [401, 'denied', false],
  [403, 'denied', false],
  [407, 'denied', false],
  [511, 'denied', false],
  [429, 'throttled', true],
  [400, 'status', true],
  [405, 'status', true],
  [500, 'status', true],
  [502, 'status', true],
  [503, 'status', true],
  [520, 'status', true],
  [999, 'status', true],
  [204, 'protocol', true],
  [206, 'protocol', true],
  [226, 'protocol', true],
  [300, 'protocol', true],
] as const)('%i is a failure of the kind "%s", never an absence', async (status, code, mayHeal) => {
  const { url } = await server(serve(answer(status)))
  const error = await failure(client(url).getPage(`${url}simple/acme/?token=CANARY`, PAGE))
  expect(error).toMatchObject({ upstream: 'corp', code, status, mayHeal })
  expect(error.message).toMatch(new RegExp(`^GET /simple/acme/ answered ${status}`))
})

test.each([
  [429, '7', 7000],
  [503, '120', 120_000],
  [503, '999999999', 300_000],
  [429, 'Fri, 01 Jan 2100 00:00:00 GMT', 300_000],
  [429, '-5', undefined],
  [429, 'soon', undefined],
])('%i with Retry-After "%s" asks to be left alone for %s ms', async (status, value, retryAfterMs) => {
  const { url } = await server(serve(answer(status, { 'retry-after': value })))
  expect((await failure(client(url).getPage(`${url}simple/acme/`, PAGE))).retryAfterMs).toBe(retryAfterMs)
})

test.each([
  [JSON_TYPE, JSON_TYPE],
  [`${JSON_TYPE.toUpperCase()} ; charset="UTF-8"`, JSON_TYPE],
  [HTML_TYPE, HTML_TYPE],
  ['Text/HTML;charset=ISO-8859-1', 'text/html'],
])('the media type "%s" is a page', async (sent, mediaType) => {
  const { url } = await server(serve(answer(200, { 'content-type': sent }, htmlPage('acme'))))
  expect(await client(url).getPage(`${url}simple/acme/`, PAGE)).toMatchObject({ kind: 'page', mediaType })
})

test.each([
  undefined,
  'text/plain',
  'application/json',
  'application/octet-stream',
  'application/vnd.pypi.simple.v2+json',
  'text/html; charset=utf-16',
  'text/html\r\ncontent-type: text/html',
])('the media type "%s" is no page', async (sent) => {
  const { url } = await server(serve(answer(200, { 'content-type': sent }, htmlPage('acme'))))
  expect(await failure(client(url).getPage(`${url}simple/acme/`, PAGE))).toMatchObject({ code: 'bad-media-type' })
})

test('a page in gzip is decoded, also one of several members', async () => {
  const page = jsonPage('acme', ['acme-1.0.tar.gz'])
  const { gzipSync } = await import('node:zlib')
  const members = Buffer.concat([gzipSync(page.slice(0, 20)), gzipSync(page.slice(20))])
  const headers = { 'content-type': JSON_TYPE, 'content-encoding': 'x-gzip' }
  const { url } = await server(serve(gzipped(page), answer(200, headers, members)))
  const corp = client(url)
  for (const _ of [1, 2]) {
    expect(await corp.getPage(`${url}simple/acme/`, PAGE)).toMatchObject({ body: Buffer.from(page), delimited: true })
  }
})

test('a page that ends with the connection says that a cut could not be noticed', async () => {
  const bytes = answer(200, { 'content-type': HTML_TYPE, 'content-length': undefined }, htmlPage('acme'))
  const { url } = await server([{ waitRequest: true }, { send: bytes }, { close: 'fin' }])
  expect(await client(url).getPage(`${url}simple/acme/`, PAGE)).toMatchObject({ delimited: false })
})
