/** Cases 61 to 82 of the simple repository API: what is said of a file, in either format and in both upstreams. */
import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { group } from '../mirrors/group.ts'
import { upstreamFile } from '../support/simple-upstream.ts'
import { metadataText, wheelArchive } from '../support/wheel-archive.ts'
import { type Merged, H1, H2, SDIST, WHEEL, detail, entry, links, merged } from './two-upstreams.ts'

function sha256(bytes: string | Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** The attribute as it stands in our page; undefined where the page does not have it. */
async function attribute({ html }: Merged, name: string): Promise<string | undefined> {
  return new RegExp(` ${name}="([^"]*)"`).exec(await html())?.[1]
}

describe('Requires-Python', () => {
  it.each([
    ['61: escaped', '&gt;=3.8,&lt;4', '>=3.8,<4', '&gt;=3.8,&lt;4'],
    ['62: not escaped', '>=3.8', '>=3.8', '&gt;=3.8'],
    ['63: escaped twice, and read once', '&amp;gt;=3', '&gt;=3', '&amp;gt;=3'],
  ])('%s in HTML (%s) is %s in JSON, and escaped in HTML', async (_case, said, inJson, inHtml) => {
    const product = await merged({ a: links(`href="${SDIST}" data-requires-python="${said}"`) })
    expect((await product.only())['requires-python']).toBe(inJson)
    expect(await attribute(product, 'data-requires-python')).toBe(inHtml)
  })

  it.each([null, ''])('64: %j is not mentioned', async (said) => {
    const product = await merged({ a: detail([entry(SDIST, { 'requires-python': said })]) })
    expect(Object.keys(await product.only())).not.toContain('requires-python')
    expect(await product.html()).not.toContain('data-requires-python')
  })

  it('65: of the same content, where A does not say it, is what B says', async () => {
    const { only } = await merged({
      a: detail([entry(SDIST)]),
      b: detail([entry(SDIST, { 'requires-python': '>=3.9' })]),
    })
    expect((await only())['requires-python']).toBe('>=3.9')
  })
})

describe('yanked', () => {
  it('66: of the upstream itself, and not of its mirror: it stays, also while the mirror alone answers', async () => {
    const { own, json, clock } = await group({ foo: [upstreamFile(SDIST)] })
    own.projects = { foo: [upstreamFile(SDIST, SDIST, { yanked: 'bad' })] }
    expect((await json('/simple/foo/')).files).toMatchObject([{ yanked: 'bad' }])
    await own.stop()
    clock.forward(3_600_000)
    expect((await json('/simple/foo/')).files).toMatchObject([{ yanked: 'bad' }])
  })

  // The upstream itself has the last word: where it answers, it says that the file is good.
  it('66: of a mirror, and not of its upstream: it counts while that cannot say', async () => {
    const { own, mirror, json } = await group({ foo: [upstreamFile(SDIST)] })
    mirror.projects = { foo: [upstreamFile(SDIST, SDIST, { yanked: 'bad' })] }
    await own.stop()
    expect((await json('/simple/foo/')).files).toMatchObject([{ yanked: 'bad' }])
  })

  it('67: in B alone, which is another upstream: A’s word counts, and it is said in the log', async () => {
    const b = detail([entry(SDIST, { yanked: 'bad' })])
    const { only, events } = await merged({ a: detail([entry(SDIST)]), b })
    expect((await only())['yanked']).toBeUndefined()
    expect(events.filter(({ event }) => event === 'yank_outranked')).toMatchObject([
      { level: 'warn', fields: { file: SDIST, upstream: 'b', served: 'a' } },
    ])
  })

  it('67: a file of other content says nothing about this one', async () => {
    const b = detail([entry(SDIST, { yanked: 'bad', hashes: { sha256: H2 } })])
    const { only, events } = await merged({ a: detail([entry(SDIST)]), b })
    expect((await only())['yanked']).toBeUndefined()
    expect(events.map(({ event }) => event)).not.toContain('yank_outranked')
  })

  it.each([
    ['68: data-yanked="" in HTML', links(`href="${SDIST}" data-yanked=""`)],
    ['68: data-yanked in HTML', links(`href="${SDIST}" data-yanked`)],
    ['69: "" in JSON', detail([entry(SDIST, { yanked: '' })])],
  ])('%s is yanked without a reason', async (_case, a) => {
    const product = await merged({ a })
    expect((await product.only())['yanked']).toBe(true)
    expect(await attribute(product, 'data-yanked')).toBe('')
  })

  it.each([false, null])('70: %j is not yanked, and not mentioned', async (yanked) => {
    const product = await merged({ a: detail([entry(SDIST, { yanked })]) })
    expect(Object.keys(await product.only())).not.toContain('yanked')
    expect(await product.html()).not.toContain('data-yanked')
  })
})

describe('core metadata', () => {
  const [M1, M2] = [{ sha256: '11'.repeat(32) }, { sha256: '22'.repeat(32) }]

  it('71: A has it and B, with the same content, has none: A’s, at A’s address', async () => {
    const a = detail([entry(WHEEL, { 'core-metadata': M1 })])
    const { only } = await merged({ a, b: detail([entry(WHEEL)]) })
    expect(await only()).toMatchObject({ 'core-metadata': M1, url: expect.stringContaining('/files/a/') })
  })

  // Metadata of wheels is served whoever has it (design 4): then it is advertised without a hash, which could not be checked yet.
  it('71: B has it and A does not: that hash is not put beside A’s address', async () => {
    // With something that is lent, so that the two entries are really blended.
    const b = detail([entry(WHEEL, { 'core-metadata': M1, 'requires-python': '>=3.9' })])
    const { only } = await merged({ a: detail([entry(WHEEL)]), b })
    expect(await only()).toMatchObject({
      'core-metadata': true,
      'requires-python': '>=3.9',
      url: expect.stringContaining('/files/a/'),
    })
  })

  it('72: both have it, and not the same: A’s alone', async () => {
    const b = detail([entry(WHEEL, { 'core-metadata': M2, 'requires-python': '>=3.9' })])
    const { only } = await merged({ a: detail([entry(WHEEL, { 'core-metadata': M1 })]), b })
    expect((await only())['core-metadata']).toEqual(M1)
  })

  // JSON has the new name alone: pip before 23.2 ends with an error on the old one there.
  it.each([
    ['dist-info-metadata in JSON', detail([entry(SDIST, { 'dist-info-metadata': M1 })])],
    ['data-dist-info-metadata in JSON', detail([entry(SDIST, { 'data-dist-info-metadata': M1 })])],
    ['data-dist-info-metadata in HTML', links(`href="${SDIST}" data-dist-info-metadata="sha256=${M1.sha256}"`)],
  ])('73: %s is core-metadata in JSON, and has both names in HTML', async (_case, a) => {
    const product = await merged({ a })
    const only = await product.only()
    expect([only['core-metadata'], only['dist-info-metadata']]).toEqual([M1, undefined])
    for (const name of ['data-core-metadata', 'data-dist-info-metadata'])
      expect(await attribute(product, name)).toBe(`sha256=${M1.sha256}`)
  })

  it('74: core-metadata: false decides over the old name', async () => {
    const product = await merged({ a: detail([entry(SDIST, { 'core-metadata': false, 'dist-info-metadata': M1 })]) })
    expect((await product.only())['core-metadata']).toBeUndefined()
    expect(await product.html()).not.toContain('metadata')
  })

  it('75: advertised, and 404 at A: read out of the wheel', async () => {
    const bytes = wheelArchive('foo', '1.0')
    const hashes = { sha256: sha256(bytes) }
    const listed = entry(WHEEL, {
      hashes,
      size: bytes.length,
      'core-metadata': { sha256: sha256(metadataText('foo', '1.0')) },
    })
    const product = await merged({ a: detail([listed]), filesOfA: [upstreamFile(WHEEL, bytes)] })
    const response = await product.get(product.at(`${WHEEL}.metadata`))
    expect([response.status, await response.text()]).toEqual([200, metadataText('foo', '1.0')])
  })

  it('75: and where the wheel is none, no page advertises it any more', async () => {
    const listed = entry(WHEEL, { hashes: {}, size: 5, 'core-metadata': true })
    const product = await merged({ a: detail([listed]), filesOfA: [upstreamFile(WHEEL, 'wheel')] })
    expect((await product.get(product.at(`${WHEEL}.metadata`))).status).toBe(404)
    expect((await product.only())['core-metadata']).toBeUndefined()
  })

  // What does not fit is garbage, which may heal by itself (design 3.1): 503.
  it('76: other than the hash says: refused, and the page is asked for again', async () => {
    const product = await merged({
      a: detail([entry(WHEEL, { 'core-metadata': M1 })]),
      filesOfA: [upstreamFile(`${WHEEL}.metadata`, 'changed')],
    })
    expect((await product.get(product.at(`${WHEEL}.metadata`))).status).toBe(503)
    product.clock.forward(5000)
    product.says(detail([entry(WHEEL, { 'core-metadata': { sha256: sha256('changed') } })]))
    const metadata = async () => {
      const response = await product.get(product.at(`${WHEEL}.metadata`))
      return [response.status, await response.text()]
    }
    expect(await metadata()).toEqual([200, 'changed'])
    const asked = product.a.requests.length
    expect(await metadata()).toEqual([200, 'changed'])
    expect(product.a.requests).toHaveLength(asked)
    expect(product.a.requests.filter((each) => each === 'GET /simple/foo/')).toHaveLength(2)
  })
})

describe('sizes and times', () => {
  it('77: one file does not say its size, as in HTML: version 1.0, no size, and versions all the same', async () => {
    const { page } = await merged({ a: links(`href="${SDIST}#sha256=${H1}"`), b: detail([entry('foo-2.0.tar.gz')]) })
    const { meta, versions, files } = await page()
    expect([meta, versions]).toEqual([{ 'api-version': '1.0' }, ['1.0', '2.0']])
    expect(files.map((file) => file['size'])).toEqual([undefined, 1])
  })

  it.each<[unknown, number | undefined]>([
    ['123', undefined],
    [-1, undefined],
    [0, 0],
    [2 ** 40, 2 ** 40],
    // No file has so many bytes, and no number here could hold them exactly: nothing is said rather than something wrong.
    [2 ** 53, undefined],
  ])('78: a size of %j is %j', async (size, written) => {
    const { page } = await merged({ a: detail([entry(SDIST, { size })]) })
    const { meta, files } = await page()
    expect(files[0]?.['size']).toBe(written)
    expect(meta['api-version']).toBe(written === undefined ? '1.0' : '1.4')
  })

  it.each([
    ['2024-01-02T03:04:05Z', '2024-01-02T03:04:05Z'],
    ['2024-01-02T03:04:05.123456Z', '2024-01-02T03:04:05.123456Z'],
    ['2024-01-02T03:04:05.123456789Z', '2024-01-02T03:04:05.123456Z'],
    ['2024-01-02T03:04:05+00:00', '2024-01-02T03:04:05Z'],
    ['2024-01-02T03:04:05+02:00', '2024-01-02T01:04:05Z'],
    ['2024-01-02 03:04:05Z', '2024-01-02T03:04:05Z'],
    ['2024-01-02T03:04:05', undefined],
    ['2024-02-31T03:04:05Z', undefined],
    ['yesterday', undefined],
    [null, undefined],
  ])('79: an upload time of %j is %j', async (said, written) => {
    const product = await merged({ a: detail([entry(SDIST, { 'upload-time': said })]) })
    expect((await product.only())['upload-time']).toBe(written)
    expect(await attribute(product, 'data-upload-time')).toBe(written)
  })

  it('80: of the same content in A and B A’s time counts, and B’s where A has none', async () => {
    const [older, newer] = ['2024-01-02T03:04:05Z', '2025-01-02T03:04:05Z']
    const timed = (upload: string | undefined) => detail([entry(SDIST, { 'upload-time': upload })])
    expect(await (await merged({ a: timed(newer), b: timed(older) })).only()).toMatchObject({ 'upload-time': newer })
    expect(await (await merged({ a: timed(undefined), b: timed(older) })).only()).toMatchObject({
      'upload-time': older,
    })
  })
})

describe('provenance and signatures', () => {
  it.each(['http://a.example/p', '/p', 'p', '', null])('81: a provenance of %j is left out', async (provenance) => {
    const product = await merged({ a: detail([entry(SDIST, { provenance })]) })
    expect(Object.keys(await product.only())).not.toContain('provenance')
    expect(await product.html()).not.toContain('data-provenance')
  })

  it('81: an absolute one over https is passed through', async () => {
    const provenance = 'https://a.example/integrity/foo/1.0/p?x=1&y=2'
    const product = await merged({ a: detail([entry(SDIST, { provenance })]) })
    expect((await product.only())['provenance']).toBe(provenance)
    expect(await attribute(product, 'data-provenance')).toBe(provenance.replace('&', '&amp;'))
  })

  it('82: a signature that A has is said to be there, and is', async () => {
    const a = detail([entry(SDIST, { 'gpg-sig': true }), entry(WHEEL, { 'gpg-sig': false })])
    const product = await merged({ a, filesOfA: [upstreamFile(`${SDIST}.asc`, 'signature')] })
    expect((await product.page()).files.map((file) => file['gpg-sig'])).toEqual([false, true])
    expect((await product.html()).match(/data-gpg-sig="[^"]*"/g)).toEqual([
      'data-gpg-sig="false"',
      'data-gpg-sig="true"',
    ])
    expect(await (await product.get(product.at(`${SDIST}.asc`))).text()).toBe('signature')
  })
})
