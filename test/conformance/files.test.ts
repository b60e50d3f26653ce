/** Cases 42 to 60 of the simple repository API: one file in several places, hashes, and which files belong to a project. */
import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { name } from '../support/build.ts'
import { upstreamFile } from '../support/simple-upstream.ts'
import {
  type Merged,
  H1,
  H2,
  MD5,
  SDIST,
  SHA1,
  SHA512,
  WHEEL,
  detail,
  entry,
  header,
  links,
  merged,
} from './two-upstreams.ts'

function upstreamOf(url: unknown): string | undefined {
  return /files\/([ab])\//.exec(String(url))?.[1]
}

async function hashesOf({ only }: Merged): Promise<unknown> {
  return (await only())['hashes']
}

/** The names of the files, each with the upstream that it comes from. */
async function whose({ page }: Merged): Promise<string[]> {
  return (await page()).files.map(({ filename, url }) => `${upstreamOf(url)}:${filename}`)
}

describe('one file in A and in B', () => {
  it('42: with the same sha256: one entry, with the address and the companions of A', async () => {
    const product = await merged({
      a: detail([entry(SDIST, { 'gpg-sig': true })]),
      b: detail([entry(SDIST, { 'gpg-sig': false })]),
    })
    const only = await product.only()
    expect([upstreamOf(only.url), only['gpg-sig']]).toEqual(['a', true])
  })

  it('43: with another sha256: the one of A alone, nothing of B in it, and the conflict is reported', async () => {
    const ofB = entry(SDIST, {
      hashes: { sha256: H2 },
      'requires-python': '>=3.9',
      'upload-time': '2024-01-02T03:04:05Z',
    })
    const product = await merged({ a: detail([entry(SDIST)]), b: detail([ofB]) })
    expect(await product.only()).toEqual({ ...entry(SDIST), url: expect.stringContaining('files/a/') })
    expect(product.events.filter(({ event }) => event === 'hash_conflict')).toMatchObject([
      { level: 'warn', fields: { file: SDIST, upstream: 'b', served: 'a' } },
    ])
  })

  it('44: A gives no hash: its entry, and no hash that B gives', async () => {
    const product = await merged({ a: detail([entry(SDIST, { hashes: {} })]), b: detail([entry(SDIST)]) })
    expect([await whose(product), await hashesOf(product)]).toEqual([[`a:${SDIST}`], {}])
  })

  it('45: A gives md5 alone, and B the same md5 with a sha256: md5 proves nothing, so A’s entry as it is', async () => {
    const b = detail([entry(SDIST, { hashes: { md5: MD5, sha256: H1 }, 'requires-python': '>=3.9' })])
    const product = await merged({ a: detail([entry(SDIST, { hashes: { md5: MD5 } })]), b })
    expect([await hashesOf(product), (await product.only())['requires-python']]).toEqual([{ md5: MD5 }, undefined])
  })

  it('46: in upper case in A: the same, and written in lower case', async () => {
    const product = await merged({
      a: detail([entry(SDIST, { hashes: { sha256: H1.toUpperCase() } })]),
      b: detail([entry(SDIST)]),
    })
    expect(await hashesOf(product)).toEqual({ sha256: H1 })
    expect(product.events.filter(({ event }) => event === 'hash_conflict')).toEqual([])
  })

  it('53a: A gives md5 and sha512, B sha256 and the same sha512: sha256 first, then sha512, and no md5', async () => {
    const a = detail([entry(SDIST, { hashes: { md5: MD5, sha512: SHA512 } })])
    const product = await merged({ a, b: detail([entry(SDIST, { hashes: { sha256: H1, sha512: SHA512 } })]) })
    expect(Object.entries((await hashesOf(product)) as object)).toEqual([
      ['sha256', H1],
      ['sha512', SHA512],
    ])
    expect(await whose(product)).toEqual([`a:${SDIST}`])
  })
})

describe('hashes', () => {
  it.each<[string, unknown, unknown]>([
    ['47: SHA256 in capitals', { SHA256: H1 }, { sha256: H1 }],
    ['48: names that clients cannot look up', { sha256: H1, blake2b_256: H2, crc32: '00' }, { sha256: H1 }],
    ['52: an entry without them', undefined, {}],
    ['53: null', null, {}],
    [
      '54: __proto__ and constructor',
      JSON.parse(`{"__proto__":"x","constructor":"y","sha256":"${H1}"}`),
      { sha256: H1 },
    ],
  ])('%s', async (_case, hashes, written) => {
    const product = await merged({ a: detail([entry(SDIST, { hashes })]) })
    expect(await hashesOf(product)).toEqual(written)
  })

  it('49: sha1 alone is in JSON, and not in HTML, where uv refuses the page for it', async () => {
    const product = await merged({ a: links(`href="${SDIST}#sha1=${SHA1}"`) })
    expect(await hashesOf(product)).toEqual({ sha1: SHA1 })
    expect(await product.html()).toMatch(new RegExp(`href="[^"#]*/${SDIST}"`))
  })

  it.each([
    [`#md5=${MD5}&amp;sha256=${H1}`, { sha256: H1 }],
    ['#egg=foo', {}],
    ['#main', {}],
  ])('50: of the fragment %s the hashes that are known are read', async (fragment, hashes) => {
    expect(await hashesOf(await merged({ a: links(`href="${SDIST}${fragment}"`) }))).toEqual(hashes)
  })

  it('51: a name that A lists twice with the same hash is one entry', async () => {
    const product = await merged({ a: detail([entry(SDIST, { url: `/x/${SDIST}` }), entry(SDIST)]) })
    expect((await product.only()).url).toContain('/x/')
  })

  // Neither can be believed: the wrong file is worse than none.
  it('51: with different hashes it is left out, and explained', async () => {
    const product = await merged({ a: detail([entry(SDIST), entry(SDIST, { hashes: { sha256: H2 } }), entry(WHEEL)]) })
    expect(await product.filenames()).toEqual([WHEEL])
    const { upstreams } = await product.unidex.current().explain('default', name('foo'))
    expect(upstreams[0]?.dropped?.[0]).toEqual({ what: SDIST, why: 'the page lists it with different hashes' })
  })

  it('53: an entry without a link is left out; a page whose files are null failed', async () => {
    const { filenames } = await merged({ a: detail([{ filename: SDIST, hashes: {} }, entry(WHEEL)]) })
    expect(await filenames()).toEqual([WHEEL])
    const { status } = await merged({ a: { files: null } })
    expect(await status()).toBe(503)
  })

  it('54: __proto__ and constructor as keys of an entry change nothing', async () => {
    const text = JSON.stringify(entry(SDIST)).replace('{', '{"__proto__":{"size":7},"constructor":{"yanked":true},')
    const product = await merged({ a: detail([JSON.parse(text)]) })
    expect(await product.only()).toEqual({ ...entry(SDIST), url: expect.any(String) })
    expect(({} as Record<string, unknown>)['size']).toBeUndefined()
  })
})

describe('files of a project', () => {
  it.each([
    ['55: a wheel without tags', 'foo-1.0.whl'],
    ['55: a file of another project', 'bar-1.0.tar.gz'],
    ['56: a signature', `${SDIST}.asc`],
    ['58: an sdist of foo-bar', 'foo-bar-1.0.tar.gz'],
  ])('%s (%s) is left out', async (_case, filename) => {
    const { filenames } = await merged({ a: detail([entry(filename), entry(SDIST)]) })
    expect(await filenames()).toEqual([SDIST])
  })

  it.each([
    'foo-1.0-py2.7.egg',
    'foo-1.0.win32-py2.7.exe',
    'foo-1.0.win32-py2.7.msi',
    'foo-1.0.tar.bz2',
    'foo-1.0-1.noarch.rpm',
  ])('56: the old kind of %s stays, and is version 1.0', async (filename) => {
    const { page } = await merged({ a: detail([entry(filename)]) })
    const { files, versions } = await page()
    expect([files.map((file) => file.filename), versions]).toEqual([[filename], ['1.0']])
  })

  it('58: the same sdist is one of foo-bar, and its version is read so', async () => {
    const { get, a } = await merged({ a: 404, strategy: 'first-index' })
    a.projects['foo-bar'] = [upstreamFile('foo-bar-1.0.tar.gz')]
    const page = await (await get('/simple/foo-bar/', { accept: 'application/vnd.pypi.simple.v1+json' })).json()
    expect(page).toMatchObject({ versions: ['1.0'], files: [{ filename: 'foo-bar-1.0.tar.gz' }] })
  })
})

describe('variants of wheels', () => {
  const JSON_1 = 'foo-1.0-variants.json'
  const CUDA = 'foo-1.0-cp313-cp313-linux_x86_64-cu126.whl'
  const CPU = 'foo-1.0-1b-cp313-cp313-linux_x86_64-cpu.whl'
  const NULL = 'foo-1.0-py3-none-any-null.whl'

  it('57: a version’s variants and their JSON come from one upstream, its other files and other versions from both', async () => {
    const product = await merged({
      a: detail([entry(JSON_1), entry(CUDA)]),
      b: detail([
        entry(JSON_1, { hashes: { sha256: H2 } }),
        entry(CPU),
        entry(NULL),
        entry('foo-1.0-1b-cp313-cp313-linux_x86_64.whl'),
        entry(SDIST),
        entry('foo-2.0-variants.json'),
        entry('foo-2.0-py3-none-any-null.whl'),
      ]),
    })
    expect(await whose(product)).toEqual([
      'b:foo-1.0-1b-cp313-cp313-linux_x86_64.whl',
      `a:${CUDA}`,
      `a:${JSON_1}`,
      `b:${SDIST}`,
      'b:foo-2.0-py3-none-any-null.whl',
      'b:foo-2.0-variants.json',
    ])
    expect(product.events.filter(({ event }) => event === 'hash_conflict')).toEqual([])
  })

  it('57: the JSON changes whenever a variant is added: nobody keeps it for good, and a new one is no alarm', async () => {
    const listed = (content: string) => pageOf(upstreamFile(JSON_1, content))
    const product = await merged({ a: 404, strategy: 'first-index' })
    for (const content of ['{"variants":{}}', '{"variants":{"cpu":{}}}']) {
      product.a.projects = { files: [upstreamFile(JSON_1, content)] }
      product.says(listed(content))
      product.clock.forward(3_600_000)
      expect(await product.filenames()).toEqual([JSON_1])
      const response = await product.get(product.at(JSON_1))
      expect([await response.text(), header(response, 'cache-control')]).toEqual([content, 'no-cache'])
    }
    expect(product.events.filter(({ event }) => event === 'hash_changed')).toEqual([])
  })
})

describe('strategies', () => {
  it('59: by-version, A has 1.0 as an sdist, B has wheels of 1.0 and 2.0: 1.0 is A’s alone', async () => {
    const product = await merged({
      a: detail([entry(SDIST)]),
      b: detail([entry(WHEEL), entry('foo-2.0-py3-none-any.whl')]),
      strategy: 'by-version',
    })
    expect(await whose(product)).toEqual([`a:${SDIST}`, 'b:foo-2.0-py3-none-any.whl'])
  })

  it('60: A has 1.0+corp and B 1.0: both, and both are versions', async () => {
    const product = await merged({ a: detail([entry('foo-1.0+corp-py3-none-any.whl')]), b: detail([entry(WHEEL)]) })
    expect(await whose(product)).toEqual(['a:foo-1.0+corp-py3-none-any.whl', `b:${WHEEL}`])
    expect((await product.page()).versions).toEqual(['1.0', '1.0+corp'])
  })
})

function pageOf({ filename, bytes }: ReturnType<typeof upstreamFile>) {
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  return detail([entry(filename, { hashes: { sha256 }, size: bytes.length })])
}
