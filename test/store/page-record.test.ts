import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { readRecord, writeRecord } from '../../src/store/page-record.ts'

const PAGE = { files: ['requests-2.0-py3-none-any.whl'], serial: 17 }

test('a record gives its value back', async () => {
  expect(await readRecord('key', await writeRecord('key', PAGE))).toEqual({ value: PAGE })
})

test('a record is not that of another key', async () => {
  expect(await readRecord('other', await writeRecord('key', PAGE))).toBeUndefined()
})

test('no flipped bit goes unnoticed', async () => {
  const record = await writeRecord('key', PAGE)
  for (let bit = 0; bit < record.length * 8; bit += 1) {
    const flipped = Buffer.from(record)
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    expect(await readRecord('key', flipped)).toBeUndefined()
  }
})

test('no cut goes unnoticed', async () => {
  const record = await writeRecord('key', PAGE)
  for (let length = 0; length < record.length; length += 1) {
    expect(await readRecord('key', record.subarray(0, length))).toBeUndefined()
  }
})

test('any bytes can be read without an error', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
      expect(await readRecord('key', bytes)).toBeUndefined()
    }),
  )
})

test('a long value comes back as JSON would give it', async () => {
  const long = Array.from({ length: 10_000 }, (_, at) => ({ filename: `"\u2028${at}`, size: at, nothing: undefined }))
  const values = [
    { files: long },
    { '': long, a: undefined, b: { c: [1] }, files: [], versions: long.map(({ size }) => size) },
    { checkedAt: 1, files: [...long, null, undefined, [[]], 'x'], __proto__: null },
  ]
  for (const value of values) {
    expect(await readRecord('key', await writeRecord('key', value))).toEqual({
      value: JSON.parse(JSON.stringify(value)),
    })
  }
})

test('no flipped byte of a long record goes unnoticed', async () => {
  const record = await writeRecord('key', { files: Array.from({ length: 10_000 }, (_, at) => at) })
  for (let at = 0; at < record.length; at += 37) {
    const flipped = Buffer.from(record)
    flipped[at] = (flipped[at] ?? 0) ^ 0x5a
    expect(await readRecord('key', flipped)).toBeUndefined()
  }
  for (const kind of [0, 1, 2, 3]) {
    expect(await readRecord('key', Buffer.concat([Buffer.of(kind), record.subarray(1)]))).toBeUndefined()
  }
})

test('a page of many megabytes takes a fraction of them', async () => {
  const page = Array.from({ length: 50_000 }, (_, at) => ({ filename: `package-${at}.whl`, yanked: false }))
  const record = await writeRecord('key', page)
  expect(record.length).toBeLessThan(JSON.stringify(page).length / 4)
  expect(await readRecord('key', record)).toEqual({ value: page })
})
