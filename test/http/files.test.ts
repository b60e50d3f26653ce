import { createHash, randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { memoryState } from '../../src/store/memory-state.ts'
import { name } from '../support/build.ts'
import { type SimpleUpstream, simpleUpstream, upstreamFile } from '../support/simple-upstream.ts'
import { startUnidex } from '../support/unidex.ts'

const LARGE = randomBytes(1_000_000)
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

async function setUp(
  projects: SimpleUpstream['projects'] = {
    big: [upstreamFile('big-1.0.tar.gz', LARGE)],
    small: [upstreamFile('small-1.0.tar.gz', 'small')],
  },
  rules = {},
) {
  const pypi = await simpleUpstream(projects)
  const state = memoryState()
  const unidex = await startUnidex(
    { upstreams: { pypi: { url: pypi.url } }, indexes: { default: { upstreams: ['pypi'], ...rules } } },
    { state },
  )
  const { host } = new URL(pypi.url)
  const fetched = () => pypi.requests.filter((each) => each.startsWith('GET /files/'))
  return { pypi, state, fetched, at: (filename: string) => `/files/pypi/${host}/files/${filename}`, ...unidex }
}

const bytesOf = async (response: Response) => Buffer.from(await response.arrayBuffer())
/** Reads to the end; true when the transfer was cut. */
const isCut = (response: Response) =>
  response.arrayBuffer().then(
    () => false,
    () => true,
  )

describe('a file', () => {
  it.each(['big-1.0.tar.gz', 'small-1.0.tar.gz'])(
    '%s is what the upstream has, cold and warm, and is fetched once',
    async (filename) => {
      const { get, at, fetched } = await setUp()
      const [cold, warm] = [await get(at(filename)), await get(at(filename))]
      const expected = filename.startsWith('big') ? LARGE : Buffer.from('small')
      for (const response of [cold, warm]) {
        expect(response.status).toBe(200)
        expect(response.headers.get('content-length')).toBe(String(expected.length))
        expect(response.headers.get('etag')).toBe(`"${sha256(expected)}"`)
        expect(response.headers.get('cache-control')).toContain('immutable')
        expect(response.headers.get('content-encoding')).toBeNull()
        expect((await bytesOf(response)).equals(expected)).toBe(true)
      }
      expect(fetched()).toHaveLength(1)
    },
  )

  it('is fetched once for many cold readers', async () => {
    const { get, at, fetched } = await setUp()
    const all = await Promise.all(Array.from({ length: 20 }, async () => bytesOf(await get(at('big-1.0.tar.gz')))))
    expect(all.every((each) => each.equals(LARGE))).toBe(true)
    expect(fetched()).toHaveLength(1)
  })

  it('is known as delivered before anybody has its last bytes', async () => {
    const { state, get, at } = await setUp()
    const known = () => state.servedHashes('pypi', name('big')).get('big-1.0.tar.gz')
    const reading = [1, 2, 3].map(async () => {
      const { body } = await get(at('big-1.0.tar.gz'))
      let left = LARGE.length
      for await (const chunk of body ?? []) {
        left -= chunk.length
        if (left === 0) expect(known()).toEqual([sha256(LARGE)])
      }
      expect(left).toBe(0)
    })
    expect(known()).toBeUndefined()
    await Promise.all(reading)
  })

  it('HEAD opens nothing at the upstream', async () => {
    const { get, at, pypi } = await setUp()
    const response = await get(at('big-1.0.tar.gz'), {}, 'HEAD')
    expect([response.status, response.headers.get('content-length'), response.headers.get('accept-ranges')]).toEqual([
      200,
      '1000000',
      'bytes',
    ])
    expect(pypi.requests.filter((each) => each.includes('/files/'))).toEqual([])
  })

  it.each([
    ['bytes=0-99', 0, 100],
    ['bytes=999900-', 999_900, 1_000_000],
    ['bytes=-16', 999_984, 1_000_000],
  ])('a range (%s) of a cold file joins the one fetch', async (range, start, end) => {
    const { get, at, fetched } = await setUp()
    const response = await get(at('big-1.0.tar.gz'), { range })
    expect([response.status, response.headers.get('content-range')]).toEqual([206, `bytes ${start}-${end - 1}/1000000`])
    expect((await bytesOf(response)).equals(LARGE.subarray(start, end))).toBe(true)
    expect(fetched()).toHaveLength(1)
  })

  it('a range outside is 416, and If-Range with another validator asks for the whole', async () => {
    const { get, at } = await setUp()
    expect((await get(at('big-1.0.tar.gz'), { range: 'bytes=1000000-' })).status).toBe(416)
    expect((await get(at('big-1.0.tar.gz'), { range: 'bytes=0-9', 'if-range': '"other"' })).status).toBe(200)
    expect((await get(at('big-1.0.tar.gz'), { range: 'bytes=0-9', 'if-range': `"${sha256(LARGE)}"` })).status).toBe(206)
  })

  it('is 304 for whoever has it, without asking for it', async () => {
    const { get, at, fetched } = await setUp()
    const response = await get(at('big-1.0.tar.gz'), { 'if-none-match': `"${sha256(LARGE)}"` })
    expect([response.status, fetched()]).toEqual([304, []])
  })

  it('goes on where the upstream’s transfer broke off', async () => {
    const { get, at, pypi } = await setUp()
    pypi.instead = (request, response) => {
      if (!request.url?.startsWith('/files/') || request.headers.range !== undefined) {
        const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1])
        if (!Number.isFinite(from)) return false
        response
          .writeHead(206, { 'Content-Length': LARGE.length - from, 'Content-Range': `bytes ${from}-999999/1000000` })
          .end(LARGE.subarray(from))
        return true
      }
      response.writeHead(200, { 'Content-Length': LARGE.length })
      response.write(LARGE.subarray(0, 300_000), () => response.destroy())
      return true
    }
    expect((await bytesOf(await get(at('big-1.0.tar.gz')))).equals(LARGE)).toBe(true)
  })
})

describe('a file that is wrong', () => {
  it('never arrives whole, and is not kept', async () => {
    const changed = Buffer.from(LARGE)
    changed[500_000] = (changed[500_000] ?? 0) ^ 1
    const { get, at, pypi, fetched, events } = await setUp()
    pypi.instead = (request, response) => {
      if (!request.url?.startsWith('/files/')) return false
      response.writeHead(200, { 'Content-Length': changed.length }).end(changed)
      return true
    }
    expect(await isCut(await get(at('big-1.0.tar.gz')))).toBe(true)
    expect(events.find((each) => each.event === 'file_refused')?.fields).toMatchObject({
      upstream: 'pypi',
      file: 'big-1.0.tar.gz',
    })
    pypi.instead = undefined
    expect((await bytesOf(await get(at('big-1.0.tar.gz')))).equals(LARGE)).toBe(true)
    expect(fetched()).toHaveLength(2)
  })

  it('is an error before the first byte where it is small', async () => {
    const { get, at, pypi } = await setUp()
    pypi.instead = (request, response) => {
      if (!request.url?.startsWith('/files/')) return false
      response.writeHead(200, { 'Content-Length': 5 }).end('other')
      return true
    }
    expect((await get(at('small-1.0.tar.gz'))).status).toBe(503)
  })

  it('is an error before the first byte where its length is not the one of its page', async () => {
    const { get, at, pypi } = await setUp()
    pypi.instead = (request, response) => {
      if (!request.url?.startsWith('/files/')) return false
      response.writeHead(200, { 'Content-Length': LARGE.length - 1 }).end(LARGE.subarray(1))
      return true
    }
    expect((await get(at('big-1.0.tar.gz'))).status).toBe(503)
  })
})

describe('what cannot be fetched', () => {
  it('a file that no page lists is 404, and is not asked for', async () => {
    const { get, at, pypi } = await setUp()
    for (const path of [
      at('big-9.0.tar.gz'),
      '/files/pypi/127.0.0.1:1/files/big-1.0.tar.gz',
      '/files/other/x/big-1.0.tar.gz',
      '/files/pypi/http://127.0.0.1/big-1.0.tar.gz',
    ]) {
      expect((await get(path)).status).toBe(404)
    }
    expect(pypi.requests.filter((each) => each.includes('/files/'))).toEqual([])
  })

  it('a hidden file is 403 with the rule', async () => {
    const { get, at } = await setUp(undefined, { rules: [{ projects: ['big'], versions: '>1' }] })
    const response = await get(at('big-1.0.tar.gz'))
    expect([response.status, await response.text()]).toEqual([
      403,
      expect.stringContaining('rule versions: >1 (merge-rules.json:1)'),
    ])
  })

  it('a file of a denied project is 403 with the reason', async () => {
    const { get, at, json } = await setUp(undefined, { rules: [{ projects: ['big'], deny: 'too big' }] })
    const response = await get(at('big-1.0.tar.gz'))
    expect([response.status, await response.text()]).toEqual([
      403,
      expect.stringMatching(
        /^big-1\.0\.tar\.gz is withheld: too big; more at http:\/\/127\.0\.0\.1:8642\/projects\/big \(request \S+\)\n$/,
      ),
    ])
    expect(await json('/simple/big/')).toMatchObject({
      files: [],
      'project-status': { status: 'quarantined', reason: 'too big' },
    })
  })

  it('a file that went from the upstream is 404, after its page was asked for again', async () => {
    const { get, at, pypi, clock } = await setUp()
    pypi.instead = (request, response) =>
      request.url?.startsWith('/files/') ? (response.writeHead(404).end(), true) : false
    clock.forward(5000)
    expect((await get(at('big-1.0.tar.gz'))).status).toBe(404)
  })
})

describe('beside a file', () => {
  it('.metadata is the upstream’s, checked against the hash of the page', async () => {
    const metadata = Buffer.from('Metadata-Version: 2.1\nName: x\nVersion: 1\n')
    const { get, at, pypi, json } = await setUp({
      x: [upstreamFile('x-1-py3-none-any.whl', 'wheel', { 'core-metadata': { sha256: sha256(metadata) } })],
    })
    let sent = metadata
    pypi.instead = (request, response) =>
      request.url?.endsWith('.metadata') ? (response.writeHead(200).end(sent), true) : false
    expect((await json('/simple/x/')).files[0]).toMatchObject({ 'core-metadata': { sha256: sha256(metadata) } })
    const response = await get(at('x-1-py3-none-any.whl.metadata'))
    expect([response.status, (await bytesOf(response)).equals(metadata)]).toEqual([200, true])
    sent = Buffer.from('Name: evil')
    const kept = await get(at('x-1-py3-none-any.whl.metadata'))
    expect((await bytesOf(kept)).equals(metadata)).toBe(true)
  })

  it('.metadata with another content than the page says is an error', async () => {
    const { get, at, pypi } = await setUp({
      x: [upstreamFile('x-1-py3-none-any.whl', 'wheel', { 'core-metadata': { sha256: sha256(Buffer.from('right')) } })],
    })
    pypi.instead = (request, response) =>
      request.url?.endsWith('.metadata') ? (response.writeHead(200).end('wrong'), true) : false
    expect((await get(at('x-1-py3-none-any.whl.metadata'))).status).toBe(503)
  })

  it('HEAD tells the size of what is there, and opens no body at the upstream', async () => {
    const { get, at, pypi } = await setUp({ x: [upstreamFile('x-1-py3-none-any.whl')] })
    pypi.instead = (request, response) =>
      request.url?.endsWith('.metadata') ? (response.writeHead(200, { 'Content-Length': 7 }).end(), true) : false
    const response = await get(at('x-1-py3-none-any.whl.metadata'), {}, 'HEAD')
    expect([response.status, response.headers.get('content-length')]).toEqual([200, '7'])
    expect(pypi.requests.filter((each) => each.includes('/files/')).map((each) => each.split(' ')[0])).toEqual(['HEAD'])
  })

  it('a signature that is not there is 404', async () => {
    const { get, at } = await setUp()
    expect((await get(at('big-1.0.tar.gz.asc'))).status).toBe(404)
  })
})
