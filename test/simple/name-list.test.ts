import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { atOnce } from '../../src/pace/steps.ts'
import { nameCollector } from '../../src/simple/name-collector.ts'
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
      const merged = atOnce(mergeNameLists(lists.map((names) => nameList(names))))
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

test('names come together from any number of lists, whatever they share', () => {
  const many = (from: number, step: number) =>
    Array.from({ length: 9000 }, (_, i) => named(`project-${(from + i * step) % 20_000}`))
  const lists = [many(0, 1), many(7, 2), many(19_000, 1), [], many(3, 7919)]
  const merged = atOnce(mergeNameLists(lists.map((names) => nameList(names))))
  expect(merged.bytes.equals(nameList(lists.flat()).bytes)).toBe(true)
})

test('a list alone among empty ones is their union itself', () => {
  const list = nameList([named('a')])
  expect(atOnce(mergeNameLists([nameList([]), list, nameList([])]))).toBe(list)
})

test('names are collected in any order, and more often than once', () => {
  const names = Array.from({ length: 30_000 }, (_, i) => named(`project-${(i * 7919) % 10_007}`))
  const collector = nameCollector()
  for (const name of names) collector.add(name)
  const list = atOnce(collector.list())
  expect([list.count, list.bytes.equals(nameList(names).bytes)]).toEqual([10_007, true])
})
