import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { editDistance, nearName } from '../../src/config/near-name.ts'
import { commonName, nameIn } from '../../src/config/pattern-overlap.ts'
import { placesIn } from '../../src/config/places.ts'
import { durationBetween, parseDuration } from '../../src/config/duration.ts'
import { sayDuration } from '../../src/simple/duration.ts'
import { type NamePattern, parseNamePattern } from '../../src/merge/name-pattern.ts'
import { type ProjectName, parseName } from '../../src/simple/name.ts'

const sign = fc.constantFrom('a', 'b', '-')

const pattern: fc.Arbitrary<NamePattern> = fc
  .array(fc.oneof(sign, fc.constant('*')), { minLength: 1, maxLength: 6 })
  .map((signs) => parseNamePattern(signs.join('')))
  .filter((parsed) => parsed !== undefined)

const name: fc.Arbitrary<ProjectName> = fc
  .array(sign, { minLength: 1, maxLength: 8 })
  .map((signs) => parseName(signs.join('')))
  .filter((parsed) => parsed !== undefined)

describe('two patterns', () => {
  test('share the name that is said to be common to them', () => {
    fc.assert(
      fc.property(pattern, pattern, (a, b) => {
        const common = commonName(a, b)
        expect(common === undefined || (a.matches(common) && b.matches(common))).toBe(true)
      }),
    )
  })

  test('share no name where none is said to be common to them', () => {
    fc.assert(
      fc.property(pattern, pattern, name, (a, b, shared) => {
        const isShared = a.matches(shared) && b.matches(shared)
        expect(!isShared || commonName(a, b) !== undefined).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })

  test('each have a name of their own', () => {
    fc.assert(
      fc.property(pattern, (a) => {
        const own = nameIn(a)
        expect(own !== undefined && a.matches(own)).toBe(true)
      }),
    )
  })
})

describe('a misspelled name', () => {
  test.each([
    ['upstream', 'upstreams'],
    ['upsteams', 'upstreams'],
    ['by-versoin', 'by-version'],
    ['pipy', 'pypi'],
    ['Deny', 'deny'],
  ])('%s is near %s', (text, meant) => {
    expect(nearName(text, ['upstreams', 'by-version', 'by-file', 'pypi', 'deny'])).toBe(meant)
  })

  test.each(['ab', 'cache', 'x'.repeat(100), ''])('%s is near none of them', (text) => {
    expect(nearName(text, ['upstreams', 'deny', 'yanked', 'x', 'x'.repeat(99)])).toBeUndefined()
  })

  test('is compared by insertions, deletions, replacements and swaps', () => {
    expect(['abc', 'ab', 'abcd', 'abx', 'acb', 'cab'].map((other) => editDistance('abc', other))).toEqual([
      0, 1, 1, 1, 1, 2,
    ])
  })
})

test('an offset is in the line whose start is the last before it', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('a', '\n', '\r\n', '\r')), (parts) => {
      const text = parts.join('')
      const place = placesIn(text)
      const offset = text.length
      const lines = text.split(/\r\n|\r|\n/)
      expect(place(offset)).toEqual({ line: lines.length, column: (lines.at(-1) ?? '').length + 1 })
    }),
  )
})

describe('a duration', () => {
  test.each([
    ['10s', 10_000],
    ['5m', 300_000],
    ['2h', 7_200_000],
    ['3d', 259_200_000],
    ['0s', 0],
  ])('%s is %d ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms)
  })

  test.each(['', 's', '5', '5 s', '-5s', '1.5s', '5ms', '5S', '1e3s', '9999999s', '٣s'])('is not "%s"', (text) => {
    expect(parseDuration(text)).toBeUndefined()
  })

  test('may be bounded, both bounds included', () => {
    const read = durationBetween('1s', '8s')
    expect(['0s', '1s', '8s', '9s'].map((text) => 'value' in read(text))).toEqual([false, true, true, false])
  })

  test.each([
    [1000, '1 second'],
    [90_000, '90 seconds'],
    [600_000, '10 minutes'],
    [3_600_000, '1 hour'],
    [30 * 86_400_000, '30 days'],
  ])('of %d ms is said as %s', (ms, words) => {
    expect(sayDuration(ms)).toBe(words)
  })
})
