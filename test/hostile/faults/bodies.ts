/** What goes wrong while a body comes. */
import { gzipSync } from 'node:zlib'
import { answer, chunked, HTML_TYPE, JSON_TYPE, truncated } from '../../support/hostile-upstream.ts'
import { failing, harmless, type Row } from '../rows.ts'
import { pageAnswer } from '../world.ts'
import { GOOD_ANSWER, GOOD_HTML, GOOD_PAGE, headed, pageIs, says, sends, WAIT } from './answers.ts'

const HEAD = truncated(GOOD_ANSWER, 0)
const GZIP = { 'content-type': JSON_TYPE, 'content-encoding': 'gzip' }
const BOMB = gzipSync(Buffer.alloc(64 * 1024 * 1024))

export const BODIES: readonly Row[] = [
  failing('B1a', 'a body that is cut off', 'truncated', sends(truncated(GOOD_ANSWER, 20))),
  failing('B1b', 'a body that lacks its last byte', 'truncated', sends(GOOD_ANSWER.subarray(0, -1))),
  failing('B1c', 'a head without a body', ['truncated', 'reset'], sends(HEAD)),
  failing('B2a', 'chunks without a last one', 'truncated', sends(chunked(GOOD_PAGE, { bad: 'noend' }))),
  failing('B2b', 'a chunk size that is no number', 'protocol', sends(chunked(GOOD_PAGE, { bad: 'size' }))),
  harmless(
    'B2c',
    'a chunk extension of a mebibyte',
    pageIs([
      {
        send: chunked(GOOD_PAGE)
          .toString('latin1')
          .replace('\r\n{', `;${'x'.repeat(1024 * 1024)}\r\n{`),
      },
      { close: 'fin' },
    ]),
  ),
  failing(
    'B2f',
    'a chunk extension without an end',
    ['timeout', 'protocol'],
    [
      WAIT,
      { send: headed('transfer-encoding: chunked').replace(/\r\n\r\n.*/, '\r\n\r\n1;') },
      { repeat: 'forever', steps: [{ send: 'x'.repeat(65_536) }] },
    ],
  ),
  failing(
    'B2d',
    'a chunk size beyond 64 bits',
    'protocol',
    sends(headed('transfer-encoding: chunked').replace('\r\n\r\n', '\r\n\r\nfffffffffffffffff\r\n')),
  ),
  failing(
    'B2e',
    'chunks that end before they should',
    ['protocol', 'truncated'],
    sends(headed('transfer-encoding: chunked').replace('\r\n\r\n', '\r\n\r\nfff\r\n')),
  ),
  failing(
    'B3a',
    'HTML without a length that is cut off',
    'truncated',
    says(200, { 'content-type': HTML_TYPE, 'content-length': undefined }, GOOD_HTML.slice(0, -20)),
  ),
  failing(
    'B3b',
    'JSON without a length that is cut off',
    'bad-page',
    says(200, { 'content-type': JSON_TYPE, 'content-length': undefined }, GOOD_PAGE.slice(0, -2)),
  ),
  failing(
    'B3c',
    'HTML without a length that is cut off between two links',
    'truncated',
    says(200, { 'content-type': HTML_TYPE, 'content-length': undefined }, GOOD_HTML.replace(/<a .*/, '')),
  ),
  harmless(
    'B3d',
    'whole HTML without a length',
    pageIs(pageAnswer(GOOD_HTML, { 'content-type': HTML_TYPE, 'content-length': undefined })),
  ),
  failing(
    'B4',
    'a reset within the body',
    ['truncated', 'reset'],
    [WAIT, { send: truncated(GOOD_ANSWER, 20) }, { waitMs: 5 }, { close: 'rst' }],
  ),
  failing('B5', 'a body that comes byte by byte', 'timeout', [
    WAIT,
    { send: HEAD },
    { drip: GOOD_ANSWER.subarray(HEAD.length), bytes: 1, everyMs: 50 },
  ]),
  failing('B6', 'a body that stops before its end', 'timeout', [
    WAIT,
    { send: GOOD_ANSWER.subarray(0, -5) },
    { hang: true },
  ]),
  harmless(
    'B7',
    'more than was announced',
    pageIs([{ send: Buffer.concat([GOOD_ANSWER, Buffer.from('{"name":"evil"}')]) }, { close: 'fin' }]),
  ),
  failing(
    'B8a',
    'a body without an end',
    ['too-large', 'timeout'],
    [WAIT, { send: headed() }, { repeat: 'forever', steps: [{ send: Buffer.alloc(1024 * 1024, ' ') }] }],
  ),
  failing(
    'B8b',
    'chunks without an end',
    ['too-large', 'timeout'],
    [
      WAIT,
      { send: answer(200, { 'content-type': JSON_TYPE, 'transfer-encoding': 'chunked' }) },
      { repeat: 'forever', steps: [{ send: `100000\r\n${' '.repeat(1024 * 1024)}\r\n` }] },
    ],
  ),
  failing(
    'B8c',
    'more than any page has',
    ['too-large', 'timeout'],
    [
      WAIT,
      { send: headed('content-length: 99999999999') },
      { repeat: 'forever', steps: [{ send: Buffer.alloc(1024 * 1024, ' ') }] },
    ],
  ),
  failing('B9a', 'a bomb of 64 MiB in 65 KB', 'too-large', says(200, GZIP, BOMB)),
  failing(
    'B9b',
    'a bomb that is called an identity within gzip',
    'too-large',
    says(200, { ...GZIP, 'content-encoding': 'identity, gzip' }, BOMB),
  ),
  failing('B10a', 'gzip that is cut off', 'bad-encoding', says(200, GZIP, gzipSync(GOOD_PAGE).subarray(0, -4))),
  failing('B10b', 'gzip with a wrong checksum', 'bad-encoding', says(200, GZIP, flipped(gzipSync(GOOD_PAGE)))),
  failing(
    'B10c',
    'gzip with something behind it',
    'bad-encoding',
    says(200, GZIP, Buffer.concat([gzipSync(GOOD_PAGE), Buffer.from('evil')])),
  ),
  harmless(
    'B10d',
    'gzip in two parts',
    pageIs(
      answer(
        200,
        { ...GZIP, connection: 'close' },
        Buffer.concat([gzipSync(GOOD_PAGE.slice(0, 30)), gzipSync(GOOD_PAGE.slice(30))]),
      ),
    ),
  ),
  failing('B10e', 'an empty gzip', 'bad-page', says(200, GZIP, gzipSync(''))),
  failing('B11a', 'nothing, called JSON', 'bad-page', says(200, { 'content-type': JSON_TYPE })),
  failing('B11b', 'nothing, called HTML', 'bad-page', says(200, { 'content-type': HTML_TYPE })),
  failing(
    'B11c',
    'nothing, and no length',
    ['bad-page', 'truncated'],
    says(200, { 'content-type': HTML_TYPE, 'content-length': undefined }),
  ),
]

function flipped(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes)
  copy.writeUInt8(copy.readUInt8(copy.length - 6) ^ 1, copy.length - 6)
  return copy
}
