/** What is wrong with a page that came whole. */
import { HTML_TYPE } from '../../support/hostile-upstream.ts'
import { failing, harmless, listing, type Row } from '../rows.ts'
import { entry, GOOD, GOOD_BYTES, page, pageAnswer, sha256, STRANGE, STRANGE_BYTES } from '../world.ts'
import { GOOD_PAGE, html, htmlIs, jsonIs, pageIs } from './answers.ts'

const GOOD_ENTRY = entry(GOOD, GOOD_BYTES)
const GOOD_LINK = `<a href="/files/${GOOD}#sha256=${sha256(GOOD_BYTES)}">${GOOD}</a>`
const OTHER = 'acme-2.0-py3-none-any.whl'
const H2 = '2'.repeat(64)

/** The page has the good file and one more entry. */
const beside = (more: unknown) => jsonIs(page([more, GOOD_ENTRY]))
const besideLink = (more: string) => htmlIs(html(`${more}\n${GOOD_LINK}`))
/** One more file, right but for `more`. */
const other = (more: object) => entry(OTHER, STRANGE_BYTES, more)
const withStatus = (status: unknown) => jsonIs(page([GOOD_ENTRY], { 'project-status': status }))

/** What a page would have to call the file, so that its name is no reason to leave it out. */
function lastSegment(href: string): string {
  try {
    return decodeURIComponent(href.slice(Math.max(href.lastIndexOf('/'), href.lastIndexOf('\\')) + 1))
  } catch {
    return href
  }
}

const JSON_ROWS: readonly Row[] = [
  ...[
    ['is cut off', GOOD_PAGE.slice(0, -5)],
    ['has a comma too many', GOOD_PAGE.replace('}]', '},]')],
    ['begins with a byte order mark', `\ufeff${GOOD_PAGE}`],
    ['has a number that is none', GOOD_PAGE.replace('14', 'NaN')],
    ['is nested a hundred thousand times', GOOD_PAGE.replace('"versions":[]', `"versions":${'['.repeat(100_000)}`)],
    ['is an array', `[${GOOD_PAGE}]`],
    ['is a text', JSON.stringify(GOOD_PAGE)],
    ['is null', 'null'],
    ['is two documents', `${GOOD_PAGE}${GOOD_PAGE}`],
    ['has comments', `/* */${GOOD_PAGE}`],
    ['is in Latin-1', Buffer.from(GOOD_PAGE.replace('acme', 'acm\u00e9'), 'latin1')],
    ['is in UTF-16', Buffer.from(GOOD_PAGE, 'utf16le')],
    ['is binary', Buffer.from(Array.from({ length: 2000 }, (_, i) => (i * 7919) % 256))],
  ].map(([what, body]) => failing('I1c', `JSON that ${String(what)}`, 'bad-page', jsonIs(body ?? ''))),
  ...[
    { what: 'files that are an object', more: { files: { [GOOD]: GOOD_ENTRY } } },
    { what: 'no files', more: { files: undefined } },
    { what: 'files that are null', more: { files: null } },
    { what: 'a name that is a number', more: { name: 4 } },
    { what: 'no name', more: { name: undefined } },
    { what: 'the name of another project', more: { name: 'control' } },
    { what: 'a name that is none', more: { name: '../acme' } },
    { what: 'a name with a blank', more: { name: 'acme ' } },
    { what: 'only an error', more: { files: undefined, name: undefined, error: 'not found' } },
  ].map(({ what, more }) => failing('I2c', `a page with ${what}`, 'bad-page', jsonIs(page([GOOD_ENTRY], more)))),
  ...['2.0', '0.9', 'x', '1.x', '10.0', '', '1.1\n', 1, null, {}].map((version) =>
    failing(
      'I3c',
      `the API version ${JSON.stringify(version)}`,
      'api-version',
      jsonIs(page([GOOD_ENTRY], { meta: { 'api-version': version } })),
    ),
  ),
  ...['1.0', '1', '1.99', undefined].map((version) =>
    harmless('I3c', `the API version ${version}`, jsonIs(page([GOOD_ENTRY], { meta: { 'api-version': version } }))),
  ),
  harmless(
    'I2d',
    'keys that nobody knows',
    jsonIs(
      page([{ ...GOOD_ENTRY, evil: { __proto__: 1 } }], {
        'alternate-locations': ['http://evil.example/'],
        tracks: ['http://evil.example/'],
        namespaces: {},
      }),
    ),
  ),
  harmless(
    'I2e',
    'names that every object has',
    jsonIs(
      GOOD_PAGE.replace(
        '"files"',
        '"__proto__":{"status":"quarantined"},"constructor":{"name":"x"},"toString":1,"files"',
      ),
    ),
  ),
  ...[
    null,
    4,
    'x',
    [],
    {},
    { filename: OTHER },
    { url: `/files/${OTHER}` },
    { filename: 4, url: '/x' },
    other({ url: 4 }),
    other({ url: null }),
    other({ hashes: [] }),
    other({ hashes: 'sha256' }),
    other({ filename: GOOD }),
    other({ filename: 'x' }),
    other({ filename: null }),
  ].map((bad) => harmless('I2f', `an entry that is ${JSON.stringify(bad).slice(0, 70)}`, beside(bad))),
  failing(
    'I11a',
    'more entries than any project has',
    'too-large',
    jsonIs(`{"name":"acme","files":[${'0,'.repeat(200_001)}0]}`),
  ),
]

const LINKS: readonly Row[] = [
  ...[
    'javascript:alert(1)//acme-2.0.tar.gz',
    'data:text/plain,acme-2.0.tar.gz',
    'file:///etc/acme-2.0.tar.gz',
    'ftp://x.example/acme-2.0.tar.gz',
    'gopher://127.0.0.1/acme-2.0.tar.gz',
    'vbscript:x/acme-2.0.tar.gz',
    '//evil.example/acme-2.0.tar.gz',
    'http://evil.example/acme-2.0.tar.gz',
    'http://169.254.169.254/acme-2.0.tar.gz',
    '\\\\evil.example\\acme-2.0.tar.gz',
    'http:\\\\evil.example/acme-2.0.tar.gz',
    'http://[::1/acme-2.0.tar.gz',
    `/${'a/'.repeat(50_000)}acme-2.0.tar.gz`,
    '/files/..%2fetc%2facme-2.0.tar.gz',
    '/files/acme-2.0.tar.gz%00.whl',
    '/files/acme-2.0%2f9.tar.gz',
    '/files/acme-2.0.tar.gz%5c',
    '/files/%252e%252e/acme-2.0.tar.gz%25',
    '',
    '/',
    '/files/',
    '/files/.acme-2.0.tar.gz',
    '/files/evil-1.0.tar.gz',
    '/files/acme_core-1.0-py3-none-any.whl',
    '/files/acme-2.0.tar.gz.metadata',
    '/files/acme-2.0.tar.gz.asc',
    '/files/acme-2.0.txt',
    `/files/acme-${'9'.repeat(300)}.tar.gz`,
    '/files/acme-2.0\u202e.tar.gz',
    '/files/acme-2.0\u200b-py3-none-any.whl',
    '/files/acme%0a-2.0.tar.gz',
  ].flatMap((href) => [
    harmless(
      'I7c',
      `a link to ${JSON.stringify(href).slice(0, 60)} in HTML`,
      besideLink(`<a href="${href.replaceAll('&', '&amp;')}">${OTHER}</a>`),
    ),
    harmless(
      'I7d',
      `a link to ${JSON.stringify(href).slice(0, 60)} in JSON`,
      beside(other({ url: href, filename: lastSegment(href) })),
    ),
  ]),
  listing('I7e', 'a link with a user and a password', [GOOD, OTHER], ({ a }) =>
    beside(other({ url: `${a.replace('://', '://ci:canary@')}files/${OTHER}` })),
  ),
]

const MARKUP: readonly Row[] = [
  ...[
    ['is no HTML', 'hello'],
    ['is invalid UTF-8', Buffer.from([...Buffer.from('<title>Links for acme</title>'), 0xff, 0xfe, 0x80])],
    ['is UTF-16', Buffer.from(`\ufeff${html(GOOD_LINK)}`, 'utf16le')],
    ['has nothing but a comment', `<!-- ${html(GOOD_LINK)} -->`],
    ['has its links in a script that nobody closed', `<script>${GOOD_LINK}`],
    ['has a tag that nobody closed', `<a href="/files/${GOOD}`],
  ].map(([what, body]) => failing('I5c', `HTML that ${String(what)}`, 'bad-page', htmlIs(body ?? ''))),
  listing('I5d', 'a base that leads to a stranger', [], ({ b }) =>
    htmlIs(html(`<a href="files/${GOOD}">x</a>`, `<base href="${b}">`)),
  ),
  harmless('I5e', 'a base in a page of full links', ({ a, b }) =>
    htmlIs(html(`<a href="${a}files/${GOOD}">x</a>`, `<base href="${b}">`)),
  ),
  harmless(
    'I5f',
    'links within links, without quotes, in capitals',
    htmlIs(html(`<A HREF=/files/${GOOD}#sha256=${sha256(GOOD_BYTES)}><a href='/files/x.txt'><b>${GOOD}`)),
  ),
  harmless(
    'I5g',
    'an attribute of ten megabytes',
    htmlIs(html(`<a title="${'x'.repeat(10_000_000)}" href="/files/x">x</a>${GOOD_LINK}`)),
  ),
  harmless(
    'I5h',
    'a thousand attributes',
    htmlIs(
      html(
        `<a ${Array.from({ length: 1000 }, (_, i) => `data-x${i}="y"`).join(' ')} href="/files/x">x</a>${GOOD_LINK}`,
      ),
    ),
  ),
  harmless(
    'I5i',
    'an attribute twice',
    htmlIs(html(`<a href="/files/${GOOD}" href="/files/${STRANGE}" data-yanked="a" data-yanked="b">x</a>`)),
  ),
  failing(
    'I5j',
    'HTML of a later API',
    'api-version',
    htmlIs(html(GOOD_LINK, '<meta name="pypi:repository-version" content="2.0">')),
  ),
  harmless(
    'I6c',
    'files of other projects',
    besideLink(
      '<a href="/files/evil-1.0.tar.gz">acme-9.tar.gz</a><a href="/files/acme_evil-1.0-py3-none-any.whl">x</a>',
    ),
  ),
]

const FIELDS: readonly Row[] = [
  harmless('I8a', 'a file with two hashes', jsonIs(page([other({}), other({ hashes: { sha256: H2 } }), GOOD_ENTRY]))),
  harmless(
    'I8b',
    'a file with one hash in the link and another beside it',
    beside(other({ url: `/files/${OTHER}#sha256=${H2}` })),
  ),
  harmless(
    'I8c',
    'a file with two hashes, in HTML',
    besideLink(`<a href="/files/${OTHER}#sha256=${H2}">x</a><a href="/files/${OTHER}#sha256=${'3'.repeat(64)}">x</a>`),
  ),
  listing('I8d', 'a file that is listed twice', [GOOD, OTHER], jsonIs(page([other({}), other({}), GOOD_ENTRY]))),
  ...[
    {},
    { sha256: 'x' },
    { sha256: H2.slice(1) },
    { sha256: 4 },
    { md5: '3'.repeat(32) },
    { shake_128: 'ff' },
    { __proto__: 'x' },
    { SHA256: H2.toUpperCase() },
    { 'sha256"><script>': H2 },
  ].map((hashes) =>
    listing('I8e', `the hashes ${JSON.stringify(hashes).slice(0, 50)}`, [GOOD, OTHER], beside(other({ hashes }))),
  ),
  ...[
    '>=3.8<script>alert(1)</script>',
    '"><a href="http://evil.example/">',
    "'&lt;",
    '\u202e3',
    'garbage',
    '>=3,<4\u00a0',
    '',
  ].map((requires) =>
    listing(
      'I9a',
      `requires-python ${JSON.stringify(requires)}`,
      [GOOD, OTHER],
      beside(other({ 'requires-python': requires })),
    ),
  ),
  ...['x'.repeat(1025), 'x'.repeat(1_000_000), '>=3\0', '>=3\r\nx-evil: 1', '\ud800', 4, {}].map((requires) =>
    harmless(
      'I9b',
      `requires-python ${JSON.stringify(requires).slice(0, 40)}`,
      beside(other({ 'requires-python': requires })),
    ),
  ),
  ...[
    '',
    true,
    false,
    null,
    'a reason',
    '</a><script>alert(1)</script>',
    'a\r\nx-evil: 1',
    'x'.repeat(1_000_000),
    '\ud800',
    0,
    4,
    {},
    [],
  ].map((yanked) =>
    listing('I10c', `yanked ${JSON.stringify(yanked).slice(0, 40)}`, [GOOD, OTHER], beside(other({ yanked }))),
  ),
  ...[-1, 1.5, 2 ** 63, '4', null, {}, Number.MAX_SAFE_INTEGER].map((size) =>
    listing('I12c', `size ${JSON.stringify(size)}`, [GOOD, OTHER], beside(other({ size }))),
  ),
  ...[
    'yesterday',
    '2026-02-30T00:00:00Z',
    '9999-12-31T23:59:59Z',
    '2020-01-01',
    4,
    null,
    'x'.repeat(100_000),
    '2020-01-01T00:00:00Z"><b>',
  ].map((time) =>
    listing(
      'I13c',
      `upload-time ${JSON.stringify(time).slice(0, 40)}`,
      [GOOD, OTHER],
      beside(other({ 'upload-time': time })),
    ),
  ),
  ...[4, 'x', { sha256: 4 }, { sha256: 'x' }, null, [], { evil: 'x' }].map((metadata) =>
    listing(
      'I18',
      `core-metadata ${JSON.stringify(metadata)}`,
      [GOOD, OTHER],
      beside(other({ 'core-metadata': metadata, 'gpg-sig': metadata, provenance: metadata })),
    ),
  ),
  ...['javascript:alert(1)', 'http://evil.example/', 'https://ci:x@evil.example/', 'x', '"><b>'].map((provenance) =>
    listing('I19', `provenance ${provenance}`, [GOOD, OTHER], beside(other({ provenance }))),
  ),
  ...[['x\ny'], [4], 'x', [null], ['\ud800'], ['"><script>'], ['x'.repeat(10_000)]].map((versions) =>
    harmless('I20', `versions ${JSON.stringify(versions).slice(0, 40)}`, jsonIs(page([GOOD_ENTRY], { versions }))),
  ),
  listing('I14a', 'a quarantine', [], withStatus({ status: 'quarantined', reason: 'malware <script>' })),
  listing('I14b', 'a quarantine in the older spelling', [], withStatus({ state: 'quarantined' })),
  listing(
    'I14c',
    'a quarantine in HTML',
    [],
    htmlIs(html(GOOD_LINK, '<meta name="pypi:project-status" content="quarantined">')),
  ),
  ...[
    { status: 'archived' },
    { status: 'deprecated', reason: 'a\r\nb' },
    { status: 'evil' },
    'active',
    4,
    null,
    { status: ['quarantined'] },
  ].map((status) => harmless('I14d', `the status ${JSON.stringify(status)}`, withStatus(status))),
  listing('I15a', 'a page without files', [], jsonIs(page([]))),
  listing('I15b', 'a page whose files are all bad', [], jsonIs(page([{}, 4]))),
  listing('I15c', 'a page without files in HTML', [], htmlIs(html(''))),
  listing('I15d', 'another file than before', [OTHER], jsonIs(page([other({})]))),
]

const SIMPLE503: Row = harmless(
  'I21',
  'a page called text/html',
  pageIs(pageAnswer(html(GOOD_LINK), { 'content-type': 'text/html; charset="UTF-8"' })),
)
const SAME_NAME: Row = harmless(
  'I22',
  'a page whose name is spelled otherwise',
  jsonIs(page([GOOD_ENTRY], { name: 'ACME' })),
)
const CALLED_HTML: Row = harmless(
  'I23',
  'links with hashes in capitals',
  htmlIs(html(GOOD_LINK.replace(sha256(GOOD_BYTES), sha256(GOOD_BYTES).toUpperCase())), HTML_TYPE),
)

export const PAGES_IN_JSON = [...JSON_ROWS, SAME_NAME]
export const PAGES_IN_HTML = [...MARKUP, SIMPLE503, CALLED_HTML]
export { FIELDS, LINKS }
