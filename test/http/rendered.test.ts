import { createHash, randomBytes } from 'node:crypto'
import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { type PageResolution, finishedPages } from '../../src/http/finished-pages.ts'
import { rendered } from '../../src/http/rendered.ts'
import { NO_FACTS } from '../../src/merge/facts.ts'
import { deniedPage } from '../../src/merge/merge.ts'
import { planFor } from '../../src/merge/plan.ts'
import { atOnce } from '../../src/pace/steps.ts'
import { index, name, policy, upstream } from '../support/build.ts'

function resolution(): PageResolution {
  const asked = index(['pypi'])
  const plan = planFor(policy([upstream('pypi')], asked), asked, name('x'), NO_FACTS)
  const made = { by: Symbol('test'), at: 0, generation: 1 }
  const page = deniedPage(name('x'), 'no')
  return {
    kind: 'denied',
    made,
    plan,
    page,
    reason: 'no',
    sources: [],
    refreshUntil: Infinity,
    until: Infinity,
    owned: true,
  }
}

const SMALL = Buffer.from('a page')
/** As a page is: much that is alike, with digests in it. */
const LARGE = Buffer.from(
  Array.from({ length: 4000 }, () => `"sha256": "${randomBytes(32).toString('hex')}"`).join(','),
)

test('pieces are one body, whose tag is that of the whole', () => {
  const whole = atOnce(rendered([LARGE]))
  const pieces = atOnce(rendered([LARGE.subarray(0, 7), LARGE.subarray(7, 1000), LARGE.subarray(1000)]))
  expect(pieces.body(undefined)).toEqual(LARGE)
  expect(pieces.etag).toBe(whole.etag)
  expect(whole.etag).toBe(`"${createHash('sha256').update(LARGE).digest('base64url').slice(0, 27)}"`)
})

test('a large body is compressed in haste for who comes first, and better for those who come after', async () => {
  const { body: coded } = atOnce(rendered([LARGE]))
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
  const { body: coded } = atOnce(rendered([body]))
  const [first, second] = await Promise.all([coded(coding), coded(coding)])
  expect(second).toBe(first)
  expect(coded(coding)).toBe(first)
  expect((coding === 'gzip' ? gunzipSync : zstdDecompressSync)(first)).toEqual(body)
})

test('a large body that is wanted in a coding is kept in that coding alone, and comes back as it was', async () => {
  const { body, heldBytes } = atOnce(rendered([LARGE]))
  expect(heldBytes()).toBe(LARGE.length)
  const zstd = await body('zstd')
  expect(heldBytes()).toBe(zstd.length)
  expect(await body(undefined)).toEqual(LARGE)
  expect(body(undefined)).toEqual(LARGE)
  // Who wants it as it is will want it so again.
  const gzip = await body('gzip')
  expect(gunzipSync(gzip)).toEqual(LARGE)
  expect(heldBytes()).toBe(LARGE.length + zstd.length + gzip.length)
})

test('what a page takes is counted as it is at the moment', async () => {
  const pages = finishedPages(LARGE.length * 3)
  const all = Array.from({ length: 4 }, (_, i) => ({ key: String(i), page: resolution() }))
  for (const { key, page } of all) await (await pages.get(key, page, () => [LARGE])).body('zstd')
  // As they are, two of them would fit.
  expect(all.map(({ key }) => pages.find(key) !== undefined)).toEqual([true, true, true, true])
  await pages.find('0')?.body.body(undefined)
  await pages.find('1')?.body.body(undefined)
  expect(all.filter(({ key }) => pages.find(key) !== undefined).length).toBeLessThan(4)
})

test('the same page under a newer resolution keeps its bytes and takes what is said of it', async () => {
  const pages = finishedPages(1e6)
  const before = resolution()
  const after = { ...before, made: { ...before.made, generation: 2 }, until: 5 }
  const body = await pages.get('a', before, () => [SMALL])
  expect(pages.get('a', after, () => [LARGE])).toBe(body)
  expect(pages.find('a')?.standing).toMatchObject({ until: 5, made: { generation: 2 } })
})

test('all who want a page at once wait for the same, and whoever comes after has it at hand', async () => {
  const pages = finishedPages(1e6)
  const page = resolution()
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
  const pages = finishedPages(1e6)
  const [one, other] = [resolution(), resolution()]
  const [first, second] = [pages.get('a', one, () => [SMALL]), pages.get('a', other, () => [LARGE])]
  expect([(await first).body(undefined), (await second).body(undefined)]).toEqual([SMALL, LARGE])
  expect((await pages.get('a', one, () => [SMALL])).body(undefined)).toEqual(SMALL)
})

test('a page that cannot be written is tried again', async () => {
  const pages = finishedPages(1e6)
  const page = resolution()
  const failing = pages.get('a', page, () => {
    throw new Error('no')
  })
  await expect(failing).rejects.toThrow('no')
  expect((await pages.get('a', page, () => [SMALL])).body(undefined)).toEqual(SMALL)
})
