import type { LookupFunction } from 'node:net'
import { expect, test } from 'vitest'
import type { UpstreamError } from '../../src/upstream/error.ts'
import { answer, jsonAnswer, serve, truncated } from '../support/hostile-upstream.ts'
import { client, failure, PAGE, server, whole } from './open.ts'

/** A resolver with one answer for every name. */
function resolving(...addresses: string[]): LookupFunction {
  return (_, options, done) => {
    const all = addresses.map((address) => ({ address, family: 4 }))
    if (options.all) done(null, all)
    else done(null, addresses[0] ?? '', 4)
  }
}

function unresolved(code: string): LookupFunction {
  return (_, __, done) => done(Object.assign(new Error(code), { code }), '', 0)
}

test('a refused connection is a failure that may heal, and is not tried twice', async () => {
  const gone = await server([])
  await gone.close()
  const { url } = gone
  expect(await failure(client(url).getPage(`${url}simple/acme/`, PAGE))).toMatchObject({
    code: 'connect',
    mayHeal: true,
  })
})

test.each([
  ['ENOTFOUND', 'dns'],
  ['EAI_AGAIN', 'dns'],
  ['ENETUNREACH', 'connect'],
  ['EHOSTUNREACH', 'connect'],
  ['EMFILE', 'connect'],
])('%s is a failure of the kind "%s"', async (errno, code) => {
  const url = 'http://upstream.example/'
  expect(await failure(client(url, { lookup: unresolved(errno) }).getPage(`${url}simple/acme/`, PAGE))).toMatchObject({
    code,
    mayHeal: true,
  })
})

test('a connection that does not come about in time is a timeout', async () => {
  const url = 'http://upstream.example/'
  const error = await failure(
    client(url, { connectTimeoutMs: 50, lookup: () => {} }).getPage(`${url}simple/acme/`, PAGE),
  )
  expect(error).toMatchObject({ code: 'timeout', message: 'GET /simple/acme/ failed: no connection in time' })
})

test('of several addresses the one that answers is used', async () => {
  const { port } = await server(serve(jsonAnswer('acme')))
  const url = `http://upstream.example:${port}/`
  const lookup = resolving('127.0.0.2', '127.0.0.3', '127.0.0.1')
  expect(await client(url, { lookup }).getPage(`${url}simple/acme/`, PAGE)).toMatchObject({ kind: 'page' })
})

test('closing waits for what is under way', async () => {
  const bytes = answer(200, {}, 'the bytes')
  const { url } = await server([
    { waitRequest: true },
    { send: truncated(bytes, 3) },
    { waitMs: 50 },
    { send: ' bytes' },
    { hang: true },
  ])
  const corp = client(url, { closeWithinMs: 10_000 })
  const reply = await corp.openFile(`${url}files/a.whl`)
  const closed = corp.close()
  expect(reply.kind === 'file' && (await whole(reply.body))).toBe('the bytes')
  await closed
  expect(await failure(corp.getPage(`${url}simple/acme/`, PAGE))).toMatchObject({ code: 'connect' })
})

test('closing breaks off what takes too long', async () => {
  const { url } = await server([
    { waitRequest: true },
    { send: truncated(answer(200, {}, 'the bytes'), 3) },
    { hang: true },
  ])
  const corp = client(url, { closeWithinMs: 20 })
  const reply = await corp.openFile(`${url}files/a.whl`)
  const reading = reply.kind === 'file' ? failure(whole(reply.body)) : undefined
  await corp.close()
  await expect(reading).resolves.toMatchObject({ mayHeal: true })
})

test('a flood is told at once that it is one, and those who wait already are served', async () => {
  const upstream = await server(serve(answer(404)))
  const corp = client(upstream.url, { maxConnections: 1, maxWaiting: 2 })
  const all = await Promise.allSettled(
    Array.from({ length: 10 }, (_, i) => corp.getPage(`${upstream.url}simple/name-${i}/`, PAGE)),
  )
  const served = all.filter(({ status }) => status === 'fulfilled')
  const codes = all.flatMap((each) => (each.status === 'rejected' ? [(each.reason as UpstreamError).code] : []))
  expect([served.length, new Set(codes)]).toEqual([3, new Set(['busy'])])
  await corp.getPage(`${upstream.url}simple/later/`, PAGE)
})

test('at most so many connections are opened at once', async () => {
  const upstream = await server(serve(jsonAnswer('acme')))
  const corp = client(upstream.url, { maxConnections: 4 })
  await Promise.all(Array.from({ length: 40 }, (_, i) => corp.getPage(`${upstream.url}simple/p${i}/`, PAGE)))
  expect(upstream.requests).toHaveLength(40)
  expect(upstream.connections()).toBe(4)
})
