import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { contentRange, lifetimeMs, mediaType, retryAfterMs, serialOf, validatorOf } from '../../src/upstream/fields.ts'

const NOW = Date.UTC(2026, 10, 24, 10, 0, 0)

test.each([
  ['max-age=600', undefined, 600_000],
  ['public, MAX-AGE="600"', '60', 540_000],
  [['public', 'max-age=5'], undefined, 5000],
  ['max-age=60', '600', 0],
  ['max-age=60', 'soon', 60_000],
  ['no-cache', undefined, 0],
  ['max-age=600, no-store', undefined, 0],
  ['private', undefined, undefined],
  ['max-age=-1', undefined, undefined],
  ['max-age=1e3', undefined, undefined],
  ['max-age=9007199254740991', undefined, 315_360_000_000],
  [undefined, undefined, undefined],
])('Cache-Control %j with Age %j gives a lifetime of %s ms', (control, age, lifetime) => {
  expect(
    lifetimeMs({ ...(control !== undefined && { 'cache-control': control }), ...(age !== undefined && { age }) }),
  ).toBe(lifetime)
})

test.each([
  ['0', 0],
  ['1', 1000],
  ['300', 300_000],
  ['301', 300_000],
  ['Tue, 24 Nov 2026 10:00:30 GMT', 30_000],
  ['Tue, 24 Nov 2026 09:00:00 GMT', 0],
  ['-5', undefined],
  ['1.5', undefined],
  ['2026', 300_000],
  ['next week', undefined],
  ['9'.repeat(50), undefined],
])('Retry-After "%s" asks for %s ms', (text, wait) => {
  expect(retryAfterMs({ 'retry-after': text }, NOW)).toBe(wait)
})

test('fields that were sent twice are not believed', () => {
  const twice = ['1', '2']
  const fields = {
    etag: twice,
    'last-modified': twice,
    'content-type': twice,
    'x-pypi-last-serial': twice,
    'retry-after': twice,
    'content-range': twice,
  }
  expect(validatorOf(fields)).toBeUndefined()
  expect(mediaType(fields)).toBeUndefined()
  expect(serialOf(fields)).toBeUndefined()
  expect(retryAfterMs(fields, NOW)).toBeUndefined()
  expect(contentRange(fields)).toBeUndefined()
})

test('an ETag that could not be sent back is not kept', () => {
  for (const etag of ['"é"', '"a\u0001"', `"${'x'.repeat(2000)}"`, '']) expect(validatorOf({ etag })).toBeUndefined()
})

test('whatever a server sends, reading it never fails and never gives what is no exact number', () => {
  const value = fc.oneof(
    fc.string(),
    fc.stringMatching(/^(max-age=|bytes )?[0-9 \-/]{0,40}$/),
    fc.array(fc.string(), { maxLength: 3 }),
  )
  fc.assert(
    fc.property(value, (text) => {
      const numbers = [
        lifetimeMs({ 'cache-control': text, age: text }),
        serialOf({ 'x-pypi-last-serial': text }),
        retryAfterMs({ 'retry-after': text }, NOW),
        ...Object.values(contentRange({ 'content-range': text }) ?? {}),
      ]
      for (const number of numbers)
        expect(number === undefined || (Number.isSafeInteger(number) && number >= 0)).toBe(true)
      mediaType({ 'content-type': text })
      validatorOf({ etag: text, 'last-modified': text })
    }),
  )
})
