import type { IncomingMessage, ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import { type SimpleUpstream, simpleUpstream, upstreamFile } from '../support/simple-upstream.ts'
import { startUnidex } from '../support/unidex.ts'
import { metadataText, wheelArchive } from '../support/wheel-archive.ts'

const WHEEL = 'acme-1.0-py3-none-any.whl'
const METADATA = metadataText('acme', '1.0')
const BYTES = wheelArchive('acme', '1.0', { ballast: 300_000 })

type Serve = (request: IncomingMessage, response: ServerResponse) => boolean

/** Serves the wheel by parts, as most servers do, and counts what it sends of it. */
function byParts(whole: Buffer): { serve: Serve; sent: () => number } {
  let sent = 0
  const serve: Serve = ({ url, headers, method }, response) => {
    const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(headers.range ?? '') ?? []
    if (!url?.endsWith('.whl') || method !== 'GET' || first === undefined) return false
    const start = first === '' ? Math.max(0, whole.length - Number(last)) : Number(first)
    const end = first === '' || last === '' ? whole.length : Math.min(whole.length, Number(last) + 1)
    sent += end - start
    response
      .writeHead(206, { 'Content-Range': `bytes ${start}-${end - 1}/${whole.length}`, 'Content-Length': end - start })
      .end(whole.subarray(start, end))
    return true
  }
  return { serve, sent: () => sent }
}

async function setUp({
  bytes = BYTES,
  listed = {},
  serve,
  more = {},
}: { bytes?: Buffer; listed?: Record<string, unknown>; serve?: Serve; more?: SimpleUpstream['projects'] } = {}) {
  const pypi = await simpleUpstream({ acme: [upstreamFile(WHEEL, bytes, listed)], ...more })
  pypi.instead = serve
  const unidex = await startUnidex({
    upstreams: { pypi: { url: pypi.url } },
    indexes: { default: { upstreams: ['pypi'] } },
  })
  const { host } = new URL(pypi.url)
  const at = (filename: string) => `/files/pypi/${host}/files/${filename}`
  const metadata = async () => {
    const response = await unidex.get(at(`${WHEEL}.metadata`))
    return [response.status, await response.text()]
  }
  const asked = () => pypi.requests.filter((each) => each.includes('/files/'))
  const advertised = async () => (await unidex.json('/simple/acme/')).files.map((file) => file['core-metadata'])
  return { ...unidex, pypi, at, metadata, asked, advertised }
}

describe('a page', () => {
  const SDIST = upstreamFile('acme-1.0.tar.gz')

  it.each([undefined, false, true, { sha256: 'ab'.repeat(32) }])(
    'promises metadata of every wheel, with the hash that its upstream gives (%j), and of nothing else',
    async (said) => {
      const wheel = upstreamFile(WHEEL, BYTES, said === undefined ? {} : { 'core-metadata': said })
      const { json, get } = await setUp({ more: { acme: [wheel, SDIST] } })
      const { files } = await json('/simple/acme/')
      const expected = typeof said === 'object' ? said : true
      expect(files.map((file) => [file['filename'], file['core-metadata'], file['dist-info-metadata']])).toEqual([
        [WHEEL, expected, undefined],
        ['acme-1.0.tar.gz', undefined, undefined],
      ])
      const html = await (await get('/simple/acme/', { accept: 'text/html' })).text()
      const attribute = typeof said === 'object' ? `sha256=${said.sha256}` : 'true'
      expect(html.match(/data-core-metadata="[^"]*"/g)).toEqual([`data-core-metadata="${attribute}"`])
    },
  )

  it('promises no more than its upstream where clients fetch the files from there', async () => {
    const pypi = await simpleUpstream({ acme: [upstreamFile(WHEEL, BYTES)] })
    const { json } = await startUnidex({
      upstreams: { pypi: { url: pypi.url, deliver: 'redirect' } },
      indexes: { default: { upstreams: ['pypi'] } },
    })
    expect((await json('/simple/acme/')).files[0]?.['core-metadata']).toBeUndefined()
  })
})

describe('metadata that no upstream has', () => {
  it.each([{}, { size: BYTES.length }, { hashes: {} }])(
    'is read out of the wheel by small parts, and once (%j)',
    async (listed) => {
      const { serve, sent } = byParts(BYTES)
      const { metadata, asked } = await setUp({ serve, listed })
      expect(await metadata()).toEqual([200, METADATA])
      expect(asked()).toEqual([`GET /files/${WHEEL}.metadata`, `GET /files/${WHEEL}`])
      expect(sent()).toBeLessThan(70_000)
      expect(await metadata()).toEqual([200, METADATA])
      expect(asked()).toHaveLength(2)
    },
  )

  it('is asked for once by a crowd, and HEAD says how long it is', async () => {
    const { metadata, asked, get, at } = await setUp({ serve: byParts(BYTES).serve })
    const all = await Promise.all(Array.from({ length: 30 }, metadata))
    expect(all).toEqual(all.map(() => [200, METADATA]))
    expect(asked()).toHaveLength(2)
    const head = await get(at(`${WHEEL}.metadata`), {}, 'HEAD')
    expect([head.status, head.headers.get('content-length')]).toEqual([200, String(METADATA.length)])
  })

  it.each([{}, { hashes: {} }])(
    'comes with the whole wheel where a server gives no parts, and the wheel is kept (%j)',
    async (listed) => {
      const { metadata, asked, get, at } = await setUp({ listed })
      expect(await metadata()).toEqual([200, METADATA])
      if (listed.hashes === undefined) {
        const before = asked().length
        expect(Buffer.from(await (await get(at(WHEEL))).arrayBuffer()).equals(BYTES)).toBe(true)
        expect(asked()).toHaveLength(before)
      }
    },
  )

  it('is read from a stored wheel without asking anybody', async () => {
    const { metadata, asked, get, at, unidex, pypi } = await setUp()
    await (await get(at(WHEEL))).arrayBuffer()
    await unidex.close()
    await pypi.stop()
    const before = asked().length
    expect(await metadata()).toEqual([200, METADATA])
    expect(asked()).toHaveLength(before)
  })

  it('is not looked for beside the wheels of a server that never has it', async () => {
    const names = Array.from({ length: 8 }, (_, i) => `lib${i}`)
    const projects = Object.fromEntries(
      names.map((each) => [each, [upstreamFile(`${each}-1.0-py3-none-any.whl`, wheelArchive(each, '1.0'))]]),
    )
    const { get, at, asked } = await setUp({ more: projects })
    for (const each of names) expect((await get(at(`${each}-1.0-py3-none-any.whl.metadata`))).status).toBe(200)
    expect(asked().filter((each) => each.endsWith('.metadata'))).toHaveLength(5)
  })

  it('is an error while the upstream cannot say, and promised still', async () => {
    const serve: Serve = ({ url }, response) => url?.endsWith('.whl') === true && !!response.writeHead(500).end()
    const { metadata, advertised, pypi } = await setUp({ serve })
    expect((await metadata())[0]).toBe(503)
    expect(await advertised()).toEqual([true])
    pypi.instead = byParts(BYTES).serve
    expect(await metadata()).toEqual([200, METADATA])
  })

  it('is not promised any more where the wheel is none', async () => {
    const { metadata, advertised, asked, events } = await setUp({ bytes: Buffer.alloc(100_000, 'no wheel ') })
    expect(await advertised()).toEqual([true])
    expect((await metadata())[0]).toBe(404)
    expect(await advertised()).toEqual([undefined])
    const before = asked().length
    expect((await metadata())[0]).toBe(404)
    expect(asked()).toHaveLength(before)
    expect(events.filter(({ event }) => event === 'metadata_unreadable')).toHaveLength(1)
  })
})

describe('metadata beside a wheel that nobody promised', () => {
  const beside =
    (status: number, body: string): Serve =>
    ({ url }, response) =>
      url?.endsWith('.metadata') === true && !!response.writeHead(status, { 'Content-Length': body.length }).end(body)

  it('is taken before the wheel is looked into', async () => {
    const { metadata, asked } = await setUp({ serve: beside(200, METADATA) })
    expect(await metadata()).toEqual([200, METADATA])
    expect(asked()).toEqual([`GET /files/${WHEEL}.metadata`])
  })

  it.each([
    [403, 'Forbidden'],
    [500, ''],
    [200, '<html>Sign in</html>'],
    [200, metadataText('evil', '1.0')],
  ])('is passed over where it is none (%i %j)', async (status, body) => {
    const { metadata } = await setUp({ serve: beside(status, body) })
    expect(await metadata()).toEqual([200, METADATA])
  })

  it('gives way to that in the wheel when the wheel passes', async () => {
    const other = metadataText('acme', '1.0', 'Requires-Dist: evil')
    const { metadata, get, at, events, unidex } = await setUp({ serve: beside(200, other) })
    expect(await metadata()).toEqual([200, other])
    await (await get(at(WHEEL))).arrayBuffer()
    await unidex.close()
    expect(events.filter(({ event }) => event === 'metadata_differs')).toMatchObject([
      { level: 'error', fields: { upstream: 'pypi', file: WHEEL } },
    ])
    expect(await metadata()).toEqual([200, METADATA])
  })

  it('is left as it is when the wheel has the same', async () => {
    const { metadata, get, at, events, unidex } = await setUp({ serve: byParts(BYTES).serve })
    await metadata()
    await (await get(at(WHEEL))).arrayBuffer()
    await unidex.close()
    expect(events.filter(({ level }) => level === 'error')).toEqual([])
  })
})

describe('metadata that a page promises', () => {
  it('and that is not there is read out of the wheel', async () => {
    const { metadata } = await setUp({ listed: { 'core-metadata': true }, serve: byParts(BYTES).serve })
    expect(await metadata()).toEqual([200, METADATA])
  })

  it('with a hash that the wheel does not have is an error', async () => {
    const listed = { 'core-metadata': { sha256: 'ab'.repeat(32) } }
    const { metadata } = await setUp({ listed, serve: byParts(BYTES).serve })
    expect((await metadata())[0]).toBe(503)
  })
})
