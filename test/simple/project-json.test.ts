import { describe, expect, it } from 'vitest'
import { atOnce } from '../../src/pace/steps.ts'
import { readMetadataFields } from '../../src/simple/metadata-fields.ts'
import type { ProjectFile } from '../../src/simple/model.ts'
import { packageTypeOf, pythonVersionOf } from '../../src/simple/package-type.ts'
import { type ProjectToWrite, writeProjectJson } from '../../src/simple/project-json.ts'
import { releasesOf } from '../../src/simple/releases.ts'
import { file, name, sha } from '../support/build.ts'

interface Written {
  readonly info: Readonly<Record<string, unknown>>
  readonly releases?: Readonly<Record<string, readonly object[]>>
  readonly urls: readonly object[]
}

function write(files: readonly ProjectFile[], more: Partial<ProjectToWrite> = {}): Written {
  const releases = atOnce(releasesOf(files))
  const pieces = writeProjectJson({
    name: name('acme'),
    release: releases.at(-1),
    metadata: undefined,
    releases,
    link: ({ filename }) => `http://here/${filename}`,
    ...more,
  })
  return JSON.parse(Buffer.concat([...pieces]).toString()) as Written
}

const WHEEL = 'acme-1.0-py3-none-any.whl'

describe('a file', () => {
  it('has the words of PyPI for all that the page says of it', () => {
    const all = {
      hashes: { sha256: sha('a'), md5: '0'.repeat(32) },
      requiresPython: '>=3.9',
      size: 5,
      uploadTime: '2026-01-02T03:04:05.678Z',
      yanked: 'broken',
    }
    expect(write([file('pypi', WHEEL, all)]).urls).toEqual([
      {
        filename: WHEEL,
        url: `http://here/${WHEEL}`,
        packagetype: 'bdist_wheel',
        python_version: 'py3',
        requires_python: '>=3.9',
        digests: { sha256: sha('a') },
        size: 5,
        upload_time: '2026-01-02T03:04:05',
        upload_time_iso_8601: '2026-01-02T03:04:05.678Z',
        yanked: true,
        yanked_reason: 'broken',
      },
    ])
  })

  it('says so where its time is when we first saw it', () => {
    const ours = file('pypi', WHEEL, { uploadTime: '2026-01-02T03:04:05.678Z', isFirstSeen: true })
    expect(write([ours]).urls).toEqual([
      expect.objectContaining({ upload_time: '2026-01-02T03:04:05', _upload_time: 'first-seen' }),
    ])
  })

  // Renovate refuses the whole answer for an `upload_time` of null.
  it('has null for what it does not have, and no time at all where there is none', () => {
    expect(write([file('pypi', 'acme-1.0.tar.gz', { hashes: {} })]).urls).toEqual([
      {
        filename: 'acme-1.0.tar.gz',
        url: 'http://here/acme-1.0.tar.gz',
        packagetype: 'sdist',
        python_version: 'source',
        requires_python: null,
        digests: {},
        size: null,
        yanked: false,
        yanked_reason: null,
      },
    ])
  })

  it.each([
    ['acme-1.0-cp311-cp311-linux_x86_64.whl', 'bdist_wheel', 'cp311'],
    ['acme-1.0-1b-py2.py3-none-any.whl', 'bdist_wheel', 'py2.py3'],
    ['acme-1.0.zip', 'sdist', 'source'],
    ['acme-1.0-py2.7.egg', 'bdist_egg', undefined],
    ['acme-1.0.win32-py2.7.exe', 'bdist_wininst', undefined],
    ['acme-1.0-variants.json', undefined, undefined],
  ])('%s is a %s for %s', (filename, type, python) => {
    expect([packageTypeOf(filename), pythonVersionOf(filename)]).toEqual([type, python])
  })
})

describe('a project', () => {
  it('has all its releases by version, and the files of one of them beside', () => {
    const written = write([file('pypi', 'acme-0.9.tar.gz'), file('pypi', 'acme-1.0.tar.gz'), file('pypi', WHEEL)])
    expect(Object.entries(written.releases ?? {}).map(([version, files]) => [version, files.length])).toEqual([
      ['0.9', 1],
      ['1.0', 2],
    ])
    expect(written.urls).toEqual(written.releases?.['1.0'])
    expect(written.info['version']).toBe('1.0')
  })

  it('has no releases where one version was asked for', () => {
    const [release] = atOnce(releasesOf([file('pypi', WHEEL)]))
    const pieces = writeProjectJson({ name: name('acme'), release, metadata: undefined, link: () => 'x' })
    expect(Object.keys(JSON.parse(Buffer.concat([...pieces]).toString()) as object)).toEqual(['info', 'urls'])
  })

  it('without files has none, and says why', () => {
    const status = { status: 'quarantined', reason: 'malware' } as const
    expect(write([], { status })).toMatchObject({
      info: { name: 'acme', version: null, requires_dist: null, yanked: false },
      project_status: status,
      releases: {},
      urls: [],
    })
  })

  it('is written in pieces, however many files a release has', () => {
    const files = Array.from({ length: 3000 }, (_, i) =>
      file('pypi', `acme-1.0-${i}-py3-none-any.whl`, { version: '1.0' }),
    )
    const releases = atOnce(releasesOf(files))
    const pieces = [
      ...writeProjectJson({ name: name('acme'), release: releases[0], metadata: undefined, releases, link: () => 'x' }),
    ]
    expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(512 * 1024)
    expect((JSON.parse(Buffer.concat(pieces).toString()) as Written).urls).toHaveLength(3000)
  })
})

describe('what is said of a release', () => {
  const metadata = readMetadataFields(
    [
      'Metadata-Version: 2.4',
      'Name: Acme',
      'Version: 1.0',
      'Summary: Does it',
      'Home-page: https://acme.example/',
      'Requires-Python: >=3.9',
      'Requires-Dist: foo>=1',
      'Requires-Dist: bar; extra == "more"',
      'Provides-Extra: more',
      'Project-URL: Source, https://github.com/acme/acme',
      'Project-URL: Source, https://elsewhere.example/',
      'Project-URL: Bad, javascript:alert(1)',
      'Project-URL: __proto__, https://acme.example/proto',
      'Project-URL: https://no-label.example/',
      'License: MIT',
      '        without warranty',
      '',
      'It does it.',
    ].join('\n'),
  )

  it('is what its core metadata says', () => {
    expect(write([file('pypi', WHEEL)], { metadata }).info).toMatchObject({
      name: 'Acme',
      version: '1.0',
      summary: 'Does it',
      requires_python: '>=3.9',
      requires_dist: ['foo>=1', 'bar; extra == "more"'],
      provides_extra: ['more'],
      home_page: 'https://acme.example/',
      license: 'MIT\nwithout warranty',
      description: 'It does it.',
      classifiers: [],
      author: null,
    })
  })

  it('names addresses of the web alone, each once', () => {
    const { project_urls: urls } = write([file('pypi', WHEEL)], { metadata }).info
    expect(Object.entries(urls as object)).toEqual([
      ['Source', 'https://github.com/acme/acme'],
      ['__proto__', 'https://acme.example/proto'],
    ])
  })

  // Poetry takes [] for "none" and looks into the files where it is null.
  it('tells no dependencies from unknown ones', () => {
    const none = readMetadataFields('Name: acme\nVersion: 1.0\n')
    expect(write([file('pypi', WHEEL)], { metadata: none }).info['requires_dist']).toEqual([])
    expect(write([file('pypi', WHEEL)]).info['requires_dist']).toBeNull()
  })

  // Renovate refuses the whole answer where one of them is null.
  it('has no addresses where there are none', () => {
    const { info } = write([file('pypi', WHEEL)])
    expect(['home_page', 'download_url', 'project_urls'].filter((key) => key in info)).toEqual([])
  })

  it('without metadata is what all its files say of their Python', () => {
    const [one, other] = [file('pypi', WHEEL, { requiresPython: '>=3.9' }), file('pypi', 'acme-1.0.tar.gz')]
    expect(write([one]).info['requires_python']).toBe('>=3.9')
    expect(write([one, other]).info['requires_python']).toBeNull()
  })

  it('is yanked when all its files are', () => {
    const [one, other] = [file('pypi', WHEEL, { yanked: 'broken' }), file('pypi', 'acme-1.0.tar.gz')]
    expect(write([one]).info).toMatchObject({ yanked: true, yanked_reason: 'broken' })
    expect(write([one, other]).info).toMatchObject({ yanked: false, yanked_reason: null })
  })
})
