import { describe, expect, test, vi } from 'vitest'
import { gzipSync } from 'node:zlib'
import type { Report } from '../../src/log/report.ts'
import {
  answer,
  chunked,
  gzipped,
  JSON_TYPE,
  jsonAnswer,
  jsonPage,
  serve,
  type Step,
  truncated,
} from '../support/hostile-upstream.ts'
import type { PageReply, PageRequest, UpstreamClient } from '../../src/upstream/contract.ts'
import { client, failure, PAGE, server, whole } from './open.ts'

const WAIT = { waitRequest: true } as const
const PAGE_ANSWER = jsonAnswer('acme', ['acme-1.0.tar.gz'])

/** Answers the request with these bytes, then closes. */
function sends(bytes: string | Buffer): Step[] {
  return [WAIT, { send: bytes }, { close: 'fin' }]
}

function encoded(coding: string, body: string | Buffer): Buffer {
  return answer(200, { 'content-type': JSON_TYPE, 'content-encoding': coding }, body)
}

function headed(...lines: string[]): string {
  return ['HTTP/1.1 200 OK', `content-type: ${JSON_TYPE}`, ...lines, '', 'ok'].join('\r\n')
}

const FAULTS: readonly (readonly [string, string, readonly Step[]])[] = [
  ['a reset right after the connection', 'reset', [{ close: 'rst' }]],
  ['a reset instead of an answer', 'reset', [WAIT, { close: 'rst' }]],
  ['an empty reply', 'reset', [WAIT, { close: 'fin' }]],
  ['a head that is cut off', 'reset', sends('HTTP/1.1 200 OK\r\ncontent-le')],
  ['a body shorter than announced', 'truncated', sends(truncated(PAGE_ANSWER, 20))],
  [
    'a body shorter than announced on a connection that was to be closed',
    'truncated',
    sends(truncated(jsonAnswer('acme', [], { connection: 'close' }), 20)),
  ],
  ['chunks without a last one', 'truncated', sends(chunked(jsonPage('acme'), { bad: 'noend' }))],
  [
    'chunks without a last one on a connection that was to be closed',
    'truncated',
    sends(chunked(jsonPage('acme'), { bad: 'noend', headers: { connection: 'close' } })),
  ],
  ['a chunk size that is no number', 'protocol', sends(chunked(jsonPage('acme'), { bad: 'size' }))],
  ['a status line that is none', 'protocol', sends('HTTP/1.1 200OK\r\n\r\n')],
  ['HTTP/0.9', 'protocol', sends('<html>hello</html>')],
  ['a frame of HTTP/2', 'protocol', sends(Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]))],
  ['lines that end without a carriage return', 'protocol', sends(headed('content-length: 2').replaceAll('\r\n', '\n'))],
  ['a folded header', 'protocol', sends(headed('x: a', ' b', 'content-length: 2'))],
  ['a NUL in a header', 'protocol', sends(headed('x: a\0b', 'content-length: 2'))],
  ['two lengths', 'protocol', sends(headed('content-length: 2', 'content-length: 3'))],
  ['a length and chunks', 'protocol', sends(headed('content-length: 2', 'transfer-encoding: chunked'))],
  ['a negative length', 'protocol', sends(headed('content-length: -2'))],
  ['a length with an exponent', 'protocol', sends(headed('content-length: 1e3'))],
  ['a length beyond 64 bits', 'protocol', sends(headed('content-length: 18446744073709551618'))],
  ['too large a header', 'protocol', sends(headed(`x: ${'a'.repeat(70_000)}`, 'content-length: 2'))],
  ['ten thousand headers', 'protocol', sends(headed(...Array.from({ length: 10_000 }, (_, i) => `x${i}: aaaa`)))],
  [
    'a header without an end',
    'protocol',
    [WAIT, { send: 'HTTP/1.1 200 OK\r\nx: ' }, { repeat: 'forever', steps: [{ send: 'a'.repeat(4096) }] }],
  ],
  [
    'announcements without an answer',
    'protocol',
    [WAIT, { repeat: 'forever', steps: [{ send: 'HTTP/1.1 103 Early Hints\r\n\r\n' }] }],
  ],
  ['brotli, which was not asked for', 'bad-encoding', sends(encoded('br', 'x'))],
  ['zstd, which was not asked for', 'bad-encoding', sends(encoded('zstd', 'x'))],
  ['two layers of gzip', 'bad-encoding', sends(encoded('gzip, gzip', gzipSync(gzipSync('x'))))],
  [
    'two layers of gzip in two headers',
    'bad-encoding',
    sends(encoded('gzip\r\ncontent-encoding: gzip', gzipSync(gzipSync('x')))),
  ],
  ['two thousand encodings', 'bad-encoding', sends(encoded(Array.from({ length: 2000 }, () => 'gzip').join(','), 'x'))],
  [
    'gzip as a transfer coding',
    'bad-encoding',
    sends(headed('transfer-encoding: gzip, chunked').replace(/ok$/, '2\r\nok\r\n0\r\n\r\n')),
  ],
  ['a plain body that is called gzip', 'bad-encoding', sends(encoded('gzip', jsonPage('acme')))],
  ['gzip that is cut off', 'bad-encoding', sends(encoded('gzip', gzipSync(jsonPage('acme')).subarray(0, -4)))],
  ['gzip with a wrong checksum', 'bad-encoding', sends(encoded('gzip', flipped(gzipSync(jsonPage('acme')))))],
  [
    'gzip with something behind it',
    'bad-encoding',
    sends(encoded('gzip', Buffer.concat([gzipSync(jsonPage('acme')), Buffer.from('junk')]))),
  ],
  [
    'an endless body',
    'too-large',
    [WAIT, { send: headed() }, { repeat: 'forever', steps: [{ send: Buffer.alloc(65_536) }] }],
  ],
  ['a body that is larger than allowed once it is decoded', 'too-large', sends(gzipped(Buffer.alloc(2 * 1024 * 1024)))],
  ['silence', 'timeout', [WAIT, { hang: true }]],
  ['silence within a body', 'timeout', [WAIT, { send: truncated(PAGE_ANSWER, 20) }, { hang: true }]],
  ['a head that comes byte by byte', 'timeout', [WAIT, { drip: PAGE_ANSWER, bytes: 1, everyMs: 20 }]],
  [
    'a body that comes byte by byte',
    'timeout',
    [WAIT, { send: headed() }, { drip: Buffer.alloc(1000), bytes: 1, everyMs: 20 }],
  ],
]

type Ask = (client: UpstreamClient, url: string, request: PageRequest) => Promise<PageReply>

const WAYS: readonly (readonly [string, Ask])[] = [
  ['whole', (corp, url, request) => corp.getPage(url, request)],
  [
    'in pieces',
    (corp, url, request) => corp.streamPage(url, request, async (_, pieces) => Buffer.from(await whole(pieces))),
  ],
]

function flipped(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes)
  copy.writeUInt8(copy.readUInt8(copy.length - 6) ^ 1, copy.length - 6)
  return copy
}

describe.each(WAYS)('a page that is read %s', (_way, ask) => {
  test.each(FAULTS)('%s is a failure of the kind "%s", never a page and never an absence', async (_, code, steps) => {
    const { url } = await server(steps)
    const error = await failure(ask(client(url, { timeoutMs: 250 }), `${url}simple/acme/`, PAGE))
    expect(error).toMatchObject({ code, upstream: 'corp', mayHeal: true })
    expect(error.message).toMatch(/^GET \/simple\/acme\/ /)
  })

  test('a bomb beyond 4 MiB is refused by its ratio, below any limit of size', async () => {
    const { url } = await server(serve(gzipped(Buffer.alloc(8 * 1024 * 1024))))
    const error = await failure(ask(client(url), `${url}simple/acme/`, { ...PAGE, maxBytes: 64 * 1024 * 1024 }))
    expect(error).toMatchObject({ code: 'too-large', message: 'GET /simple/acme/ compresses more than 200 to 1' })
  })

  test('a page in gzip is decoded to its end, also one of several members', async () => {
    const page = 'x'.repeat(300_000)
    const members = Buffer.concat([page.slice(0, 20), page.slice(20)].map((part) => gzipSync(part)))
    const { url } = await server(serve(encoded('gzip', members)))
    expect(await ask(client(url), `${url}simple/acme/`, PAGE)).toMatchObject({ body: Buffer.from(page) })
  })

  test('after a body that is cut off the question is asked once more, and begun anew', async () => {
    const steps = sends(truncated(PAGE_ANSWER, 20))
    const upstream = await server({ connections: [steps, serve(PAGE_ANSWER)], afterwards: 'repeat-last' })
    expect(await ask(client(upstream.url), `${upstream.url}simple/acme/`, PAGE)).toMatchObject({
      body: Buffer.from(jsonPage('acme', ['acme-1.0.tar.gz'])),
    })
  })
})

test('what a reader of pieces throws comes out as it is, is not asked again, and ends the request', async () => {
  const endless: Step[] = [WAIT, { send: headed() }, { repeat: 'forever', steps: [{ send: Buffer.alloc(65_536) }] }]
  const upstream = await server(endless)
  const stopped = Object.assign(new Error('enough'), { code: 'truncated' })
  const asking = client(upstream.url).streamPage(`${upstream.url}simple/`, PAGE, async (_, pieces) => {
    for await (const piece of pieces) if (piece.length > 0) throw stopped
  })
  await expect(asking).rejects.toBe(stopped)
  expect(upstream.requests).toHaveLength(1)
  await vi.waitFor(() => expect(upstream.open()).toBe(0), { interval: 1 })
})

test.each([
  ['a reset', [WAIT, { close: 'rst' }]],
  ['an empty reply', [WAIT, { close: 'fin' }]],
  ['a body that is cut off', sends(truncated(PAGE_ANSWER, 20))],
] as const)('after %s the question is asked once more, and only once', async (_, steps) => {
  const events: unknown[] = []
  const report: Report = (level, event, fields) => events.push({ level, event, ...fields })
  const upstream = await server({ connections: [steps, serve(PAGE_ANSWER)], afterwards: 'repeat-last' })
  expect(await client(upstream.url, { report }).getPage(`${upstream.url}simple/acme/`, PAGE)).toMatchObject({
    kind: 'page',
  })
  expect(events).toMatchObject([
    { level: 'debug', event: 'upstream_retry', upstream: 'corp', what: 'GET /simple/acme/' },
  ])

  const worse = await server({ connections: [steps, steps, serve(PAGE_ANSWER)], afterwards: 'repeat-last' })
  await failure(client(worse.url).getPage(`${worse.url}simple/acme/`, PAGE))
  expect(worse.requests).toHaveLength(2)
})

test('a question is not asked again when half of its time is gone', async () => {
  const upstream = await server([WAIT, { waitMs: 150 }, { close: 'rst' }])
  await failure(client(upstream.url, { timeoutMs: 250 }).getPage(`${upstream.url}simple/acme/`, PAGE))
  expect(upstream.requests).toHaveLength(1)
})

test.each([500, 503, 429])('%i is not asked again', async (status) => {
  const upstream = await server(serve(answer(status)))
  await failure(client(upstream.url).getPage(`${upstream.url}simple/acme/`, PAGE))
  expect(upstream.requests).toHaveLength(1)
})

test('a kept connection that the server closes is no failure', async () => {
  const upstream = await server([WAIT, { send: PAGE_ANSWER }, { close: 'fin' }])
  const corp = client(upstream.url, { maxConnections: 1 })
  for (let round = 0; round < 50; round += 1) {
    expect(await corp.getPage(`${upstream.url}simple/acme/`, PAGE)).toMatchObject({ kind: 'page' })
    if (round % 2 === 1) await new Promise(setImmediate)
  }
})

test.each([
  ['with', []],
  ['after', [{ waitMs: 1 }]],
] as const)('a second answer that comes %s the first one never answers the next question', async (_, pause) => {
  const right = jsonAnswer('right')
  const wrong = jsonAnswer('wrong')
  const upstream = await server([
    WAIT,
    ...(pause.length === 0 ? [{ send: Buffer.concat([right, wrong]) }] : [{ send: right }, ...pause, { send: wrong }]),
    WAIT,
    { send: right },
    { hang: true },
  ])
  const corp = client(upstream.url, { maxConnections: 1 })
  for (let round = 0; round < 3; round += 1) {
    expect(await corp.getPage(`${upstream.url}simple/right/`, PAGE)).toMatchObject({
      body: Buffer.from(jsonPage('right')),
    })
    await vi.waitFor(() => expect(upstream.open()).toBe(0), { interval: 1 })
  }
  expect(upstream.connections()).toBe(3)
})

test('bytes beyond the announced length are not part of the page', async () => {
  const { url } = await server([
    WAIT,
    { send: answer(200, { 'content-type': JSON_TYPE, 'content-length': '2' }, '{}evil') },
    { hang: true },
  ])
  expect(await client(url).getPage(`${url}simple/acme/`, PAGE)).toMatchObject({ body: Buffer.from('{}') })
})

test('a page may be given more time than the first byte', async () => {
  const slow: Step[] = [
    WAIT,
    { send: truncated(PAGE_ANSWER, 0) },
    { waitMs: 150 },
    { send: PAGE_ANSWER.subarray(PAGE_ANSWER.indexOf('\r\n\r\n') + 4) },
  ]
  const { url } = await server(slow)
  expect(await client(url, { timeoutMs: 100 }).getPage(`${url}simple/`, { ...PAGE, totalMs: 5000 })).toMatchObject({
    kind: 'page',
  })
})
