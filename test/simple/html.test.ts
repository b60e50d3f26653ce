import { describe, expect, test } from 'vitest'
import { atOnce } from '../../src/pace/steps.ts'
import { readHtmlDetail, writeHtmlDetail } from '../../src/simple/html.ts'
import { htmlListReader, writeHtmlList } from '../../src/simple/html-list.ts'
import type { PageFault, ProjectFile } from '../../src/simple/model.ts'
import { nameList } from '../../src/simple/name-list.ts'
import { readWhole } from '../support/lists.ts'
import { named, PROJECT, SOURCE } from './arbitraries.ts'

const H1 = 'a1'.repeat(32)
const H2 = 'b2'.repeat(32)
const MD5 = 'd4'.repeat(16)
const SDIST = 'acme_core-1.0.tar.gz'
const LINK = `<a href="${SDIST}">x</a>`

const PLAIN: ProjectFile = {
  filename: SDIST,
  url: `${SOURCE.url}${SDIST}`,
  upstream: 'corp',
  version: '1.0',
  hashes: {},
}

function read(html: string, delimited = true) {
  return atOnce(readHtmlDetail(Buffer.from(html), SOURCE, { delimited }))
}

function readList(html: string, delimited = true) {
  return readWhole(htmlListReader({ delimited }), Buffer.from(html))
}

function fault(attempt: () => unknown): PageFault | undefined {
  try {
    attempt()
    return undefined
  } catch (error) {
    return (error as { code?: PageFault }).code
  }
}

function metas(status: string, reason: string): string {
  return `<meta name="pypi:project-status" content="${status}"><meta name="pypi:project-status-reason" content="${reason}">`
}

function write(...files: ProjectFile[]): string {
  return Buffer.concat([
    ...writeHtmlDetail({ name: PROJECT, files, versions: [], link: ({ filename }) => `../${filename}` }),
  ]).toString()
}

describe('a page is refused as a whole', () => {
  test.each([
    ['empty', ''],
    [
      'a login page',
      '<html><title>Log in</title><form><input name="password"></form><a href="/terms/">Terms</a></html>',
    ],
    ['an error page', '<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>'],
    ['a page of other files only', '<a href="evil-1.0.tar.gz">x</a>'],
    ['JSON', '{"name":"acme-core","files":[]}'],
    ['the mark of another program', '<meta name="api-version" value="1">'],
  ])('%s', (_what, html) => {
    expect(fault(() => read(html))).toBe('bad-page')
  })

  test('that is not UTF-8', () => {
    const bodies = [
      Buffer.from(`<title>Links for ü</title>${LINK}`, 'latin1'),
      Buffer.from(`\ufeff${LINK}`, 'utf16le'),
      Buffer.from(LINK, 'utf16le'),
    ]
    const faults = bodies.map((body) => fault(() => atOnce(readHtmlDetail(body, SOURCE, { delimited: true }))))
    expect(faults).toEqual(Array(3).fill('bad-page'))
  })

  test.each(['2.0', '0.1', 'x', ''])('of API version "%s"', (version) => {
    expect(fault(() => read(`<meta name="pypi:repository-version" content="${version}">${LINK}`))).toBe('api-version')
  })

  test('with more links than any project has', () => {
    expect(fault(() => read('<a href=x>'.repeat(200_001)))).toBe('too-large')
  })
})

describe('a page without files is one', () => {
  test.each([
    '<meta name="pypi:repository-version" content="1.0">',
    '<title>\n Links for acme-core </title>',
    '<h1>root/dev: links for acme-core</h1>',
    '<h1>Index of /simple/acme-core/</h1>',
    '<title>Directory listing for /simple/</title>',
    '<pre><a href="../">../</a>',
  ])('where it says so: %s', (html) => {
    expect(read(html).files).toEqual([])
  })
})

describe('a body that ended when the connection closed', () => {
  test.each([`<html>${LINK}</html>`, `<html><body>${LINK}</body>\n</html>\n<!--SERIAL 7-->\n`, `${LINK}</BODY>`])(
    'is whole: %s',
    (html) => {
      expect(read(html, false).files).toEqual([PLAIN])
    },
  )

  test.each([
    LINK,
    `${LINK}<br>`,
    `<html>${LINK}</htm`,
    `<html>${LINK}<a hr`,
    `<html></html>${LINK}`,
    `<html></html> ${SDIST}`,
    `${LINK}</html><br>`,
  ])('may be cut: %s', (html) => {
    expect(fault(() => read(html, false))).toBe('truncated')
    expect(fault(() => readList(`<title>Simple index</title>${html}`, false))).toBe('truncated')
  })
})

test.each(['1.0', '1.4', '1.99'])('a page of version %s is read', (version) => {
  expect(read(`<meta content="${version}" name="PyPI:repository-version">${LINK}`).files).toEqual([PLAIN])
})

test('the link names the file, whatever the text says', () => {
  const cut = '<a href="acme_core-1.0-py3-none-any.whl">acme_core-1.0-py3-..&gt;</a>'
  const padded = '<a href="acme_core-1.0.zip">\n  acme_core-1.0.zip\n</a><a href="acme_core-1.0.tgz">Download</a>'
  expect(read(cut + padded).files.map(({ filename }) => filename)).toEqual([
    'acme_core-1.0-py3-none-any.whl',
    'acme_core-1.0.zip',
    'acme_core-1.0.tgz',
  ])
})

test('an anchor that leads nowhere is no entry', () => {
  expect(read(`<a name="top">x</a>${LINK}`)).toMatchObject({ files: [PLAIN], droppedCount: 0 })
})

describe('links hang on the base of the document', () => {
  test.each([
    ['<base href="https://cdn.example/p/">', 'https://cdn.example/p/'],
    ['<base href="../files/">', 'https://corp.example/simple/files/'],
    ['<base target="_blank"><base href="/a/"><base href="/b/">', 'https://corp.example/a/'],
    ['<base href="data:text/html,x">', SOURCE.url],
    ['<base href="https://[">', SOURCE.url],
    ['<base href="">', SOURCE.url],
  ])('%s', (base, resolved) => {
    expect(read(base + LINK).files.map(({ url }) => url)).toEqual([`${resolved}${SDIST}`])
  })

  test('which may not be so long that they become a flood', () => {
    expect(fault(() => read(`<base href="/${'a'.repeat(1024)}/">${LINK}`))).toBe('bad-page')
  })

  test('also those before it', () => {
    expect(read(`${LINK}<base href="/a/">`).files[0]?.url).toBe(`https://corp.example/a/${SDIST}`)
  })
})

describe('what an anchor says of its file', () => {
  test.each([
    [`href="${SDIST}#sha256=${H1.toUpperCase()}"`, { hashes: { sha256: H1 } }],
    [`href="${SDIST}#md5=${MD5}&amp;sha256=${H1}"`, { hashes: { sha256: H1, md5: MD5 } }],
    [`href="${SDIST}#egg=acme-core"`, {}],
    [`href="${SDIST}" data-requires-python="&gt;=3.8,&lt;4"`, { requiresPython: '>=3.8,<4' }],
    [`href="${SDIST}" data-requires-python=">=3.8"`, { requiresPython: '>=3.8' }],
    [`href="${SDIST}" data-requires-python="&amp;gt;=3"`, { requiresPython: '&gt;=3' }],
    [`href="${SDIST}" data-requires-python=""`, {}],
    [`href="${SDIST}" data-yanked`, { yanked: true }],
    [`href="${SDIST}" data-yanked=""`, { yanked: true }],
    [`href="${SDIST}" data-yanked="false"`, { yanked: 'false' }],
    [`href="${SDIST}" data-core-metadata="true"`, { coreMetadata: true }],
    [`href="${SDIST}" data-core-metadata="sha256=${H1}"`, { coreMetadata: { sha256: H1 } }],
    [`href="${SDIST}" data-core-metadata="crc32=1"`, { coreMetadata: true }],
    [`href="${SDIST}" data-core-metadata="false" data-dist-info-metadata="true"`, { coreMetadata: false }],
    [`href="${SDIST}" data-dist-info-metadata="sha256=${H1}"`, { coreMetadata: { sha256: H1 } }],
    [`href="${SDIST}" data-core-metadata=""`, {}],
    [`href="${SDIST}" data-gpg-sig="true"`, { gpgSig: true }],
    [`href="${SDIST}" data-gpg-sig="false"`, { gpgSig: false }],
    [`href="${SDIST}" data-provenance="https://corp.example/p"`, { provenance: 'https://corp.example/p' }],
    [`href="${SDIST}" data-provenance="/p"`, {}],
    [`href="${SDIST}" data-size="123"`, { size: 123 }],
    [`href="${SDIST}" data-size="-1"`, {}],
    [`href="${SDIST}" data-size="1e3"`, {}],
    [`href="${SDIST}" data-upload-time="2024-01-02T03:04:05.5+00:00"`, { uploadTime: '2024-01-02T03:04:05.5Z' }],
  ])('<a %s>', (attributes, said) => {
    expect(read(`<a ${attributes}>x</a>`).files).toEqual([{ ...PLAIN, ...said }])
  })
})

test('a name that is listed with two hashes cannot be believed', () => {
  const twice = `<title>Links for x</title><a href="${SDIST}#sha256=${H1}">x</a><a href="a/${SDIST}#sha256=${H2}">x</a>`
  expect(read(twice)).toMatchObject({ files: [], droppedCount: 2 })
})

test('what is left out is named without what may be secret', () => {
  const page = read(
    `${LINK}<a href="https://u:p@x.example/evil-1.0.zip?t#f">x</a><a href="javascript:alert(1)">x</a><a href="../">..</a>`,
  )
  expect(page.dropped).toEqual([
    { what: 'evil-1.0.zip', why: 'it is a file of another project' },
    { what: 'javascript:alert(1)', why: 'its link is not http or https' },
    { what: '../', why: 'it is no file' },
  ])
})

describe('the status of a project', () => {
  test('is read with its reason', () => {
    expect(read(metas('archived', 'a &amp; b') + LINK).status).toEqual({ status: 'archived', reason: 'a & b' })
  })

  test('that is unknown is none', () => {
    expect(read(metas('frozen', 'r') + LINK).status).toBeUndefined()
  })

  test('that is quarantine is read beside the files, which the merge withholds', () => {
    const page = read(metas('quarantined', 'r') + LINK)
    expect([page.status?.status, page.files.length]).toEqual(['quarantined', 1])
  })
})

describe('a page that is written', () => {
  test('has one hash in a link, and none for which uv refuses the page', () => {
    expect(write({ ...PLAIN, hashes: { sha256: H1, md5: MD5 } })).toContain(
      `<a href="../${SDIST}#sha256=${H1}">${SDIST}</a>`,
    )
    expect(write({ ...PLAIN, hashes: { sha1: 'c3'.repeat(20) } })).toContain(`<a href="../${SDIST}">${SDIST}</a>`)
  })

  test('names the metadata twice, and metadata that is not there never', () => {
    const twice = `data-core-metadata="sha256=${H1}" data-dist-info-metadata="sha256=${H1}"`
    expect(write({ ...PLAIN, coreMetadata: { sha256: H1 } })).toContain(twice)
    expect(write({ ...PLAIN, coreMetadata: { sha1: 'c3'.repeat(20) } })).toContain('data-core-metadata="true"')
    expect(write({ ...PLAIN, coreMetadata: false })).not.toContain('metadata')
  })

  test('promises sizes only where every file has one', () => {
    expect(write({ ...PLAIN, size: 1 })).toContain('<meta name="pypi:repository-version" content="1.4">')
    expect(write(PLAIN)).toContain('<meta name="pypi:repository-version" content="1.0">')
  })

  test('has no markup but its own, whatever an upstream wrote', () => {
    const evil = `"'><script>alert(1)</script>&lt;`
    const file = { ...PLAIN, filename: evil, requiresPython: evil, yanked: evil, provenance: evil, uploadTime: evil }
    const status = { status: 'archived', reason: evil } as const
    const html = Buffer.concat([
      ...writeHtmlDetail({ name: PROJECT, files: [file], versions: [], status, link: () => evil }),
    ]).toString()
    expect(html.match(/<script|'>|">&lt;|&lt;script/g)?.every((found) => found === '&lt;script')).toBe(true)
    expect(html.match(/<a [^<>]*>/g)).toHaveLength(1)
  })
})

describe('a list', () => {
  test.each([
    ['acme-core/', 'acme-core'],
    ['/simple/acme-core/', 'Acme.Core'],
    ['https://corp.example/simple/acme-core', 'acme-core'],
    ['Acme%5FCore/', 'Acme_Core/'],
    ['acme-core/index.html', 'acme-core'],
    ['./acme-core/?x=y#z', '\n  acme-core\n'],
    ['acme-core/', 'acme-c..&gt;'],
  ])('leads to acme-core by %s', (href, text) => {
    expect(readList(`<title>Simple index</title><a href="${href}">${text}</a>`)).toEqual(['acme-core'])
  })

  test.each([
    ['../', '../'],
    ['?C=N;O=D', 'Name'],
    ['/pypi/', 'Parent Directory'],
    ['https://example.com', 'Home'],
    ['mailto:someone@example.com', 'someone'],
    ['foo%20bar/', 'foo'],
    ['%ff/', 'x'],
    ['', ''],
  ])('does not lead to a project by %s', (href, text) => {
    expect(readList(`<title>Simple index</title><a href="${href}">${text}</a>`)).toEqual([])
  })

  test('may have links that nobody closed, or that hold more than text', () => {
    expect(readList('<title>Simple index</title><a href="a/">a<br><a href="b/"><b>b</b></a><a href="c/">c')).toEqual([
      'a',
      'b',
      'c',
    ])
  })

  test('without any mark is one where it has nothing but projects', () => {
    expect(readList('<html><body><a href="torch/">torch</a><br/><a href="sympy/">sympy</a></body></html>')).toEqual([
      'sympy',
      'torch',
    ])
  })

  test.each([
    '',
    '<h1>502 Bad Gateway</h1>',
    '<form><input></form><a href="/login/">Login</a>',
    '<a href="/login/">Login</a><a href="/x">Read our terms</a>',
    '{"projects":[]}',
  ])('is refused where it may be anything: %s', (html) => {
    expect(fault(() => readList(html))).toBe('bad-page')
  })

  test('of a later major version is refused', () => {
    expect(fault(() => readList('<meta name="pypi:repository-version" content="2.0"><a href="a/">a</a>'))).toBe(
      'api-version',
    )
  })

  test('can be read piece by piece', () => {
    const reader = htmlListReader({ delimited: true })
    for (const byte of Buffer.from('<title>Simple index</title><a href="acme&#45;core/">acme</a>'))
      atOnce(reader.write(Buffer.from([byte])))
    expect(atOnce(reader.end()).bytes.toString()).toBe('acme-core\n')
  })

  test('is written in chunks, not as one long text', () => {
    const names = nameList(Array.from({ length: 20_000 }, (_, index) => named(`project-${index}`)))
    const chunks = [...writeHtmlList(names)]
    expect(chunks.length).toBeGreaterThan(3)
    for (const chunk of chunks.slice(0, -2)) expect(chunk.length).toBeGreaterThanOrEqual(64 * 1024)
    expect(readWhole(htmlListReader({ delimited: false }), Buffer.concat(chunks))).toHaveLength(20_000)
  })
})
