import { createHash, randomBytes } from 'node:crypto'
import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { rendered, renderedCache } from '../../src/http/rendered.ts'
import { atOnce } from '../../src/pace/steps.ts'

const SMALL = Buffer.from('a page')
/** As a page is: much that is alike, with digests in it. */
const LARGE = Buffer.from(
  Array.from({ length: 4000 }, () => `"sha256": "${randomBytes(32).toString('hex')}"`).join(','),
)

test('pieces are one body, whose tag is that of the whole', () => {
  const whole = atOnce(rendered([LARGE]))
  const pieces = atOnce(rendered([LARGE.subarray(0, 7), LARGE.subarray(7, 1000), LARGE.subarray(1000)]))
  expect(pieces.bytes).toEqual(LARGE)
  expect(pieces.etag).toBe(whole.etag)
  expect(whole.etag).toBe(`"${createHash('sha256').update(LARGE).digest('base64url').slice(0, 27)}"`)
})

test('a large body is compressed in haste for who comes first, and better for those who come after', async () => {
  const { coded } = atOnce(rendered([LARGE]))
  const first = await coded('gzip')
  expect(await coded('gzip')).toBe(first)
  await expect.poll(async () => (await coded('gzip')).length).toBeLessThan(first.length)
  for (const each of [first, await coded('gzip')]) expect(gunzipSync(each)).toEqual(LARGE)
})

test.each([
  ['zstd', LARGE],
  ['gzip', SMALL],
  ['zstd', SMALL],
] as const)('in %s any other body is compressed once', async (coding, body) => {
  const { coded } = atOnce(rendered([body]))
  const [first, second] = await Promise.all([coded(coding), coded(coding)])
  expect(second).toBe(first)
  expect(coded(coding)).toBe(first)
  expect((coding === 'gzip' ? gunzipSync : zstdDecompressSync)(first)).toEqual(body)
})

test('all who want a page at once wait for the same, and whoever comes after has it at hand', async () => {
  const pages = renderedCache(1e6)
  const page = {}
  let written = 0
  function* write() {
    written += 1
    yield SMALL
  }
  const [first, second] = await Promise.all([pages.get('a', page, write), pages.get('a', page, write)])
  expect(second).toBe(first)
  expect(pages.get('a', page, write)).toBe(first)
  expect(written).toBe(1)
})

test('another page under the same key is another body, also while the first is written', async () => {
  const pages = renderedCache(1e6)
  const [one, other] = [{}, {}]
  const [first, second] = [pages.get('a', one, () => [SMALL]), pages.get('a', other, () => [LARGE])]
  expect([(await first).bytes, (await second).bytes]).toEqual([SMALL, LARGE])
  expect((await pages.get('a', one, () => [SMALL])).bytes).toEqual(SMALL)
})

test('a page that cannot be written is tried again', async () => {
  const pages = renderedCache(1e6)
  const page = {}
  const failing = pages.get('a', page, () => {
    throw new Error('no')
  })
  await expect(failing).rejects.toThrow('no')
  expect((await pages.get('a', page, () => [SMALL])).bytes).toEqual(SMALL)
})
