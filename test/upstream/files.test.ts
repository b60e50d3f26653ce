import { expect, test, vi } from 'vitest'
import type { FileReply } from '../../src/upstream/contract.ts'
import { answer, chunked, jsonAnswer, serve, type Step, truncated } from '../support/hostile-upstream.ts'
import { client, failure, server, whole } from './open.ts'

const WAIT = { waitRequest: true } as const

test('a file comes as it is, with its size and its validator, and is asked for without an encoding', async () => {
  const upstream = await server(serve(answer(200, { etag: '"f"' }, 'the bytes')))
  const reply = await client(upstream.url).openFile(`${upstream.url}files/a.whl?signature=1`)
  expect(reply).toMatchObject({ kind: 'file', size: 9, start: 0, validator: { etag: '"f"' } })
  expect(reply.kind === 'file' && (await whole(reply.body))).toBe('the bytes')
  expect(upstream.requests[0]).toMatchObject({
    path: '/files/a.whl?signature=1',
    headers: { 'accept-encoding': 'identity' },
  })
})

test('what is compressed although nobody asked for it is passed on as it was sent', async () => {
  const { url } = await server(serve(answer(200, { 'content-encoding': 'gzip' }, 'raw')))
  const reply = await client(url).openFile(`${url}files/a.tar.gz`)
  expect(reply.kind === 'file' && (await whole(reply.body))).toBe('raw')
})

test('the rest of a file is asked for from a byte, as long as it is still the same file', async () => {
  const upstream = await server(serve(answer(206, { 'content-range': 'bytes 4-8/9', etag: '"f"' }, 'bytes')))
  const reply = await client(upstream.url).openFile(`${upstream.url}files/a.whl`, { rangeStart: 4, ifRange: '"f"' })
  expect(reply).toMatchObject({ kind: 'file', start: 4, size: 9 })
  expect(reply.kind === 'file' && (await whole(reply.body))).toBe('bytes')
  expect(upstream.requests[0]?.headers).toMatchObject({ range: 'bytes=4-', 'if-range': '"f"' })
})

test('a server that ignores ranges gives the whole file', async () => {
  const { url } = await server(serve(answer(200, {}, 'the bytes')))
  expect(await client(url).openFile(`${url}files/a.whl`, { rangeStart: 4 })).toMatchObject({ start: 0, size: 9 })
})

test.each([
  ['another first byte', 'bytes 3-8/9', 4],
  ['an end before the end of the file', 'bytes 4-6/9', 4],
  ['more than the file has', 'bytes 4-9/9', 4],
  ['a last byte before the first', 'bytes 4-3/9', 4],
  ['no range', undefined, 4],
  ['several parts', undefined, 4],
  ['garbage', 'bytes 4-x/9', 4],
  ['a range that nobody asked for', 'bytes 0-8/9', undefined],
] as const)('a part with %s is refused', async (_, contentRange, rangeStart) => {
  const { url } = await server(serve(answer(206, { 'content-range': contentRange }, 'bytes')))
  expect(
    await failure(client(url).openFile(`${url}files/a.whl`, rangeStart === undefined ? {} : { rangeStart })),
  ).toMatchObject({ code: 'protocol' })
})

test.each([
  [404, 'absent'],
  [410, 'absent'],
])('%i means that the file is not there', async (status, kind) => {
  const { url } = await server(serve(answer(status)))
  expect(await client(url).openFile(`${url}files/a.whl`)).toEqual({ kind, status })
  expect(await client(url).headFile(`${url}files/a.whl`)).toBeUndefined()
})

test.each([
  [401, 'denied'],
  [403, 'denied'],
  [429, 'throttled'],
  [500, 'status'],
  [416, 'status'],
  [204, 'protocol'],
  [304, 'protocol'],
])('%i for a file is a failure of the kind "%s"', async (status, code) => {
  const { url } = await server(serve(answer(status, status === 304 ? { 'content-length': undefined } : {})))
  expect(await failure(client(url).openFile(`${url}files/a.whl`))).toMatchObject({ code, status })
})

async function readingFails(steps: readonly Step[]): Promise<{ code: string; read: string }> {
  const { url } = await server(steps)
  const reply = await client(url, { silenceMs: 100 }).openFile(`${url}files/a.whl`)
  let read = ''
  const reading = async () => {
    if (reply.kind === 'file') for await (const chunk of reply.body) read += chunk.toString()
  }
  const { code } = await failure(reading())
  return { code, read }
}

test.each<[string, string, readonly Step[]]>([
  [
    'a file that is cut off',
    'truncated',
    [WAIT, { send: truncated(answer(200, {}, 'the bytes'), 3) }, { waitMs: 20 }, { close: 'fin' }],
  ],
  [
    'a file in chunks that is cut off',
    'truncated',
    [WAIT, { send: chunked('the', { bad: 'noend' }) }, { waitMs: 20 }, { close: 'fin' }],
  ],
  [
    'a file whose connection is reset',
    'reset',
    [WAIT, { send: truncated(answer(200, {}, 'the bytes'), 3) }, { waitMs: 20 }, { close: 'rst' }],
  ],
  ['a file that stops coming', 'timeout', [WAIT, { send: truncated(answer(200, {}, 'the bytes'), 3) }, { hang: true }]],
])('%s fails where it is read, after the bytes that came', async (_, code, steps) => {
  expect(await readingFails(steps)).toEqual({ code, read: 'the' })
})

test.each([
  ['fewer', 'truncated', 'byt'],
  ['more', 'protocol', 'bytes and more'],
])('a part with %s bytes than its range says is no whole part', async (_, code, body) => {
  const { url } = await server(serve(answer(206, { 'content-range': 'bytes 4-8/9' }, body)))
  const reply = await client(url).openFile(`${url}files/a.whl`, { rangeStart: 4 })
  expect(reply.kind === 'file' && (await failure(whole(reply.body))).code).toBe(code)
})

test('a slow file has no limit as long as it comes', async () => {
  const bytes = answer(200, {}, 'the bytes')
  const { url } = await server([
    WAIT,
    { send: truncated(bytes, 0) },
    { drip: Buffer.from('the bytes'), bytes: 1, everyMs: 20 },
  ])
  const reply = await client(url, { timeoutMs: 100, silenceMs: 1000 }).openFile(`${url}files/a.whl`)
  expect(reply.kind === 'file' && (await whole(reply.body))).toBe('the bytes')
})

type File = Extract<FileReply, { kind: 'file' }>

async function leaveAfterOneChunk(file: File): Promise<void> {
  for await (const chunk of file.body) if (chunk.length > 0) return
}

test.each([
  ['leaving the loop', leaveAfterOneChunk],
  ['cancelling', async (file: File) => file.cancel()],
])('%s ends the request', async (_, leave) => {
  const endless: Step[] = [{ repeat: 'forever', steps: [{ send: Buffer.alloc(1000) }] }]
  const upstream = await server([WAIT, { send: 'HTTP/1.1 200 OK\r\n\r\n' }, ...endless])
  const reply = await client(upstream.url).openFile(`${upstream.url}files/a.whl`)
  if (reply.kind === 'file') await leave(reply)
  await vi.waitFor(() => expect(upstream.open()).toBe(0), { interval: 1 })
})

test('HEAD tells the size of a file without its bytes', async () => {
  const upstream = await server(serve('HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\netag: "f"\r\n\r\n'))
  expect(await client(upstream.url).headFile(`${upstream.url}files/a.whl`)).toEqual({
    size: 1_000_000,
    validator: { etag: '"f"' },
  })
  expect(upstream.requests[0]?.method).toBe('HEAD')
})

test('a file outside every base is refused before anybody is asked', async () => {
  const other = await server(serve(answer(200, {}, 'secret')))
  const { url } = await server(serve(jsonAnswer('acme')))
  const corp = client(url, { filesAt: ['https://files.example/packages/'] })
  for (const ask of [corp.openFile(`${other.url}files/a.whl`), corp.headFile(`${other.url}files/a.whl`)]) {
    expect(await failure(ask)).toMatchObject({ code: 'address-refused', mayHeal: false })
  }
  expect(other.connections()).toBe(0)
})

test('where bases are named, the index itself is none of them: a file may not lead to it, and to its secrets', async () => {
  const upstream = await server(serve(answer(200, {}, 'what only we may read')))
  const store = await server(serve(answer(302, { location: `${upstream.url}admin/export/a.whl` })))
  const corp = client(upstream.url, { filesAt: [`${store.url}bucket/`] })
  expect(await failure(corp.openFile(`${store.url}bucket/a.whl`))).toMatchObject({ code: 'redirect-refused' })
  expect(upstream.requests).toEqual([])
})

test('a redirect below a base is followed, any other one is refused before anybody is asked', async () => {
  const store = await server(serve(answer(200, {}, 'the bytes')))
  const upstream = await server(
    serve(
      answer(302, { location: `${store.url}bucket/a.whl?signature=1` }),
      answer(302, { location: `${store.url}admin` }),
    ),
  )
  const corp = client(upstream.url, { filesAt: [`${upstream.url}files/`, `${store.url}bucket/`], maxConnections: 1 })
  const reply = await corp.openFile(`${upstream.url}files/a.whl`)
  expect(reply.kind === 'file' && (await whole(reply.body))).toBe('the bytes')
  expect(await failure(corp.openFile(`${upstream.url}files/a.whl`))).toMatchObject({ code: 'redirect-refused' })
  expect(store.requests.map(({ path }) => path)).toEqual(['/bucket/a.whl?signature=1'])
})
