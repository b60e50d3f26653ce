import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isOfVariants, projectsOf, readFilename } from '../../src/simple/filename.ts'
import { named } from './arbitraries.ts'

test.each([
  ['foo-1.0-py3-none-any.whl', 'foo', 'wheel', '1.0'],
  ['Foo.Bar_baz-1.0-py3-none-any.whl', 'foo-bar-baz', 'wheel', '1.0'],
  ['quirky-1!2.0-1b-py3-none-any.whl', 'quirky', 'wheel', '1!2.0'],
  ['torch-2.3.0+cu121-cp312-cp312-win_amd64.whl', 'torch', 'wheel', '2.3.0+cu121'],
  ['foo-1.0-py3-none-any-cu128.whl', 'foo', 'wheel', '1.0'],
  ['foo-1.0-2-py3-none-any-cu128.whl', 'foo', 'wheel', '1.0'],
  ['foo-1.0-variants.json', 'foo', 'variants', '1.0'],
  ['foo-1.0.tar.gz', 'foo', 'sdist', '1.0'],
  ['foo-1.0.zip', 'foo', 'sdist', '1.0'],
  ['foo-1.0.tar.bz2', 'foo', 'sdist', '1.0'],
  ['foo-1.0.tgz', 'foo', 'sdist', '1.0'],
  ['Acme.Dotted_Name-0.1.tar.gz', 'acme-dotted-name', 'sdist', '0.1'],
  ['foo-bar-1.0-1.tar.gz', 'foo-bar', 'sdist', '1.0-1'],
  ['pytz-2004d.tar.gz', 'pytz', 'sdist', '2004d'],
  ['foo-dev-r123.tar.gz', 'foo', 'sdist', 'dev-r123'],
  ['foo-1.0.linux-x86_64.tar.gz', 'foo', 'sdist', '1.0'],
  ['foo-1.0.macosx-10.6-intel.tar.gz', 'foo', 'sdist', '1.0'],
  ['pytz-2006g-py2.4.egg', 'pytz', 'legacy', '2006g'],
  ['Twisted-11.0.0-py2.6-win32.egg', 'twisted', 'legacy', '11.0.0'],
  ['Twisted-10.1.0.winxp32-py2.5.msi', 'twisted', 'legacy', '10.1.0'],
  ['foo-bar-1.0.win-amd64-py2.7.exe', 'foo-bar', 'legacy', '1.0'],
  ['foo.win-1.0.win32.exe', 'foo-win', 'legacy', '1.0'],
  ['foo-1.0-1.noarch.rpm', 'foo', 'legacy', '1.0'],
])('%s is a file of %s', (filename, project, kind, version) => {
  expect(readFilename(filename, named(project))).toEqual({ kind, version })
  expect(projectsOf(filename)).toContain(project)
})

test.each([
  ['foo-bar-1.0.tar.gz', 'foo'],
  ['foo-2-1.0.tar.gz', 'foo'],
  ['bar-1.0.tar.gz', 'foo'],
  ['foo-bar-1.0-py3-none-any.whl', 'foo'],
  ['foo-1.0.whl', 'foo'],
  ['foo-1.0--none-any.whl', 'foo'],
  ['foo--1.0.tar.gz', 'foo'],
  ['foo-.tar.gz', 'foo'],
  ['foo.tar.gz', 'foo'],
  ['-1.0.tar.gz', 'foo'],
  ['foo-1.0.tar.gz.asc', 'foo'],
  ['foo-1.0-py3-none-any.whl.metadata', 'foo'],
  ['foo-1.0-extra-variants.json', 'foo'],
  ['foo-1.0.json', 'foo'],
  ['foo-1.0.tar.gz/', 'foo'],
  ['SHA256SUMS', 'foo'],
  ['', 'foo'],
])('%s is no file of %s', (filename, project) => {
  expect(readFilename(filename, named(project))).toBeUndefined()
})

test.each([
  ['foo-1.0-variants.json', true],
  ['foo-1.0-cp313-cp313-linux_x86_64-cu128.whl', true],
  ['foo-1.0-2b-cp313-cp313-linux_x86_64-cu128.whl', true],
  ['foo-1.0-py3-none-any-null.whl', true],
  ['foo-1.0-py3-none-any.whl', false],
  ['foo-1.0-2b-py3-none-any.whl', false],
  ['foo-1.0-1-variants.tar.gz', false],
])('%s belongs to the variants of a version: %s', (filename, is) => {
  expect(isOfVariants(filename)).toBe(is)
})

describe('the projects that a filename can belong to', () => {
  test('a wheel has one', () => {
    expect(projectsOf('foo_bar-1.0-py3-none-any.whl')).toEqual(['foo-bar'])
  })

  test('a name whose version can begin at one hyphen only has one: no other upstream need hear of it', () => {
    expect(projectsOf('acme-core-1.0.tar.gz')).toEqual(['acme-core'])
  })

  test('a name that can be split in several ways has several, the longest first', () => {
    expect(projectsOf('foo-2-1.tar.gz')).toEqual(['foo-2', 'foo'])
    expect(projectsOf('foo-bar-latest.zip')).toEqual(['foo-bar', 'foo'])
  })

  test('there are eight at most', () => {
    expect(projectsOf('a-b-c-d-e-f-g-h-i-j-k-l.zip')).toHaveLength(8)
    expect(projectsOf('a-b-c-d-e-f-g-h-i-j-k-l.zip')[0]).toBe('a-b-c-d-e-f-g-h-i-j-k')
  })

  test('what is no distribution has none', () => {
    expect(['index.html', 'foo-1.0.tar.gz.asc', `${'a-'.repeat(200)}1.zip`, ''].flatMap(projectsOf)).toEqual([])
  })

  test('whatever the name, they are those on whose pages it would be listed', () => {
    const part = fc.constantFrom('foo', 'bar', '1', '1.0', 'dev', 'r2', 'py3', 'none', 'any', 'win32', '')
    const suffix = fc.constantFrom('.whl', '.tar.gz', '.egg', '.exe', '.rpm', '-variants.json', '.txt')
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), suffix, (parts, end) => {
        const filename = parts.join('-') + end
        for (const project of projectsOf(filename))
          expect(readFilename(filename, project)?.version).toMatch(/^[a-z0-9]/)
      }),
    )
  })
})
