/** What goes wrong in the status and the header fields of an answer. */
import { gzipSync } from 'node:zlib'
import { HTML_TYPE, JSON_TYPE, type Step } from '../../support/hostile-upstream.ts'
import { SECRET } from '../canaries.ts'
import { absent, failing, harmless, type Row } from '../rows.ts'
import { GOOD_SITE, pageAnswer } from '../world.ts'
import { GOOD_ANSWER, GOOD_HTML, GOOD_LENGTH, GOOD_PAGE, headed, pageIs, says, sends, WAIT } from './answers.ts'

/** A reason that tells what it was shown. */
const TELLTALE = `ci:${SECRET} is not welcome here`
/** The upstream may ask for so much patience. */
const PATIENCE = { healsAfterMs: 300_000 }

const STATUSES: readonly Row[] = [
  ...[500, 502, 503, 504, 505, 520, 599].map((status) =>
    failing('H1', `${status}`, 'status', says(status, { 'x-echo': TELLTALE }, TELLTALE)),
  ),
  ...[400, 402, 405, 406, 408, 409, 412, 416, 418, 421, 425, 451, 499].map((status) =>
    failing('H1b', `${status}`, 'status', says(status)),
  ),
  failing('H2', '503 that asks for two minutes', 'status', says(503, { 'retry-after': '120' }), {
    healsAfterMs: 120_000,
  }),
  failing('H3a', '429', 'throttled', says(429)),
  failing('H3b', '429 that asks for a second', 'throttled', says(429, { 'retry-after': '1' })),
  failing('H3c', '429 that asks for thirty years', 'throttled', says(429, { 'retry-after': '999999999' }), PATIENCE),
  failing(
    'H3d',
    '429 with a date',
    'throttled',
    says(429, { 'retry-after': 'Fri, 31 Dec 2100 23:59:59 GMT' }),
    PATIENCE,
  ),
  failing('H3e', '429 with a negative time', 'throttled', says(429, { 'retry-after': '-5' })),
  failing('H3f', '429 with a time that is none', 'throttled', says(429, { 'retry-after': 'soon\u00e9' })),
  ...[401, 403, 407, 511].map((status) =>
    failing('H4', `${status}`, 'denied', says(status, { 'www-authenticate': `Basic realm="${SECRET}"` }, TELLTALE)),
  ),
  absent('H6', '404', says(404, {}, TELLTALE)),
  absent('H10', '410', says(410)),
  ...[201, 202, 203, 204, 205, 206, 207, 226].map((status) =>
    failing(
      'H11a',
      `${status} with a good page`,
      'protocol',
      says(
        status,
        { 'content-type': JSON_TYPE, ...(status === 204 && { 'content-length': undefined }) },
        status === 204 ? '' : GOOD_PAGE,
      ),
    ),
  ),
  failing('H11b', '304, which nobody asked for', 'protocol', says(304, { 'content-length': undefined }), {
    warm: { kind: 'lists', files: ['acme-1.0-py3-none-any.whl'] },
    healsAfterMs: 400_000,
  }),
  failing('H11c', 'announcements without an end', 'protocol', [
    WAIT,
    { repeat: 'forever', steps: [{ send: 'HTTP/1.1 103 Early Hints\r\n\r\n' }] },
  ]),
  failing(
    'H11d',
    'a change of the protocol',
    ['protocol', 'reset'],
    sends('HTTP/1.1 101 Switching Protocols\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n'),
  ),
  ...[300, 305, 306].map((status) =>
    failing('H11e', `${status}`, 'protocol', says(status, { location: '/simple/acme/x' })),
  ),
]

const REDIRECTS: readonly Row[] = [
  failing('H14a', 'a redirect to itself', 'redirect-refused', pageIs(to('/simple/acme/'))),
  failing('H14b', 'twenty-five redirects', 'redirect-refused', chain(25)),
  failing('H14c', 'a redirect to nowhere', 'redirect-refused', pageIs(to(undefined))),
  failing('H14d', 'a redirect to nothing', 'redirect-refused', pageIs(to(''))),
  failing('H14e', 'a redirect to what is no URL', 'redirect-refused', pageIs(to('http://[::1'))),
  ...[301, 302, 303, 307, 308].map((status) =>
    failing('H15a', `${status} to the page of a stranger`, 'redirect-refused', ({ b }) =>
      pageIs(to(`${b}simple/acme/`, status)),
    ),
  ),
  failing('H15b', 'a redirect to a stranger without a scheme', 'redirect-refused', ({ b }) =>
    pageIs(to(`${b.replace('http:', '')}simple/acme/`)),
  ),
  failing('H15c', 'a redirect to a stranger with backslashes', 'redirect-refused', ({ b }) =>
    pageIs(to(`${b.replace('http:', '').replaceAll('/', '\\')}simple\\acme\\`)),
  ),
  failing('H15d', 'a redirect to a stranger in two steps', 'redirect-refused', ({ b }) => [
    { site: { ...GOOD_SITE, '/simple/acme/': to('/x/acme/'), '/x/acme/': to(`${b}simple/acme/`) } },
  ]),
  failing(
    'H15e',
    'a redirect to the metadata of the cloud',
    'redirect-refused',
    pageIs(to('http://169.254.169.254/simple/acme/')),
  ),
  failing('H15f', 'a redirect to a file of this machine', 'redirect-refused', pageIs(to('file:///etc/passwd/acme/'))),
  failing('H15g', 'a redirect with a user in it', 'redirect-refused', ({ a }) =>
    pageIs(to(`${a.replace('://', `://ci:${encodeURIComponent(SECRET)}@`)}simple/acme/`)),
  ),
  failing(
    'H15h',
    'a redirect to a login page that tells what it was shown',
    'redirect-refused',
    pageIs(to(`/login?next=/simple/acme/&token=${encodeURIComponent(SECRET)}`)),
  ),
  failing('H15i', 'a redirect to the page of another project', 'redirect-refused', pageIs(to('/simple/control/'))),
  failing('H15j', 'two addresses to go to', 'redirect-refused', ({ b }) =>
    pageIs(answerWith(302, 'location: /x/acme/', `location: ${b}simple/acme/`)),
  ),
  failing('H15k', 'a page that refreshes itself to a stranger', 'bad-page', ({ b }) =>
    pageIs(
      pageAnswer(`<html><head><meta http-equiv="refresh" content="0; url=${b}simple/acme/"></head></html>`, {
        'content-type': 'text/html',
        refresh: `0; url=${b}simple/acme/`,
      }),
    ),
  ),
  failing('H15l', 'a good page that says that it lies elsewhere', 'status', ({ b }) =>
    says(500, {
      'content-location': `${b}simple/acme/`,
      location: `${b}simple/acme/`,
      link: `<${b}simple/acme/>; rel="canonical"`,
    }),
  ),
  harmless('H16a', 'a redirect to the canonical name', [
    { site: { ...GOOD_SITE, '/simple/acme/': to('/simple/ACME'), '/simple/ACME': GOOD_ANSWER } },
  ]),
  harmless('H16b', 'a redirect to another place of the same origin', [
    { site: { ...GOOD_SITE, '/simple/acme/': to('/x/y/acme/?z=1'), '/x/y/acme/?z=1': GOOD_ANSWER } },
  ]),
]

const HEADS: readonly Row[] = [
  failing('H17a', 'a header of 70 KB', 'protocol', sends(headed(`x: ${'a'.repeat(70_000)}`, GOOD_LENGTH))),
  failing(
    'H17b',
    'ten thousand headers',
    'protocol',
    sends(headed(...Array.from({ length: 10_000 }, (_, i) => `x${i}: aaaa`), GOOD_LENGTH)),
  ),
  failing('H17c', 'a header without an end', 'protocol', [
    WAIT,
    { send: 'HTTP/1.1 200 OK\r\nx: ' },
    { repeat: 'forever', steps: [{ send: 'a'.repeat(4096) }] },
  ]),
  failing('H18a', 'a status line that is none', 'protocol', sends('HTTP/1.1 200OK\r\n\r\n')),
  failing('H18b', 'HTTP/0.9', 'protocol', sends('<html><a href="x">x</a></html>')),
  failing('H18c', 'a frame of HTTP/2', 'protocol', sends(Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]))),
  failing('H18d', 'lines without a carriage return', 'protocol', sends(headed(GOOD_LENGTH).replaceAll('\r\n', '\n'))),
  failing('H18e', 'another protocol', 'protocol', sends(`SSH-2.0-OpenSSH_9.2\r\n`)),
  failing('H18f', 'HTTP/9.9', 'protocol', sends(headed(GOOD_LENGTH).replace('1.1', '9.9'))),
  failing('H18g', 'a status of four digits', 'protocol', sends(headed(GOOD_LENGTH).replace('200', '2000'))),
  failing('H18h', 'a folded header', 'protocol', sends(headed('x: a', ' b', GOOD_LENGTH))),
  failing('H18i', 'a NUL in a header', 'protocol', sends(headed('x: a\0b', GOOD_LENGTH))),
  failing('H18j', 'a header without a name', 'protocol', sends(headed(': x', GOOD_LENGTH))),
  failing('H18k', 'a blank before the colon', 'protocol', sends(headed('x : y', GOOD_LENGTH))),
  failing('H19a', 'two lengths', 'protocol', sends(headed(GOOD_LENGTH, 'content-length: 3'))),
  failing('H19b', 'a length and chunks', 'protocol', sends(headed(GOOD_LENGTH, 'transfer-encoding: chunked'))),
  failing('H19c', 'a negative length', 'protocol', sends(headed('content-length: -2'))),
  failing('H19d', 'a length with an exponent', 'protocol', sends(headed('content-length: 1e3'))),
  failing('H19e', 'a length beyond 64 bits', 'protocol', sends(headed('content-length: 18446744073709551618'))),
  failing('H19f', 'a length in hexadecimal', 'protocol', sends(headed('content-length: 0x10'))),
  failing(
    'H19g',
    'chunks that are called otherwise',
    ['protocol', 'bad-encoding', 'truncated'],
    sends(headed('transfer-encoding: xchunked')),
  ),
  failing('H20a', 'no media type', 'bad-media-type', says(200, {}, GOOD_PAGE)),
  ...[
    'text/plain',
    'application/octet-stream',
    'application/json',
    'application/vnd.pypi.simple.v2+json',
    'application/vnd.pypi.simple.v1+xml',
    `text/x-${'a'.repeat(5000)}`,
    `${JSON_TYPE}, text/html`,
    `${HTML_TYPE}; charset=utf-16`,
    `${JSON_TYPE}; charset=utf-7`,
  ].map((type) =>
    failing(
      'H20b',
      `the media type ${type.slice(0, 60)}`,
      'bad-media-type',
      says(200, { 'content-type': type }, GOOD_PAGE),
    ),
  ),
  failing('H20c', 'two media types', 'bad-media-type', sends(headed('content-type: text/html', GOOD_LENGTH))),
  failing('H20d', 'JSON that is called HTML', 'bad-page', says(200, { 'content-type': 'text/html' }, GOOD_PAGE)),
  failing('H20e', 'HTML that is called JSON', 'bad-page', says(200, { 'content-type': JSON_TYPE }, GOOD_HTML)),
  failing('H20f', 'a page of a later API', 'api-version', pageIs(pageAnswer(GOOD_PAGE.replace('"1.1"', '"2.0"')))),
  ...[
    'br',
    'zstd',
    'deflate',
    'compress',
    'gzip, gzip',
    'gzip, br',
    'x',
    Array.from({ length: 2000 }, () => 'gzip').join(','),
  ].map((coding) =>
    failing(
      'H21a',
      `the encoding ${coding.slice(0, 40)}`,
      'bad-encoding',
      says(200, { 'content-type': JSON_TYPE, 'content-encoding': coding }, gzipSync(gzipSync(GOOD_PAGE))),
    ),
  ),
  failing(
    'H21b',
    'a plain body that is called gzip',
    'bad-encoding',
    says(200, { 'content-type': JSON_TYPE, 'content-encoding': 'gzip' }, GOOD_PAGE),
  ),
  failing(
    'H21c',
    'gzip that is not called so',
    'bad-page',
    says(200, { 'content-type': JSON_TYPE }, gzipSync(GOOD_PAGE)),
  ),
  harmless(
    'H22a',
    'a cookie',
    pageIs(pageAnswer(GOOD_PAGE, { 'set-cookie': `session=${SECRET}; Domain=127.0.0.1; Path=/` })),
  ),
  harmless(
    'H22b',
    'a page that nobody should keep',
    pageIs(pageAnswer(GOOD_PAGE, { 'cache-control': 'private, no-store', pragma: 'no-cache', vary: '*' })),
  ),
  harmless(
    'H22c',
    'a page that is fresh for thirty years',
    pageIs(
      pageAnswer(GOOD_PAGE, { 'cache-control': 'public, max-age=999999999', expires: 'Fri, 31 Dec 2100 23:59:59 GMT' }),
    ),
    { healsAfterMs: 1_000_000 },
  ),
  ...['-1', 'NaN', '1e20', '9'.repeat(20), 'x\u00ff', '0'].map((serial) =>
    harmless('H23', `the serial ${serial}`, pageIs(pageAnswer(GOOD_PAGE, { 'x-pypi-last-serial': serial }))),
  ),
  failing('H24', 'headers that come byte by byte', 'timeout', [WAIT, { drip: GOOD_ANSWER, bytes: 1, everyMs: 50 }]),
  failing(
    'H25a',
    'a login page',
    'bad-page',
    says(
      200,
      { 'content-type': 'text/html' },
      '<html><head><title>Sign in</title></head><form action="/login"><input name="user"></form></html>',
    ),
  ),
  failing(
    'H25b',
    'a page of a hotel',
    'bad-page',
    says(
      200,
      { 'content-type': 'text/html' },
      '<html><body><h1>Welcome</h1><a href="/accept">Accept</a></body></html>',
    ),
  ),
  failing(
    'H25c',
    'a page for maintenance',
    'bad-page',
    says(200, { 'content-type': 'text/html' }, '<html><body>We will be back soon</body></html>'),
  ),
  failing(
    'H26',
    'headers in which an answer of ours would begin',
    'status',
    says(500, { 'x-unidex-sources': 'b;fresh', 'retry-after': '3', 'content-encoding': 'gzip' }),
  ),
]

function to(location: string | undefined, status = 302): Buffer {
  return answerWith(status, ...(location === undefined ? [] : [`location: ${location}`]))
}

function answerWith(status: number, ...lines: readonly string[]): Buffer {
  return Buffer.from(
    [`HTTP/1.1 ${status} .`, 'content-length: 0', 'connection: close', ...lines, '', ''].join('\r\n'),
    'latin1',
  )
}

function chain(length: number): Step[] {
  const hops = Array.from({ length }, (_, at) => [`/${at}/acme/`, to(`/${at + 1}/acme/`)] as const)
  return [
    {
      site: {
        ...GOOD_SITE,
        ...Object.fromEntries(hops),
        '/simple/acme/': to('/0/acme/'),
        [`/${length}/acme/`]: GOOD_ANSWER,
      },
    },
  ]
}

export { HEADS, REDIRECTS, STATUSES }
