/** Project pages as fast-check makes them: all that a reader can give, and so all that a writer must carry. */
import * as fc from 'fast-check'
import type { Hashes, ProjectFile, ProjectStatus } from '../../src/simple/model.ts'
import { parseName, type ProjectName } from '../../src/simple/name.ts'

/** A name that must be right, since the test wrote it. */
export function named(text: string): ProjectName {
  const name = parseName(text)
  if (name === undefined) throw new Error(`Not a project name: "${text}"`)
  return name
}

export const PROJECT = named('acme-core')

export const SOURCE = { upstream: 'corp', project: PROJECT, url: 'https://corp.example/simple/acme-core/' }

export const PAGE_NAMES = fc
  .stringMatching(/^[a-zA-Z0-9]([a-zA-Z0-9._-]{0,12}[a-zA-Z0-9])?$/)
  .map((text) => named(text))

/** Text as people write it: markup, quotes, entities, any language. Control signs are replaced when a page is read. */
const TEXT = fc
  .oneof(
    fc.string({ unit: 'grapheme', maxLength: 30 }),
    fc.constantFrom('a & <b> "c" \'d\'', '&amp;lt;', '</a><script>', '`', '\t'),
  )
  .map((text) => text.replace(/[^\P{Cc}\t]/gu, ' ').toWellFormed())

const hex = (length: number) => fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`))

/** Hashes as they are after a writer had them: strong ones, or weak ones alone. */
const HASHES: fc.Arbitrary<Hashes> = fc.oneof(
  fc.constant({}),
  fc.record({ sha256: hex(64) }),
  fc.record({ sha256: hex(64), sha512: hex(128) }),
  fc.record({ md5: hex(32) }),
)

const TIMES = fc
  .date({ min: new Date('2000-01-01T00:00:00Z'), max: new Date('2100-01-01T00:00:00Z'), noInvalidDate: true })
  .map((date) => date.toISOString())

const OPTIONAL = fc.record(
  {
    requiresPython: TEXT.filter((text) => text !== '' && !text.includes('\t')),
    size: fc.maxSafeNat(),
    uploadTime: TIMES,
    yanked: fc.oneof(
      fc.constant(true as const),
      TEXT.filter((text) => text !== ''),
    ),
    coreMetadata: fc.oneof(fc.constant(true), fc.record({ sha256: hex(64) })),
    gpgSig: fc.boolean(),
    provenance: fc.constant('https://corp.example/integrity/acme-core/provenance?a=1&b=2'),
  },
  { requiredKeys: [] },
)

const VERSIONS = fc.stringMatching(/^[0-9]{1,2}(\.[0-9]{1,2}){0,2}(rc1|\.post2|\+local\.1)?$/)

const FILES: fc.Arbitrary<ProjectFile> = fc
  .record({ version: VERSIONS, sdist: fc.boolean(), hashes: HASHES, optional: OPTIONAL })
  .map(({ version, sdist, hashes, optional }) => {
    const filename = sdist ? `acme_core-${version}.tar.gz` : `acme_core-${version}-py3-none-any.whl`
    const url = `https://corp.example/files/${encodeURIComponent(filename)}`
    return Object.assign({ filename, url, upstream: SOURCE.upstream, version, hashes }, optional)
  })

const STATUSES: fc.Arbitrary<ProjectStatus> = fc.oneof(
  fc.record({ status: fc.constantFrom('active', 'archived', 'deprecated') }),
  fc.record({ status: fc.constantFrom('archived', 'deprecated'), reason: TEXT.filter((text) => text !== '') }),
)

export const PAGES = fc.record({
  name: fc.constant(PROJECT),
  files: fc.uniqueArray(FILES, { selector: ({ filename }) => filename, maxLength: 8 }),
  versions: fc.uniqueArray(VERSIONS, { maxLength: 5 }),
  status: fc.option(STATUSES, { nil: undefined }),
})
