import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { atOnce } from '../../src/pace/steps.ts'
import { compareWithKnown, type Known } from '../../src/simple/mirrored-page.ts'
import type { ProjectDetail, ProjectFile } from '../../src/simple/model.ts'
import { file, page, sha } from '../support/build.ts'

const NOTHING: Known = { page: undefined, isConfirmed: false, conflicts: [] }
const known = (page: ProjectDetail, more: Partial<Known> = {}): Known => ({
  page,
  isConfirmed: true,
  conflicts: [],
  ...more,
})
const compare = (mirrored: ProjectDetail, before: Known = NOTHING) => atOnce(compareWithKnown(mirrored, before, ownUrl))
const acme = (...files: (string | ProjectFile)[]) => page('up', 'acme', files)
const at = (host: string, name: string, more: Partial<ProjectFile> = {}) =>
  file('up', name, { url: `https://${host}.example/files/${name}`, ...more })

function ownUrl(url: string): string | undefined {
  return url.startsWith('https://mirror.example/') ? url.replace('mirror', 'own') : undefined
}

describe('a page of a mirror', () => {
  test('names the addresses of its upstream', () => {
    expect(compare(acme(at('mirror', 'acme-1.0.tar.gz'))).page).toEqual(acme(at('own', 'acme-1.0.tar.gz')))
  })

  test('does not list what lies elsewhere', () => {
    const { page } = compare(acme(at('third', 'acme-1.0.tar.gz')))
    expect(page).toMatchObject({ files: [], droppedCount: 1, dropped: [{ what: 'acme-1.0.tar.gz' }] })
  })

  test('is the known one itself where it says nothing else, however little it says', () => {
    const full = {
      size: 7,
      uploadTime: '2026-01-01T00:00:00Z',
      coreMetadata: { sha256: sha('m') },
      requiresPython: '>=3',
    }
    const own = {
      ...acme(at('own', 'acme-1.0.tar.gz', full), at('own', 'acme-2.0.tar.gz', full)),
      versions: ['1.0', '2.0'],
    }
    const poor = acme(at('mirror', 'acme-2.0.tar.gz'), at('mirror', 'acme-1.0.tar.gz'))
    expect(compare(poor, known(own)).page).toBe(own)
  })

  test('says what it lacks of what is known', () => {
    const own = acme(at('own', 'acme-1.0.tar.gz'), at('own', 'acme-2.0.tar.gz'))
    expect(compare(acme(at('mirror', 'acme-1.0.tar.gz')), known(own)).missing).toEqual(['acme-2.0.tar.gz'])
  })

  test('may have a file that is not known yet', () => {
    const own = acme(at('own', 'acme-1.0.tar.gz'))
    const found = compare(acme(at('mirror', 'acme-1.0.tar.gz'), at('mirror', 'acme-2.0.tar.gz')), known(own))
    expect(found.page).toEqual(acme(at('own', 'acme-1.0.tar.gz'), at('own', 'acme-2.0.tar.gz')))
    expect(found.missing).toEqual([])
  })

  test('does not change the hash of a file that its upstream gave', () => {
    const own = acme(at('own', 'acme-1.0.tar.gz'))
    const found = compare(acme(at('mirror', 'acme-1.0.tar.gz', { hashes: { sha256: sha('evil') } })), known(own))
    expect(found.page).toBe(own)
    expect(found.overruled).toEqual([{ what: 'hash', filename: 'acme-1.0.tar.gz' }])
  })

  test('that contradicts another mirror takes the file from everybody, until the upstream itself speaks', () => {
    const other = acme(at('own', 'acme-1.0.tar.gz'))
    const evil = acme(at('mirror', 'acme-1.0.tar.gz', { hashes: { sha256: sha('evil') } }))
    const found = compare(evil, known(other, { isConfirmed: false }))
    expect([found.page.files, found.conflicts]).toEqual([[], ['acme-1.0.tar.gz']])
    const again = compare(acme(at('mirror', 'acme-1.0.tar.gz')), known(found.page, { ...found, isConfirmed: false }))
    expect(again.page.files).toEqual([])
  })

  test('cannot take back a yank', () => {
    const own = acme(at('own', 'acme-1.0.tar.gz', { yanked: 'broken' }))
    const found = compare(acme(at('mirror', 'acme-1.0.tar.gz')), known(own))
    expect(found.page).toBe(own)
    expect(found.overruled).toEqual([{ what: 'yanked', filename: 'acme-1.0.tar.gz' }])
  })

  test('can yank', () => {
    const own = acme(at('own', 'acme-1.0.tar.gz', { size: 7 }))
    const found = compare(acme(at('mirror', 'acme-1.0.tar.gz', { yanked: 'bad' })), known(own))
    expect(found.page.files).toEqual([at('own', 'acme-1.0.tar.gz', { size: 7, yanked: 'bad' })])
  })

  test('cannot take back a quarantine', () => {
    const own: ProjectDetail = { ...acme(), status: { status: 'quarantined', reason: 'malware' } }
    const found = compare({ ...acme(), status: { status: 'active' } }, known(own))
    expect(found.page).toBe(own)
    expect(found.overruled).toEqual([{ what: 'quarantined' }])
  })

  test('can quarantine', () => {
    const found = compare({ ...acme(), status: { status: 'quarantined' } }, known(acme()))
    expect(found.page.status).toEqual({ status: 'quarantined' })
  })
})

test('whichever address answers, the page is the same', () => {
  const files = fc.uniqueArray(
    fc.record(
      {
        version: fc.nat(99),
        size: fc.nat(),
        yanked: fc.constantFrom(true as const, 'broken'),
        uploadTime: fc.constant('2026-01-01T00:00:00Z'),
        requiresPython: fc.constantFrom('>=3.9', '<4'),
      },
      { requiredKeys: ['version'] },
    ),
    { selector: ({ version }) => version, maxLength: 20 },
  )
  const says = (host: string, list: readonly { version: number }[]) =>
    acme(...list.map(({ version, ...more }) => at(host, `acme-${version}.tar.gz`, more)))
  fc.assert(
    fc.property(files, fc.boolean(), (list, isKnown) => {
      const own = says('own', list)
      const found = compare(says('mirror', list), isKnown ? known(own) : NOTHING)
      expect(found.page).toEqual(own)
      expect(found.overruled).toEqual([])
    }),
  )
})
