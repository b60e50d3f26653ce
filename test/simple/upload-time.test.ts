import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { readUploadTime } from '../../src/simple/upload-time.ts'

test.each([
  ['2024-01-02T03:04:05Z', '2024-01-02T03:04:05Z'],
  ['2024-01-02T03:04:05.1Z', '2024-01-02T03:04:05.1Z'],
  ['2024-01-02T03:04:05.123456Z', '2024-01-02T03:04:05.123456Z'],
  ['2024-02-29T03:04:05+00:00', '2024-02-29T03:04:05Z'],
  ['2024-01-02 03:04:05Z', '2024-01-02T03:04:05Z'],
  ['2024-01-01T01:04:05+02:00', '2023-12-31T23:04:05Z'],
  ['2024-02-28T23:04:05.5-0130', '2024-02-29T00:34:05.5Z'],
  ['2024-01-02T03:04:05.123456789Z', '2024-01-02T03:04:05.123456Z'],
])('the time %s is %s', (text, time) => {
  expect(readUploadTime(text)).toBe(time)
})

test.each([
  '2024-01-02T03:04:05',
  '2024-01-02T03:04:05+24:00',
  `2024-01-02T03:04:05.${'1'.repeat(60)}Z`,
  '0000-01-02T03:04:05Z',
  '0001-01-01T00:04:05+02:00',
  '9999-12-31T23:04:05-02:00',
  '2024-01-02T03:04:05.Z',
  '2023-02-29T03:04:05Z',
  '2024-02-31T03:04:05Z',
  '2024-13-01T03:04:05Z',
  '2024-01-02T24:00:00Z',
  '2024-01-02T03:04:60Z',
  '2024-01-02T03:04:05Z\n',
  'yesterday',
  '',
  1_704_164_645,
  null,
  undefined,
])('%j is no time', (text) => {
  expect(readUploadTime(text)).toBeUndefined()
})

test('a day exists where the calendar of Date has it', () => {
  const parts = fc.tuple(fc.nat(9999), fc.integer({ min: 0, max: 13 }), fc.integer({ min: 0, max: 32 }))
  fc.assert(
    fc.property(parts, ([year, month, day]) => {
      const text = `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}T01:02:03Z`
      const date = new Date(text)
      const exists = year > 0 && !Number.isNaN(date.getTime()) && date.toISOString() === text.replace('Z', '.000Z')
      expect(readUploadTime(text)).toBe(exists ? text : undefined)
    }),
    { numRuns: 2000 },
  )
})
