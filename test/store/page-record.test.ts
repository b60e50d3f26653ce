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

test('a page of many megabytes takes a fraction of them', async () => {
  const page = Array.from({ length: 50_000 }, (_, at) => ({ filename: `package-${at}.whl`, yanked: false }))
  const record = await writeRecord('key', page)
  expect(record.length).toBeLessThan(JSON.stringify(page).length / 4)
  expect(await readRecord('key', record)).toEqual({ value: page })
})
