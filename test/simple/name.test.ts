import { expect, test } from 'vitest'
import { parseName } from '../../src/simple/name.ts'

test.each([
  ['Foo.Bar_baz', 'foo-bar-baz'],
  ['foo--bar', 'foo-bar'],
  ['foo-._bar', 'foo-bar'],
  ['A', 'a'],
  ['0', '0'],
  ['zope.interface', 'zope-interface'],
])('the name %j is %j', (text, name) => {
  expect(parseName(text)).toBe(name)
})

test.each([
  '',
  '-foo',
  'foo-',
  '.foo',
  'foo_',
  'föö',
  'foo\n',
  'foo bar',
  '../x',
  'foo/bar',
  '<script>',
  '\u212a',
  'ı',
  'a\0',
])('%j is no name: it has more than ASCII letters, digits and inner separators', (text) => {
  expect(parseName(text)).toBeUndefined()
})

test('a name that no file could carry is none', () => {
  expect(parseName('a'.repeat(200))).toBe('a'.repeat(200))
  expect(parseName('a'.repeat(201))).toBeUndefined()
})
