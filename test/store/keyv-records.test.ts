import { randomBytes } from 'node:crypto'
import { Keyv } from 'keyv'
import { expect, test } from 'vitest'
import { keyvRecords } from '../../src/store/keyv-records.ts'

const LARGE = 3_500_000

function setUp() {
  const kept = new Map<string, unknown>()
  const keyv = new Keyv<unknown>({ store: kept, serialization: false })
  return { kept, records: keyvRecords(keyv), parts: () => [...kept.keys()].filter((key) => key.includes('part ')) }
}

test('a large record is kept in parts, which go when another takes its place', async () => {
  const { records, parts } = setUp()
  const [first, second, small] = [randomBytes(LARGE), randomBytes(LARGE), randomBytes(100)]
  await records.set('a', first)
  expect(parts()).toHaveLength(4)
  await records.set('a', second)
  expect(parts()).toHaveLength(4)
  expect(await records.get('a')).toEqual(second)
  await records.set('a', small)
  expect(await records.get('a')).toEqual(small)
})

test('the same record again keeps its parts', async () => {
  const { records, parts } = setUp()
  const record = randomBytes(LARGE)
  for (const _ of [1, 2]) await records.set('a', record)
  expect(parts()).toHaveLength(4)
  expect(await records.get('a')).toEqual(record)
})

test('a record that lost one of its parts is not there', async () => {
  const { kept, records, parts } = setUp()
  await records.set('a', randomBytes(LARGE))
  kept.delete(parts()[2] ?? '')
  expect(await records.get('a')).toBeUndefined()
})

test('whoever reads while a new record is written has the old one whole or the new one whole', async () => {
  const { records } = setUp()
  const all = [randomBytes(LARGE), randomBytes(LARGE)]
  await records.set('a', all[0] ?? randomBytes(1))
  const writing = records.set('a', all[1] ?? randomBytes(1))
  const read = [await records.get('a')]
  await writing
  read.push(await records.get('a'))
  expect(read).toEqual(all)
})
