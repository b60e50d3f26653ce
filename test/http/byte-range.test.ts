import { expect, it } from 'vitest'
import { parseRange } from '../../src/http/byte-range.ts'

it.each([
  ['bytes=0-99', { start: 0, end: 100 }],
  ['bytes=0-0', { start: 0, end: 1 }],
  ['bytes=990-', { start: 990, end: 1000 }],
  ['bytes=990-5000', { start: 990, end: 1000 }],
  ['bytes=-10', { start: 990, end: 1000 }],
  ['bytes=-5000', { start: 0, end: 1000 }],
  ['bytes=1000-', 'unsatisfiable'],
  ['bytes=-0', 'unsatisfiable'],
  ['bytes=5-2', undefined],
  ['bytes=-', undefined],
  ['bytes=0-0,5-6', undefined],
  ['bytes=a-b', undefined],
  ['lines=0-1', undefined],
  ['bytes=99999999999999999999-', undefined],
  [undefined, undefined],
])('%s of 1000 bytes is %j', (header, expected) => {
  expect(parseRange(header, 1000)).toEqual(expected)
})

it('of nothing there is no range', () => {
  expect([parseRange('bytes=0-', 0), parseRange('bytes=-1', 0)]).toEqual(['unsatisfiable', 'unsatisfiable'])
})
