import { describe, expect, test } from 'vitest'
import { atOnce } from '../../src/pace/steps.ts'
import { readJsonDetail, writeJsonDetail } from '../../src/simple/json.ts'
import { jsonListReader, writeJsonList } from '../../src/simple/json-list.ts'
import type { PageFault, ProjectFile } from '../../src/simple/model.ts'
import { nameList } from '../../src/simple/name-list.ts'
import { readWhole } from '../support/lists.ts'
import { named, PROJECT, SOURCE } from './arbitraries.ts'

const H1 = 'a1'.repeat(32)
const H2 = 'b2'.repeat(32)
const SDIST = 'acme_core-1.0.tar.gz'
const WHEEL = 'acme_core-1.0-py3-none-any.whl'

const PLAIN: ProjectFile = {
  filename: SDIST,
  url: `${SOURCE.url}${SDIST}`,
  upstream: 'corp',
  version: '1.0',
  hashes: {},
}

function bytes(value: unknown): Buffer {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
}

function read(page: object) {
  return atOnce(
    readJsonDetail(bytes({ meta: { 'api-version': '1.4' }, name: 'acme-core', files: [], ...page }), SOURCE),
  )
}

/** The page of one file, whose entry has these keys beside a name and a link. */
function readFile(keys: object) {
  return read({ files: [{ filename: SDIST, url: SDIST, ...keys }] })
}

function fault(attempt: () => unknown): PageFault | undefined {
  try {
    attempt()
    return undefined
  } catch (error) {
    return (error as { code?: PageFault }).code
  }
}

/** The page that lists one file several times, with these hashes. */
function listed(...hashes: object[]) {
  return read({ files: hashes.map((each, index) => ({ filename: SDIST, url: `${index}/${SDIST}`, hashes: each })) })
}

function write(...files: ProjectFile[]) {
  const page = { name: PROJECT, files, versions: ['1.0'], link: ({ filename }: ProjectFile) => `../${filename}` }
  return JSON.parse(Buffer.concat([...writeJsonDetail(page)]).toString())
}

describe('a page is refused as a whole', () => {
  test.each([
    ['empty', ''],
    ['cut', '{"name":"acme-core","files":[{"filename"'],
    ['with a trailing comma', '{"name":"acme-core","files":[],}'],
    ['with a byte order mark', '\ufeff{"name":"acme-core","files":[]}'],
    ['with NaN', '{"name":"acme-core","files":[],"size":NaN}'],
    ['an array', '[]'],
    ['null', 'null'],
    ['without files', { name: 'acme-core' }],
    ['whose files are null', { name: 'acme-core', files: null }],
    ['whose files are an object', { name: 'acme-core', files: {} }],
    ['without a name', { files: [] }],
    ['whose name is a number', { name: 1, files: [] }],
    ['of another project', { name: 'acme-core-evil', files: [] }],
  ])('%s', (_what, page) => {
    expect(fault(() => atOnce(readJsonDetail(bytes(page), SOURCE)))).toBe('bad-page')
  })

  test('that is not UTF-8', () => {
    const latin1 = Buffer.from('{"name":"acme-core","files":[],"x":"ü"}', 'latin1')
    const utf16 = Buffer.from('{"name":"acme-core","files":[]}', 'utf16le')
    expect([latin1, utf16].map((body) => fault(() => atOnce(readJsonDetail(body, SOURCE))))).toEqual([
      'bad-page',
      'bad-page',
    ])
  })

  test('with more entries than any project has', () => {
    expect(fault(() => read({ files: Array(200_001).fill(0) }))).toBe('too-large')
  })

  test.each(['2.0', '2', '10.0', '0.9', 'x', '', '1.x', ' 1.0', 1, null])('of API version %j', (version) => {
    expect(fault(() => read({ meta: { 'api-version': version } }))).toBe('api-version')
  })
})

test.each([{ meta: { 'api-version': '1.99' } }, { meta: { 'api-version': '1.0' } }, { meta: {} }, { meta: undefined }])(
  'a page of major version 1, or of none, is read: %j',
  (meta) => {
    expect(read({ ...meta, files: [{ filename: SDIST, url: SDIST }] }).files).toEqual([PLAIN])
  },
)

test('the name may be spelled in any way', () => {
  expect(read({ name: 'Acme_Core' }).name).toBe('acme-core')
})

test('keys that we do not know are ignored', () => {
  const unknown = { namespaces: [], 'alternate-locations': [], meta: { 'api-version': '1.5', _serial: 7, tracks: [] } }
  expect(read({ ...unknown, files: [{ filename: SDIST, url: SDIST, _secret: 1 }] }).files).toEqual([PLAIN])
})

describe('an entry that is wrong is left out, and the reason kept', () => {
  test.each([
    ['it is no JSON object', 7],
    ['it is no JSON object', null],
    ['it has no link', { filename: SDIST }],
    ['it has no link', { filename: SDIST, url: 7 }],
    ['its name and its link are of different files', { url: SDIST }],
    ['its name and its link are of different files', { filename: SDIST, url: WHEEL }],
    [
      'its name and its link are of different files',
      { filename: 'acme_core-1.0%2B1.tar.gz', url: 'acme_core-1.0%2B1.tar.gz' },
    ],
    ['its hashes are no JSON object', { filename: SDIST, url: SDIST, hashes: [H1] }],
    ['its hashes are no JSON object', { filename: SDIST, url: SDIST, hashes: 'x' }],
    ['it has two hashes of one kind', { filename: SDIST, url: `${SDIST}#sha256=${H2}`, hashes: { sha256: H1 } }],
    [
      'its Requires-Python is not fit to be shown',
      { filename: SDIST, url: SDIST, 'requires-python': `>=3${' '.repeat(1024)}` },
    ],
    ['its Requires-Python is not fit to be shown', { filename: SDIST, url: SDIST, 'requires-python': '>=3\0' }],
    ['its Requires-Python is not fit to be shown', { filename: SDIST, url: SDIST, 'requires-python': '>=3\ud800' }],
    ['its Requires-Python is not fit to be shown', { filename: SDIST, url: SDIST, 'requires-python': 3 }],
    ['it is a file of another project', { filename: 'evil-1.0.tar.gz', url: 'evil-1.0.tar.gz' }],
    ['it is not a distribution', { filename: `${SDIST}.asc`, url: `${SDIST}.asc` }],
    ['it is not a distribution', { filename: 'acme_core-1.0.whl', url: 'acme_core-1.0.whl' }],
    ['its link is not http or https', { filename: SDIST, url: `ftp://corp.example/${SDIST}` }],
    ['its link is not http or https', { filename: SDIST, url: `javascript:alert(1)//${SDIST}` }],
    ['its link is not http or https', { filename: SDIST, url: `file:///${SDIST}` }],
    ['its link is no URL', { filename: SDIST, url: `https://[/${SDIST}` }],
    ['its link is longer than 16 KiB', { filename: SDIST, url: `${'x/'.repeat(9000)}${SDIST}` }],
    ['its link hides a separator', { filename: 'x', url: '..%2F..%2Facme_core-1.0.tar.gz' }],
    ['its link hides a separator', { filename: 'x', url: '..%5cacme_core-1.0.tar.gz' }],
    ['its link hides a separator', { filename: 'x', url: 'a%252e%252e%252facme_core-1.0.tar.gz' }],
    ['its link hides a separator', { filename: 'x', url: '%2e%2e%2f/acme_core-1.0.tar.gz' }],
    ['its link hides a separator', { filename: 'x', url: 'acme_core-1.0.tar.gz%00' }],
    ['its name is not UTF-8', { filename: 'x', url: 'acme_core-1.0%ff.tar.gz' }],
    ['its name is not UTF-8', { filename: 'x', url: 'acme_core-1.0%c0%af.tar.gz' }],
    ['its name is not fit for a file', { filename: '.acme_core-1.0.tar.gz', url: '.acme_core-1.0.tar.gz' }],
    ['its name is not fit for a file', { filename: 'C:acme_core-1.0.tar.gz', url: './C:acme_core-1.0.tar.gz' }],
    ['its name is not fit for a file', { filename: 'x', url: 'acme_core-1.0%0d%0a.tar.gz' }],
    ['its name is not fit for a file', { filename: 'x', url: 'acme_core-1.0%E2%80%AE.tar.gz' }],
    ['its name is longer than 255 bytes', { filename: 'x', url: `acme_core-1.0+${'ü'.repeat(130)}.tar.gz` }],
    ['it is no file', { filename: '', url: '../' }],
  ])('%s: %j', (why, entry) => {
    const page = read({ files: [entry, { filename: WHEEL, url: WHEEL }] })
    expect(page.files.map(({ filename }) => filename)).toEqual([WHEEL])
    expect(page.droppedCount).toBe(1)
    expect(page.dropped.map((each) => each.why)).toEqual([why])
  })

  test('a dangerous filename is never shown whole or raw', () => {
    const { dropped } = read({ files: [{ filename: `x\n${'y'.repeat(300)}`, url: SDIST }] })
    expect(dropped[0]?.what).toBe(`x ${'y'.repeat(198)}`)
  })

  test('a link that is named in the reason loses what may be secret', () => {
    const { dropped } = read({
      files: [{ url: 'https://u:p@corp.example/files/evil-1.0.tar.gz?token=t#sha256=x' }, { url: 'https://u:p@/?t' }],
    })
    expect(dropped.map(({ what }) => what)).toEqual(['evil-1.0.tar.gz', '/'])
  })

  test('all are counted, fifty are kept', () => {
    const page = read({ files: Array(60).fill(0) })
    expect([page.droppedCount, page.dropped.length]).toEqual([60, 50])
  })
})

describe('a name that is listed twice', () => {
  test.each([
    ['with the same hash', [{ sha256: H1 }, { sha256: H1.toUpperCase() }]],
    ['with a hash and without', [{ sha256: H1 }, {}]],
    ['without a hash and with one', [{}, { sha256: H1 }]],
    ['without any hash', [{}, {}]],
  ])('%s is one file: the first', (_how, hashes) => {
    const page = listed(...hashes)
    expect(page.files.map(({ url }) => url)).toEqual([`${SOURCE.url}0/${SDIST}`])
    expect(page.droppedCount).toBe(0)
  })

  test('with different hashes cannot be believed at all, however often it is listed', () => {
    const page = listed({ sha256: H1 }, { sha256: H2 }, { sha256: H1 })
    expect(page.files).toEqual([])
    const left = { what: SDIST, why: 'the page lists it with different hashes' }
    expect(page.dropped).toEqual([left, left, left])
  })

  test('may be percent-encoded in one place', () => {
    const filename = 'acme_core-1.0+local-py3-none-any.whl'
    const page = read({ files: [filename, filename.replace('+', '%2B')].map((url) => ({ filename, url })) })
    expect(page.files.map((file) => file.filename)).toEqual([filename])
  })
})

describe('a link', () => {
  test.each([
    ['../../packages/x/', 'https://corp.example/packages/x/'],
    ['/x/', 'https://corp.example/x/'],
    ['//cdn.example/', 'https://cdn.example/'],
    ['http://127.0.0.1:8001/', 'http://127.0.0.1:8001/'],
    ['https://u:p@cdn.example/', 'https://cdn.example/'],
  ])('below %s leads below %s', (prefix, resolved) => {
    expect(readFile({ url: `${prefix}${SDIST}` }).files[0]?.url).toBe(`${resolved}${SDIST}`)
  })

  test('keeps its query, which may be its permit, and loses its fragment', () => {
    const [file] = readFile({ url: `${SDIST}?sig=a%2Fb#sha256=${H1}` }).files
    expect(file).toEqual({ ...PLAIN, url: `${SOURCE.url}${SDIST}?sig=a%2Fb`, hashes: { sha256: H1 } })
  })
})

describe('what an entry says of its file', () => {
  test.each([
    [{ hashes: null }, {}],
    [{ hashes: { SHA256: H1.toUpperCase(), blake2b_256: H2, md5: 'short' } }, { hashes: { sha256: H1 } }],
    [{ 'requires-python': null }, {}],
    [{ 'requires-python': '' }, {}],
    [{ 'requires-python': '>=3.8<script>' }, { requiresPython: '>=3.8<script>' }],
    [{ size: 0 }, { size: 0 }],
    [{ size: 2 ** 40 }, { size: 2 ** 40 }],
    [{ size: '123' }, {}],
    [{ size: -1 }, {}],
    [{ size: 1.5 }, {}],
    [{ size: 2 ** 53 }, {}],
    [{ size: null }, {}],
    [{ 'upload-time': '2024-01-02T03:04:05+00:00' }, { uploadTime: '2024-01-02T03:04:05Z' }],
    [{ 'upload-time': '2024-02-31T03:04:05Z' }, {}],
    [{ yanked: false }, {}],
    [{ yanked: null }, {}],
    [{ yanked: true }, { yanked: true }],
    [{ yanked: '' }, { yanked: true }],
    [{ yanked: 'bad\r\nbuild\t<b> ' }, { yanked: 'bad  build\t<b> ' }],
    [{ yanked: 'x'.repeat(2000) }, { yanked: 'x'.repeat(1024) }],
    [{ yanked: 7 }, { yanked: true }],
    [{ yanked: 'half \ud800' }, { yanked: 'half \ufffd' }],
    [{ 'core-metadata': true }, { coreMetadata: true }],
    [{ 'core-metadata': { sha256: H1, crc32: 'x' } }, { coreMetadata: { sha256: H1 } }],
    [{ 'core-metadata': { crc32: 'x' } }, { coreMetadata: true }],
    [{ 'core-metadata': false, 'dist-info-metadata': { sha256: H1 } }, { coreMetadata: false }],
    [{ 'core-metadata': null, 'dist-info-metadata': { sha256: H1 } }, { coreMetadata: { sha256: H1 } }],
    [{ 'data-dist-info-metadata': { sha256: H1 } }, { coreMetadata: { sha256: H1 } }],
    [{ 'core-metadata': 'yes' }, {}],
    [{ 'gpg-sig': true }, { gpgSig: true }],
    [{ 'gpg-sig': 'true' }, {}],
    [{ provenance: 'https://corp.example/p?a=1' }, { provenance: 'https://corp.example/p?a=1' }],
    [{ provenance: 'http://corp.example/p' }, {}],
    [{ provenance: '/p' }, {}],
    [{ provenance: 'https://u:p@corp.example/p' }, {}],
    [{ provenance: null }, {}],
  ])('%j is read as %j', (keys, said) => {
    expect(readFile(keys).files).toEqual([{ ...PLAIN, ...said }])
  })
})

describe('the status of a project', () => {
  test.each([
    [{ 'project-status': { status: 'archived', reason: 'r' } }, { status: 'archived', reason: 'r' }],
    [{ 'project-status': { state: 'deprecated' } }, { status: 'deprecated' }],
    [{ 'project-status': 'archived' }, { status: 'archived' }],
    [{ meta: { 'project-status': 'archived', 'project-status-reason': 'r' } }, { status: 'archived', reason: 'r' }],
    [{ 'project-status': { status: 'frozen', reason: 'r' } }, undefined],
    [{ 'project-status': { status: 'constructor' } }, undefined],
    [{ 'project-status': { status: ['archived'] } }, undefined],
    [{ 'project-status': { status: 'archived', reason: '' } }, { status: 'archived' }],
    [{ 'project-status': null }, undefined],
    [{}, undefined],
  ])('%j is %j', (page, status) => {
    expect(read(page).status).toEqual(status)
  })

  test('a project in quarantine is read with its files, which the merge withholds', () => {
    const page = read({ 'project-status': { status: 'quarantined' }, files: [{ filename: SDIST, url: SDIST }] })
    expect(page.files).toHaveLength(1)
    expect(page.status).toEqual({ status: 'quarantined' })
  })
})

test('versions are kept as they are spelled, those without files too', () => {
  expect(read({ versions: ['0.9', '1.0', '1.0.0', '1.0', '2004d', 7, '', '1\n', 'x'.repeat(256)] }).versions).toEqual([
    '0.9',
    '1.0',
    '1.0.0',
    '2004d',
  ])
  expect(read({ versions: 'all' }).versions).toEqual([])
})

describe('a page that is written', () => {
  test('promises sizes only where every file has one', () => {
    expect(write({ ...PLAIN, size: 1 }).meta).toEqual({ 'api-version': '1.4' })
    expect(write({ ...PLAIN, size: 1 }, PLAIN).meta).toEqual({ 'api-version': '1.0' })
    expect(write().meta).toEqual({ 'api-version': '1.4' })
  })

  test('has what clients need in a fixed order, and no null', () => {
    const file = {
      ...PLAIN,
      provenance: 'https://corp.example/p',
      gpgSig: true,
      coreMetadata: { sha256: H2 },
      yanked: 'bad',
      uploadTime: '2024-01-02T03:04:05Z',
      size: 7,
      requiresPython: '>=3',
      hashes: { sha256: H1, md5: 'd4'.repeat(16) },
    }
    const status = { status: 'archived', reason: 'r' } as const
    const page = { name: PROJECT, files: [file, PLAIN], versions: ['1.0'], status, link: () => '../x' }
    expect(Buffer.concat([...writeJsonDetail(page)]).toString()).toBe(
      [
        '{"meta":{"api-version":"1.0"},"name":"acme-core","project-status":{"status":"archived","reason":"r"},"versions":["1.0"],"files":[',
        `{"filename":"${SDIST}","url":"../x","hashes":{"sha256":"${H1}"},"requires-python":">=3","size":7,`,
        `"upload-time":"2024-01-02T03:04:05Z","yanked":"bad","core-metadata":{"sha256":"${H2}"},`,
        `"gpg-sig":true,"provenance":"https://corp.example/p"},`,
        `{"filename":"${SDIST}","url":"../x","hashes":{}}]}`,
      ].join(''),
    )
  })

  test('does not mention metadata that is not there', () => {
    expect(write({ ...PLAIN, coreMetadata: false }).files).toEqual([
      { filename: SDIST, url: `../${SDIST}`, hashes: {} },
    ])
  })
})

describe('a list', () => {
  test('has the names that are names', () => {
    const projects = [
      { name: 'Foo.Bar' },
      { name: 'foo bar' },
      { name: '<script>' },
      { name: 7 },
      'baz',
      null,
      { name: 'acme-core', url: 'x' },
    ]
    expect(readWhole(jsonListReader(), bytes({ meta: { 'api-version': '1.0' }, projects }))).toEqual([
      'acme-core',
      'foo-bar',
    ])
  })

  test.each([
    ['', 'bad-page'],
    [[], 'bad-page'],
    [{}, 'bad-page'],
    [{ projects: null }, 'bad-page'],
    [{ projects: {} }, 'bad-page'],
    [{ meta: { 'api-version': '2.0' }, projects: [] }, 'api-version'],
  ])('%j is refused as %s', (list, code) => {
    expect(fault(() => readWhole(jsonListReader(), bytes(list)))).toBe(code)
  })

  test('is written in chunks, not as one long text', () => {
    const names = nameList(Array.from({ length: 20_000 }, (_, index) => named(`project-${index}`)))
    const chunks = [...writeJsonList(names)]
    expect(chunks.length).toBeGreaterThan(3)
    for (const chunk of chunks.slice(0, -2)) expect(chunk.length).toBeGreaterThanOrEqual(64 * 1024)
    expect(JSON.parse(Buffer.concat(chunks).toString()).projects).toHaveLength(20_000)
  })

  test('without names is a list', () => {
    expect(Buffer.concat([...writeJsonList(nameList([]))]).toString()).toBe(
      '{"meta":{"api-version":"1.4"},"projects":[]}',
    )
  })
})
