import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseFilenameGlobs } from '../../src/merge/filename-globs.ts'
import { covers, parseNamePattern } from '../../src/merge/name-pattern.ts'
import { name, pattern } from '../support/build.ts'

describe('a pattern over names', () => {
  it.each([
    ['Acme_Core', 'acme-core', true],
    ['acme-*', 'acme-core', true],
    ['acme-*', 'acme', false],
    ['acme*', 'acme', true],
    ['*-stubs', 'types-stubs', true],
    ['a*b*c', 'axxbxxc', true],
    ['a*b*c', 'axxcxxb', false],
    ['ab*ba', 'aba', false],
    ['*', 'anything', true],
    ['ACME.*', 'acme-x', true],
  ])('%s matches %s: %s', (text, project, expected) => {
    expect(pattern(text).matches(name(project))).toBe(expected)
  })
  it.each(['', 'a b', 'acme?', '[ab]', '-acme', 'acme-', 'ü', 'a/b', '-*'])('%j is refused', (text) => {
    expect(parseNamePattern(text)).toBeUndefined()
  })
  it('covers another exactly when it matches all that the other matches', () => {
    const texts = fc.stringMatching(/^[ab*]{1,4}$/)
    const names = ['a', 'b', 'aa', 'ab', 'ba', 'bb', 'aab', 'aba', 'abab', 'babab', 'aabbaabb'].map(name)
    fc.assert(
      fc.property(texts, texts, (outer, inner) => {
        const [a, b] = [pattern(outer), pattern(inner)]
        if (covers(a, b)) for (const each of names) if (b.matches(each)) expect(a.matches(each)).toBe(true)
      }),
    )
  })
})

describe('globs over filenames', () => {
  it.each([
    [['*.whl'], 'x-1-py3-none-any.whl', true],
    [['*.whl'], 'x-1.tar.gz', false],
    [['!*-win*'], 'x-1-cp311-win_amd64.whl', false],
    [['!*-win*'], 'x-1.tar.gz', true],
    [['*.whl', '!*-win*'], 'x-1-cp311-win_amd64.whl', false],
    [['*.whl', '!*-win*'], 'x-1-py3-none-any.whl', true],
  ])('%j on %s: %s', (texts, filename, expected) => {
    expect(parseFilenameGlobs(texts)?.includes(filename)).toBe(expected)
  })
  it.each([[[]], [['']], [['!']], [['a/b']]])('%j is refused', (texts) => {
    expect(parseFilenameGlobs(texts)).toBeUndefined()
  })
})
