/** Nothing that a page says of a file is lost on its way, and nothing is invented, whatever formats it goes through. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { atOnce } from '../../src/pace/steps.ts'
import { readHtmlDetail, writeHtmlDetail } from '../../src/simple/html.ts'
import { readJsonDetail, writeJsonDetail } from '../../src/simple/json.ts'
import type { PageToWrite, ProjectDetail } from '../../src/simple/model.ts'
import { name } from '../support/build.ts'
import { type Entry, detail, merged } from './two-upstreams.ts'

const SOURCE = { upstream: 'a', project: name('foo'), url: 'https://a.example/simple/foo/' }

const hex = (length: number) => fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`))

/** What people write into a page: markup, entities, several languages, blanks at both ends. */
const TEXTS = fc.oneof(
  fc.constantFrom('a "b" <c> & \'d\'', '&lt;', '&amp;amp;', ' x ', 'ü 😀 日本', '</a>', '#', 'false', '\t'),
  fc.stringMatching(/^[ -~]{1,40}$/),
)

const VERSIONS = fc.stringMatching(/^[1-9]\.[0-9]{1,2}(?:rc1|\.post2|\+local\.1)?$/)

const HASHES = fc.oneof(
  fc.constant({}),
  fc.record({ sha256: hex(64) }),
  fc.record({ sha256: hex(64), sha512: hex(128) }),
  fc.record({ blake2b: hex(128) }),
  fc.record({ md5: hex(32) }),
)

const METADATA = fc.oneof(fc.boolean(), fc.record({ sha256: hex(64) }))

const TIMES = fc.tuple(fc.integer({ min: 0, max: 4e9 }), fc.integer({ min: 0, max: 999_999 })).map(([s, us]) => {
  const fraction = us === 0 ? '' : `.${String(us).padStart(6, '0')}`
  return `${new Date(s * 1000).toISOString().slice(0, 19)}${fraction}Z`
})

/** Each key with every value that the standard gives it, and keys that it does not have. */
const KEYS = fc.record(
  {
    'requires-python': fc.oneof(
      TEXTS.filter((text) => text !== '\t'),
      fc.constant(null),
    ),
    size: fc.maxSafeNat(),
    'upload-time': TIMES,
    yanked: fc.oneof(fc.boolean(), TEXTS),
    'core-metadata': METADATA,
    'gpg-sig': fc.boolean(),
    provenance: fc.constantFrom('https://a.example/integrity/foo?a=1&b=2', null),
    _private: fc.integer(),
    future: fc.constant({ deep: [1] }),
  },
  { requiredKeys: [] },
)

const ENTRIES = fc
  .record({ version: VERSIONS, isSdist: fc.boolean(), hashes: HASHES, keys: KEYS })
  .map(({ version, isSdist, hashes, keys }): Entry => {
    const filename = isSdist ? `foo-${version}.tar.gz` : `foo-${version}-py3-none-any.whl`
    return Object.assign({ filename, url: `https://a.example/files/${encodeURIComponent(filename)}`, hashes }, keys)
  })

const FILES = fc.uniqueArray(ENTRIES, { selector: ({ filename }) => filename, maxLength: 8 })

/** The same without what says nothing (null; not yanked; no metadata; PEP 691, 592, 714) and what nobody knows. */
function meaning({ _private, future: _future, ...file }: Entry): object {
  const says = ([key, value]: [string, unknown]) =>
    value !== null && !(value === false && (key === 'yanked' || key === 'core-metadata'))
  return Object.fromEntries(Object.entries(file).filter(says))
}

function read(files: readonly Entry[]): ProjectDetail {
  const page = { meta: { 'api-version': '1.4' }, name: 'foo', versions: [], files }
  return atOnce(readJsonDetail(Buffer.from(JSON.stringify(page)), SOURCE))
}

function toWrite({ name: project, files, versions }: ProjectDetail): PageToWrite {
  return { name: project, files, versions, link: ({ url }) => url }
}

function asJson(page: ProjectDetail): readonly Entry[] {
  return JSON.parse(Buffer.concat([...writeJsonDetail(toWrite(page))]).toString()).files
}

function throughHtml(page: ProjectDetail): ProjectDetail {
  const html = Buffer.concat([...writeHtmlDetail(toWrite(page))])
  return atOnce(readHtmlDetail(html, SOURCE, { delimited: true }))
}

/** A link has one hash, the first. */
function withFirstHash(file: object): object {
  const [first] = 'hashes' in file ? Object.entries(file.hashes as object) : []
  return { ...file, hashes: first === undefined ? {} : Object.fromEntries([first]) }
}

describe('what a page in JSON says of a file', () => {
  it('is what ours says in JSON, key by key', () => {
    fc.assert(
      fc.property(FILES, (files) => {
        expect(asJson(read(files))).toEqual(files.map(meaning))
      }),
    )
  })

  it('is what ours says in HTML, and what that says in JSON again', () => {
    fc.assert(
      fc.property(FILES, (files) => {
        expect(asJson(throughHtml(read(files)))).toEqual(files.map(meaning).map(withFirstHash))
      }),
    )
  })
})

describe('through the whole server', () => {
  /** Many files, and each only once. */
  const [files = []] = fc.sample(fc.uniqueArray(ENTRIES, { selector: ({ filename }) => filename, minLength: 60 }), {
    numRuns: 1,
    seed: 7,
  })
  const byName = (a: object, b: object) => (nameOf(a) < nameOf(b) ? -1 : 1)
  const nameOf = (file: object) => ('filename' in file ? String(file.filename) : '')
  /** Addresses are ours, and metadata of wheels is there for all of them. */
  const asServed = (file: object) => ({
    ...(nameOf(file).endsWith('.whl') && { 'core-metadata': true }),
    ...file,
    url: expect.stringContaining(`/a.example/files/${encodeURIComponent(nameOf(file))}`),
  })
  const expected = files.map(meaning).map(asServed)
  const FILES_AT = { filesAt: ['https://a.example/files/'] }

  it.each(['first-index', 'by-file', 'by-version'] as const)('nothing is lost, %s', async (strategy) => {
    const { page } = await merged({ a: detail(files), strategy, keysOfA: FILES_AT })
    expect((await page()).files.toSorted(byName)).toEqual(expected.toSorted(byName))
  })

  it('nothing is lost or lent between two upstreams that do not share a file', async () => {
    const half = Math.floor(files.length / 2)
    const { page } = await merged({
      a: detail(files.slice(0, half)),
      b: detail(files.slice(half)),
      keysOfA: FILES_AT,
      keysOfB: FILES_AT,
    })
    expect((await page()).files.toSorted(byName)).toEqual(expected.toSorted(byName))
  })
})
