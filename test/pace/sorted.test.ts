import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { sorted } from '../../src/pace/sorted.ts'
import { atOnce } from '../../src/pace/steps.ts'

const byKey = (a: { key: number }, b: { key: number }) => a.key - b.key

test('a list of any length is sorted as toSorted sorts it, equal elements in their order', () => {
  const lengths = fc.oneof(fc.nat(20), fc.constantFrom(4095, 4096, 4097, 8192, 13_000, 40_000))
  fc.assert(
    fc.property(lengths, fc.integer({ min: 1, max: 1000 }), (length, keys) => {
      const items = Array.from({ length }, (_, i) => ({ key: (i * 7919) % keys, i }))
      expect(atOnce(sorted(items, byKey))).toEqual(items.toSorted(byKey))
    }),
    { numRuns: 40 },
  )
})

test('the list itself stays as it was', () => {
  const items = [{ key: 2 }, { key: 1 }]
  atOnce(sorted(items, byKey))
  expect(items).toEqual([{ key: 2 }, { key: 1 }])
})

test('a long list is sorted in many steps', () => {
  const items = Array.from({ length: 100_000 }, (_, i) => ({ key: -i }))
  expect([...sorted(items, byKey)].length).toBeGreaterThan(50)
})
