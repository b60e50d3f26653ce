import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { mergeNameLists, nameBatches, nameList, nameListFrom } from '../../src/simple/name-list.ts'
import { named, PAGE_NAMES } from './arbitraries.ts'

test('a list has the names that it was made of, and no other', () => {
  fc.assert(
    fc.property(fc.array(PAGE_NAMES, { maxLength: 60 }), fc.array(PAGE_NAMES), (names, others) => {
      const list = nameList(names)
      for (const name of [...names, ...others]) expect(list.has(name)).toBe(names.includes(name))
    }),
  )
})

test('a list is sorted, without repetition, whatever the order it was made in', () => {
  fc.assert(
    fc.property(fc.array(PAGE_NAMES), (names) => {
      const list = nameList(names)
      expect(list.bytes.toString()).toBe(
        [...new Set(names)]
          .toSorted()
          .map((name) => `${name}\n`)
          .join(''),
      )
      expect(list.count).toBe(new Set(names).size)
    }),
  )
})

test('the same list comes of its bytes', () => {
  const list = nameList([named('b'), named('a')])
  const again = nameListFrom(list.bytes)
  expect(again.count).toBe(2)
  expect(again.has(named('a'))).toBe(true)
  expect(again.has(named('c'))).toBe(false)
})

test('lists are merged into the list of all their names', () => {
  fc.assert(
    fc.property(fc.array(fc.array(PAGE_NAMES), { maxLength: 4 }), (lists) => {
      const merged = mergeNameLists(lists.map((names) => nameList(names)))
      const expected = nameList(lists.flat())
      expect([merged.bytes.toString(), merged.count]).toEqual([expected.bytes.toString(), expected.count])
    }),
  )
})

test('an empty list has nothing', () => {
  const list = nameList([])
  expect([list.count, list.bytes.length, list.has(named('a')), [...nameBatches(list)]]).toEqual([0, 0, false, []])
})

test('batches are of bounded size and have all the names', () => {
  const names = Array.from({ length: 30_000 }, (_, index) => named(`project-${index}`))
  const list = nameList(names)
  const batches = [...nameBatches(list)]
  expect(batches.flat()).toEqual(names.toSorted())
  expect(batches.length).toBe(Math.ceil(list.bytes.length / (64 * 1024)))
})
