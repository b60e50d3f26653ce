import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { atOnce } from '../../src/pace/steps.ts'
import {
  canonicalVersion,
  isVersion,
  maturityOf,
  normalizedVersion,
  parseVersionSpecifier,
  sortVersions,
} from '../../src/simple/version.ts'

test.each([
  ['1.0', '1'],
  ['1.0.0', '1'],
  ['v1.0', '1'],
  ['1.0-1', '1.post1'],
  ['1.0.alpha.2', '1a2'],
  ['1!2.0', '1!2'],
  ['1.0+Ubuntu-1', '1+ubuntu.1'],
  ['1.0.dev0', '1.dev0'],
  ['2004d', '2004d'],
  ['Dev-R123', 'dev-r123'],
])('%s is written %s', (version, canonical) => {
  expect(canonicalVersion(version)).toBe(canonical)
})

// The right side is what `str(packaging.version.Version(…))` gives.
test.each([
  ['1.0', '1.0'],
  ['v1.0.0', '1.0.0'],
  ['01.02', '1.2'],
  ['1.0-1', '1.0.post1'],
  ['1.0.alpha.2', '1.0a2'],
  ['1.0-beta', '1.0b0'],
  ['1!2.0', '1!2.0'],
  ['1.0+Ubuntu-1', '1.0+ubuntu.1'],
  ['1.0.DEV', '1.0.dev0'],
  ['2004d', '2004d'],
  ['1.20260101000000000001', '1.20260101000000000001'],
])('%s is %s to Python', (version, normalized) => {
  expect(normalizedVersion(version)).toBe(normalized)
})

test.each([
  ['1.0', 'final'],
  ['1.0.post1', 'final'],
  ['1.0+cpu', 'final'],
  ['1.0rc1', 'early'],
  ['1.0.post1.dev1', 'early'],
  ['2004d', 'unknown'],
])('%s is %s', (version, maturity) => {
  expect(maturityOf(version)).toBe(maturity)
})

test('a version and its local build are two versions', () => {
  expect(canonicalVersion('1.0+corp')).not.toBe(canonicalVersion('1.0'))
})

test('versions are sorted as PEP 440 orders them, unknown ones last', () => {
  const sorted = [
    '0.9',
    '1.0.dev1',
    '1.0a1.dev1',
    '1.0a1',
    '1.0b2',
    '1.0rc1',
    '1.0',
    '1.0+local.a',
    '1.0+local.1',
    '1.0.post1',
  ]
  const all = [...sorted, '1.2', '1.10', '1!0.1', '2004d', 'dev-r123']
  expect(atOnce(sortVersions(all.toReversed()))).toEqual(all)
})

test('zeros at the end of a release do not count when versions are sorted', () => {
  const sorted = ['1rc1', '1.0.0rc2', '1', '1.0.post1', '1.0.1']
  expect(atOnce(sortVersions(sorted.toReversed()))).toEqual(sorted)
})

test('two spellings of one version stay two, in an order of their own', () => {
  expect(atOnce(sortVersions(['1.0.0', '1.0', '1.0']))).toEqual(['1.0', '1.0.0'])
})

test('the order does not depend on the order before', () => {
  const version = fc.stringMatching(
    /^([0-9]!)?[0-9](\.[0-9]){0,2}((a|rc)[0-9])?(\.post[0-9])?(\.dev[0-9])?(\+[a-b0-9])?$/,
  )
  fc.assert(
    fc.property(fc.array(version, { maxLength: 12 }), (versions) => {
      expect(atOnce(sortVersions(versions.toReversed()))).toEqual(atOnce(sortVersions(versions)))
    }),
  )
})

test('a specifier takes pre-releases for what they are', () => {
  const specifier = parseVersionSpecifier('<3, !=2.4.1')
  const answers = ['2.0', '2.4.1', '3.0rc1', '3.0', '2.5rc1', '2004d'].map((version) => specifier?.includes(version))
  expect(answers).toEqual([true, false, false, false, true, false])
})

test('a comma too many means nothing, and what is no specifier is none', () => {
  expect(parseVersionSpecifier('<3,')?.text).toBe('<3')
  expect(['', ',', 'three', '<', '=>3'].map((text) => parseVersionSpecifier(text))).toEqual(Array(5).fill(undefined))
})

test('what PEP 440 knows is a version', () => {
  expect(['1.0', '1.0rc1', 'v2', '2004d', 'latest', '', '1.0 beta 1'].map((text) => isVersion(text))).toEqual([
    true,
    true,
    true,
    false,
    false,
    false,
    false,
  ])
})
