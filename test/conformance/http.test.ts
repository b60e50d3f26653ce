/** Cases 94 to 111 of the simple repository API: what is said over HTTP. */
import { createHash, randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { Parser } from 'htmlparser2'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { HASH_NAMES } from '../../src/simple/model.ts'
import { answer, openHostileUpstream } from '../support/hostile-upstream.ts'
import { upstreamFile } from '../support/simple-upstream.ts'
import { startUnidex } from '../support/unidex.ts'
import { HTML_TYPE, JSON_TYPE, SDIST, type Says, WHEEL, detail, entry, header, links, merged } from './two-upstreams.ts'

const PAGE = '/simple/foo/'
const BYTES = randomBytes(1000)
const SHA256 = createHash('sha256').update(BYTES).digest('hex')

/** A has a page with one file, and the file. */
async function withFile(more: { readonly listed?: object; readonly a?: Says } = {}) {
  const a = more.a ?? detail([entry(SDIST, { hashes: { sha256: SHA256 }, size: BYTES.length, ...more.listed })])
  const product = await merged({ a, b: 404, filesOfA: [upstreamFile(SDIST, BYTES)] })
  return { ...product, file: product.at(SDIST), etag: `"${SHA256}"` }
}

const bytesOf = async (response: Response) => Buffer.from(await response.arrayBuffer())

describe('negotiation', () => {
  const [PIP, UV] = ['0.1', '0.2'].map((q) => `${JSON_TYPE}, ${HTML_TYPE}; q=${q}, text/html; q=0.01`)
  const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'

  it.each([
    [undefined, 'text/html'],
    ['*/*', 'text/html'],
    [BROWSER, 'text/html'],
    [PIP, JSON_TYPE],
    [UV, JSON_TYPE],
    [`${JSON_TYPE}, */*;q=0.1`, JSON_TYPE],
    ['application/vnd.pypi.simple.latest+json', JSON_TYPE],
    ['application/vnd.pypi.simple.latest+html', HTML_TYPE],
    [`${JSON_TYPE};q=0, */*`, 'text/html'],
    ['application/*', JSON_TYPE],
  ])('94: Accept: %s is answered as %s', async (accept, type) => {
    const { get } = await withFile()
    const response = await get(PAGE, accept === undefined ? {} : { accept })
    expect([response.status, header(response, 'content-type')]).toEqual([200, type])
    expect(header(response, 'vary')).toBe('Accept, Accept-Encoding')
  })

  it.each(['application/json', 'application/vnd.pypi.simple.v2+json'])('94: Accept: %s is 406', async (accept) => {
    const { get } = await withFile()
    const response = await get(PAGE, { accept })
    expect([response.status, header(response, 'vary')]).toEqual([406, 'Accept'])
    expect(await response.text()).toContain(JSON_TYPE)
  })

  it('95: ?format= comes before Accept; one that is not known leaves it to Accept', async () => {
    const { get } = await withFile()
    const typeOf = async (format: string) =>
      header(await get(`${PAGE}?format=${encodeURIComponent(format)}`, { accept: 'text/html' }), 'content-type')
    expect([await typeOf(JSON_TYPE), await typeOf('xml')]).toEqual([JSON_TYPE, 'text/html'])
  })
})

describe('conditions and lifetimes', () => {
  it('96: the ETag of the JSON is none of the HTML', async () => {
    const { get } = await withFile()
    const json = await get(PAGE, { accept: JSON_TYPE })
    const html = await get(PAGE, { accept: HTML_TYPE, 'if-none-match': header(json, 'etag') ?? '' })
    expect(html.status).toBe(200)
    expect(header(html, 'etag')).not.toBe(header(json, 'etag'))
  })

  it('97: whoever has the page gets 304, with what a cache must know', async () => {
    const { get } = await withFile()
    const whole = await get(PAGE)
    const etag = header(whole, 'etag') ?? ''
    for (const held of [etag, `W/${etag}`, `"x", ${etag}`, '*']) {
      const response = await get(PAGE, { 'if-none-match': held })
      expect([response.status, await response.text()]).toEqual([304, ''])
      for (const name of ['etag', 'cache-control', 'vary']) expect(header(response, name)).toBe(header(whole, name))
    }
  })

  it('98: A says 304: the same bytes with the same ETag', async () => {
    let asked = 0
    const page = JSON.stringify({ meta: { 'api-version': '1.4' }, name: 'foo', versions: [], files: [entry(SDIST)] })
    const { get, clock } = await withFile({
      a(request, response) {
        asked += 1
        if (request.headers['if-none-match'] === '"one"') response.writeHead(304).end()
        else response.writeHead(200, { 'Content-Type': JSON_TYPE, ETag: '"one"' }).end(page)
      },
    })
    const first = await get(PAGE)
    clock.forward(3_600_000)
    const second = await get(PAGE)
    expect([asked, header(second, 'etag'), await second.text()]).toEqual([2, header(first, 'etag'), await first.text()])
  })

  // What an upstream says counts between one and ten minutes (design 3).
  it('99: A may be kept for ten minutes, B not at all: for a minute', async () => {
    const lasting =
      (lifetime: string, filename: string): Says =>
      (_request, response) => {
        const page = { meta: { 'api-version': '1.4' }, name: 'foo', versions: [], files: [entry(filename)] }
        response.writeHead(200, { 'Content-Type': JSON_TYPE, 'Cache-Control': lifetime }).end(JSON.stringify(page))
      }
    const { get } = await merged({ a: lasting('max-age=600', SDIST), b: lasting('no-cache', WHEEL) })
    expect(header(await get(PAGE), 'cache-control')?.split(', ')[0]).toBe('max-age=60')
    const alone = await merged({ a: lasting('max-age=600', SDIST), strategy: 'first-index' })
    expect(header(await alone.get(PAGE), 'cache-control')?.split(', ')[0]).toBe('max-age=600')
  })

  // Requests of the same two seconds share one question (design 8).
  it('100: Cache-Control: max-age=0 makes us ask A again', async () => {
    const { get, a, clock } = await withFile()
    const asked = () => a.requests.filter((each) => each === `GET ${PAGE}`).length
    await get(PAGE, { 'cache-control': 'max-age=0' })
    await get(PAGE, { 'cache-control': 'max-age=0' })
    expect(asked()).toBe(1)
    clock.forward(3000)
    await get(PAGE)
    expect(asked()).toBe(1)
    await get(PAGE, { 'cache-control': 'max-age=0' })
    expect(asked()).toBe(2)
  })

  it('101: HEAD of a page and of a file: the headers of GET, no body, and no redirect', async () => {
    const { get, file } = await withFile()
    for (const path of [PAGE, file]) {
      const [head, whole] = [await get(path, {}, 'HEAD'), await get(path)]
      expect([head.status, await head.text()]).toEqual([200, ''])
      for (const name of ['content-type', 'content-length', 'accept-ranges', 'etag', 'cache-control', 'vary'])
        expect([name, header(head, name)]).toEqual([name, header(whole, name)])
      await whole.arrayBuffer()
    }
    expect(header(await get(file, {}, 'HEAD'), 'accept-ranges')).toBe('bytes')
  })
})

describe('files', () => {
  it.each<[string, number, Buffer | undefined]>([
    ['bytes=0-99', 206, BYTES.subarray(0, 100)],
    ['bytes=100-', 206, BYTES.subarray(100)],
    ['bytes=-50', 206, BYTES.subarray(-50)],
    ['bytes=0-0,5-6', 200, BYTES],
    ['bytes=1000-', 416, undefined],
  ])('102: Range: %s is %i', async (range, status, bytes) => {
    const { get, file } = await withFile()
    const response = await get(file, { range })
    expect(response.status).toBe(status)
    if (bytes !== undefined) expect((await bytesOf(response)).equals(bytes)).toBe(true)
    else expect(header(response, 'content-range')).toBe('bytes */1000')
  })

  it('102: If-Range with the ETag of something else asks for the whole', async () => {
    const { get, file, etag } = await withFile()
    expect((await get(file, { range: 'bytes=0-9', 'if-range': '"old"' })).status).toBe(200)
    expect((await get(file, { range: 'bytes=0-9', 'if-range': etag })).status).toBe(206)
  })

  it('103: Accept-Encoding changes nothing about a file: its bytes have the hash of the page', async () => {
    const { get, file } = await withFile()
    const response = await get(file, { 'accept-encoding': 'gzip, deflate, zstd' })
    expect(header(response, 'content-encoding')).toBeNull()
    expect(
      createHash('sha256')
        .update(await bytesOf(response))
        .digest('hex'),
    ).toBe(SHA256)
  })

  it('104: bytes with another hash than the page says never arrive whole, and are not kept', async () => {
    const large = randomBytes(500_000)
    const listed = { hashes: { sha256: createHash('sha256').update(large).digest('hex') }, size: large.length }
    const product = await withFile({ listed })
    const wrong = Buffer.from(large)
    wrong[7] = (wrong[7] ?? 0) ^ 1
    product.a.projects = { files: [upstreamFile(SDIST, wrong)] }
    await expect((await product.get(product.file)).arrayBuffer()).rejects.toThrow()
    product.a.projects = { files: [upstreamFile(SDIST, large)] }
    expect((await bytesOf(await product.get(product.file))).equals(large)).toBe(true)
  })
})

describe('the server', () => {
  it('105: a hundred clients at once ask each upstream once', async () => {
    const { get, a, b } = await withFile()
    const all = await Promise.all(Array.from({ length: 100 }, () => get(PAGE)))
    expect(all.map(({ status }) => status)).toEqual(Array(100).fill(200))
    expect([a.requests, b.requests]).toEqual([[`GET ${PAGE}`], [`GET ${PAGE}`]])
  })

  it.each(['/simple/', '/legacy/'])('106: POST %s is 405, with what is possible', async (path) => {
    const { get } = await withFile()
    const response = await get(path, {}, 'POST')
    expect([response.status, header(response, 'allow')]).toEqual([405, 'GET, HEAD'])
  })

  // Who may ask is for what stands in front of the server; what it sends to upstreams is its own (design 2).
  it('107: our secret for A goes to A and into nothing that is served or said, and its 401 is not passed on', async () => {
    const secret = 'correct-horse'
    const given = { keysOfA: { auth: { username: 'ci', password: secret } }, strategy: 'first-index' } as const
    const fine = await merged({ a: detail([entry(SDIST)]), ...given })
    const denied = await merged({ a: 401, ...given })
    const said = [...(await fine.get(PAGE, { accept: JSON_TYPE })).headers, await fine.html(), fine.events]
    const response = await denied.get(PAGE)
    expect([response.status, header(response, 'www-authenticate')]).toEqual([502, null])
    const everything = JSON.stringify([
      said,
      await fine.page(),
      ...response.headers,
      await response.text(),
      denied.events,
    ])
    expect(fine.a.headersSeen[0]?.authorization).toBe(`Basic ${btoa(`ci:${secret}`)}`)
    for (const each of [secret, btoa(`ci:${secret}`)]) expect(everything).not.toContain(each)
  })

  it.each([
    ['a header line of 10 MB', answer(200, { 'content-type': JSON_TYPE, 'x-long': 'x'.repeat(10_000_000) }, '{}')],
    ['a line end in its reason', Buffer.from('HTTP/1.1 200 fine\rSet-Cookie: evil=1\r\nContent-Length: 0\r\n\r\n')],
    [
      'a few bytes of gzip that become 100 MB',
      answer(200, { 'content-type': JSON_TYPE, 'content-encoding': 'gzip' }, gzipSync(Buffer.alloc(100_000_000))),
    ],
  ])('108: A answers with %s: it failed, and nothing of it is seen', async (_what, bytes) => {
    const a = await openHostileUpstream([{ site: { [PAGE]: bytes } }])
    try {
      const { get } = await startUnidex({
        upstreams: { a: { url: `${a.url}simple/` } },
        indexes: { default: { upstreams: ['a'] } },
      })
      const response = await get(PAGE)
      expect([response.status, header(response, 'set-cookie'), header(response, 'x-long')]).toEqual([503, null, null])
    } finally {
      await a.close()
    }
  })
})

describe('what is written', () => {
  const FILES = [
    entry(SDIST, { yanked: 'a "b" <c> & \'d\'', 'requires-python': '>=3.8,<4', provenance: 'https://a.example/p' }),
    entry(WHEEL, { 'upload-time': '2024-01-02T03:04:05.5Z', 'core-metadata': { sha256: SHA256 }, yanked: true }),
    entry('foo-1.0+local.1-py3-none-any.whl', { 'gpg-sig': true, 'core-metadata': true }),
  ]

  // That pip itself reads it so is a journey's.
  it('109: HTML: each anchor’s text is the end of its link, and the file’s name; links of the list end in a slash', async () => {
    const { get, html, page } = await merged({ a: detail(FILES) })
    const anchors = anchorsOf(await html())
    expect(anchors.map(({ text }) => text)).toEqual((await page()).files.map(({ filename }) => filename))
    for (const { href, text } of anchors)
      expect(decodeURIComponent(new URL(href, 'http://x/simple/foo/').pathname.split('/').at(-1) ?? '')).toBe(text)
    const list = anchorsOf(await (await get('/simple/', { accept: HTML_TYPE })).text())
    expect(list).toEqual([{ href: 'files/', text: 'files' }])
  })

  it('110: JSON: what must be there is there, nothing is null, and everything has its type', async () => {
    for (const a of [detail(FILES), detail([]), links(`href="${SDIST}"`)] satisfies Says[]) {
      const page = await (await merged({ a })).page()
      expect(STRICT_PAGE.safeParse(page).error).toBeUndefined()
    }
  })

  // What is in them is in test/http/mirror-routes.test.ts and published-stats.test.ts.
  it('111: signatures of pages are gone for good (410); mirrors and counts have the forms of PEP 381', async () => {
    const { get, a } = await withFile()
    for (const path of ['/serversig/foo', '/serverkey']) expect((await get(path)).status).toBe(410)
    expect(await (await get('/mirrors')).text()).toContain(',simple,last-modified,local-stats,stats,mirrors\n')
    // Before each upstream has answered once, nobody knows.
    expect((await get('/last-modified')).status).toBe(503)
    expect(a.requests).toEqual([])
    await get(PAGE)
    expect(await (await get('/last-modified')).text()).toMatch(/^\d{8}T\d\d:\d\d:\d\d\n?$/)
  })
})

/** Links as a parser of the wild sees them. */
function anchorsOf(html: string): { href: string; text: string }[] {
  const anchors: { href: string; text: string }[] = []
  let isInside = false
  const parser = new Parser({
    onopentag(name, { href = '' }) {
      isInside = name === 'a'
      if (isInside) anchors.push({ href, text: '' })
    },
    ontext(text) {
      const last = anchors.at(-1)
      if (isInside && last !== undefined) last.text += text
    },
    onclosetag: () => (isInside = false),
  })
  parser.end(html)
  return anchors
}

const HASHES = z.partialRecord(z.enum(HASH_NAMES), z.string())

/** As uv reads it: a wrong type of one key makes the page unreadable for it. */
const STRICT_PAGE = z.strictObject({
  meta: z.strictObject({ 'api-version': z.enum(['1.0', '1.4']) }),
  name: z.string(),
  'project-status': z.strictObject({ status: z.string(), reason: z.string().optional() }).optional(),
  versions: z.array(z.string()),
  files: z.array(
    z.strictObject({
      filename: z.string(),
      url: z.string(),
      hashes: HASHES,
      'requires-python': z.string().optional(),
      size: z.int().nonnegative().optional(),
      'upload-time': z.iso.datetime().optional(),
      yanked: z.union([z.literal(true), z.string().min(1)]).optional(),
      'core-metadata': z.union([z.literal(true), HASHES]).optional(),
      'gpg-sig': z.boolean().optional(),
      provenance: z.url().optional(),
    }),
  ),
})
