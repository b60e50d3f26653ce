import { describe, expect, it } from 'vitest'
import { atOnce } from '../../src/pace/steps.ts'
import type { ProjectFile } from '../../src/simple/model.ts'
import { newestRelease, releaseOf, releasesOf } from '../../src/simple/releases.ts'
import { file } from '../support/build.ts'

const files = (versions: Readonly<Record<string, Partial<ProjectFile>>>) =>
  Object.entries(versions).map(([version, more]) => file('pypi', `acme-${version}.tar.gz`, { version, ...more }))
const newest = (versions: Parameters<typeof files>[0]) =>
  atOnce(newestRelease(atOnce(releasesOf(files(versions)))))?.version

describe('releases', () => {
  it('are the files of each version, as PEP 440 orders and writes them', () => {
    const all = files({ '1.10': {}, '1.9': {}, '2.0-beta': {}, '2004d': {} })
    expect(atOnce(releasesOf(all)).map(({ version }) => version)).toEqual(['1.9', '1.10', '2.0b0', '2004d'])
  })

  it('have all files of a version, however their names spell it', () => {
    const all = [
      file('pypi', 'acme-1.0_1-py3-none-any.whl', { version: '1.0.post1' }),
      file('pypi', 'acme-1.0-1.tar.gz', { version: '1.0-1' }),
    ]
    expect(atOnce(releasesOf(all))).toEqual([{ version: '1.0.post1', files: all }])
  })

  it('have nothing that is no distribution', () => {
    const variants = file('pypi', 'acme-1.0-variants.json', { version: '1.0' })
    expect(atOnce(releasesOf([variants]))).toEqual([])
    expect(atOnce(releaseOf([variants], '1.0'))).toBeUndefined()
  })

  it.each(['1.0', '1.0.0', 'v1', '1'])('are found as %s', (asked) => {
    const all = files({ '0.9': {}, '1.0': {}, '1.0+cpu': {} })
    expect(atOnce(releaseOf(all, asked))).toEqual({ version: '1.0', files: [all[1]] })
  })

  it('of a version that no file has are none', () => {
    expect(atOnce(releaseOf(files({ '1.0': {} }), '1.1'))).toBeUndefined()
  })
})

describe('the release that stands for a project', () => {
  const yanked = { yanked: true } as const

  it.each([
    ['the newest', { '1.9': {}, '1.10': {} }, '1.10'],
    ['a final one', { '1.0': {}, '2.0rc1': {}, '2.0.dev1': {}, '2004d': {} }, '1.0'],
    ['one that is not yanked', { '1.0': {}, '1.1': yanked }, '1.0'],
    ['a pre-release rather than a yanked one', { '1.0': yanked, '1.1a1': {} }, '1.1a1'],
    ['a yanked one, where all are', { '1.0': yanked, '1.1': yanked, '2.0rc1': yanked }, '1.1'],
    ['one that PEP 440 does not know, where there is no other', { '2004d': {} }, '2004d'],
    ['none, where there are none', {}, undefined],
  ] as const)('is %s', (_which, versions, expected) => {
    expect(newest(versions)).toBe(expected)
  })

  it('is not yanked as long as one of its files is not', () => {
    const half = [...files({ '1.1': yanked }), file('pypi', 'acme-1.1-py3-none-any.whl', { version: '1.1' })]
    expect(atOnce(newestRelease(atOnce(releasesOf([...files({ '1.0': {} }), ...half]))))?.version).toBe('1.1')
  })
})
