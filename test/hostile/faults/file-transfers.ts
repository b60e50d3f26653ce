/** What goes wrong while a file is fetched, its page being right. */
import { gzipSync } from 'node:zlib'
import { answer, type Scenario, type Step, truncated } from '../../support/hostile-upstream.ts'
import { entry, GOOD_SITE, page, pageAnswer, type Fault } from '../world.ts'

export const FILE = 'acme-2.0.tar.gz'
/** Larger than what is held back, and smaller than what takes time. */
export const BYTES = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 7919 + (i >> 8)) % 256))
const PATH = `/files/${FILE}`

/** What a client must meet. */
export type FileExpectation =
  /** Every byte, whatever happens at the upstream. */
  | 'whole'
  /** An error or a transfer that is visibly cut: never bytes that look whole. */
  | 'broken'
  /** One or the other: how much of a transfer that was cut had come is nobody's promise. */
  | 'sound'
  | { readonly status: 404 | 502 | 503; readonly code?: string }

export interface FileRow {
  readonly id: string
  readonly what: string
  /** What the page says of the file otherwise than it is; undefined leaves a key out. */
  readonly listed: object
  readonly script: Fault | ((at: { readonly a: string; readonly b: string }) => Fault)
  /** It was never fetched. Once it was, it comes from the store, as far as its page has its sha256. */
  readonly cold: FileExpectation
}

function row(id: string, what: string, cold: FileExpectation, script: FileRow['script'], listed: object = {}): FileRow {
  return { id, what, cold, script, listed }
}

/** The site of A, of which every connection in turn gives another answer to the question for the file. */
function fileIs(...answers: readonly (Buffer | readonly Step[])[]): Scenario {
  return { connections: answers.map((one) => [{ site: { ...GOOD_SITE, [PATH]: one } }]), afterwards: 'repeat-last' }
}

/** The page of A with the file. */
export function siteWith(listed: object): typeof GOOD_SITE {
  const body = page([JSON.parse(JSON.stringify(entry(FILE, BYTES, listed)))])
  return { ...GOOD_SITE, '/simple/acme/': pageAnswer(body), [PATH]: whole() }
}

function whole(headers: Readonly<Record<string, string | undefined>> = {}, bytes = BYTES): Buffer {
  return answer(200, { connection: 'close', etag: '"v1"', ...headers }, bytes)
}

/** The first bytes of the file, and then the end of the connection. */
function cut(after: number, headers: Readonly<Record<string, string | undefined>> = {}, bytes = BYTES): Step[] {
  return [{ send: truncated(whole(headers, bytes), after) }, { waitMs: 5 }, { close: 'fin' }]
}

/** What was asked for, from whichever byte on. */
function rest(headers: Readonly<Record<string, string | undefined>> = {}, bytes = BYTES): Step[] {
  return [{ rest: bytes, headers: { connection: 'close', etag: '"v1"', ...headers } }, { close: 'fin' }]
}

function inChunks(bytes: Buffer, end = '0\r\n\r\n'): Buffer {
  const head = answer(200, { 'transfer-encoding': 'chunked', connection: 'close' })
  return Buffer.concat([head, Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from(`\r\n${end}`)])
}

/** One bit in the middle is wrong. */
export const CHANGED = Buffer.from(BYTES)
CHANGED.writeUInt8(CHANGED.readUInt8(150_000) ^ 1, 150_000)
/** Another file that begins in the same way and is longer. */
const LONGER = Buffer.concat([CHANGED, Buffer.alloc(200_000, 'x')])

const NO_HASH = { hashes: {} }
const NO_SIZE = { size: undefined }
const NOTHING = { ...NO_HASH, ...NO_SIZE }
const CHUNKED = { 'content-length': undefined }
const HELD = { headers: { connection: 'close' } }.headers

export const FILE_TRANSFERS: readonly FileRow[] = [
  // First, since they take longest.
  row('F18a', 'its head never comes', { status: 503, code: 'timeout' }, fileIs([{ hang: true }])),
  row(
    'F18b',
    'its first byte never comes',
    { status: 503, code: 'timeout' },
    fileIs([{ send: truncated(whole(), 0) }, { hang: true }]),
  ),
  row(
    'F18c',
    'its first bytes come one by one',
    { status: 503, code: 'timeout' },
    fileIs([{ send: truncated(whole(), 0) }, { drip: BYTES, bytes: 1, everyMs: 100 }]),
  ),
  row('F2a', 'nobody listens', { status: 503, code: 'connect' }, { refused: true }),
  row('F2b', 'every connection is reset', { status: 503, code: 'reset' }, [{ close: 'rst' }]),
  ...[500, 503, 416].map((status) =>
    row('F2c', `${status}`, { status: 503, code: 'status' }, fileIs(answer(status, HELD))),
  ),
  row('F2d', '429', { status: 503, code: 'throttled' }, fileIs(answer(429, HELD))),
  ...[401, 403].map((status) =>
    row(
      'F12',
      `${status}, and the page still says the same`,
      { status: 502, code: 'denied' },
      fileIs(answer(status, HELD)),
    ),
  ),
  ...[404, 410].map((status) =>
    row('F13', `${status}, and the page still lists it`, { status: 404 }, fileIs(answer(status, HELD))),
  ),
  ...[201, 203, 204, 304].map((status) =>
    row(
      'F7a',
      `${status}`,
      { status: 503, code: 'protocol' },
      fileIs(answer(status, { ...HELD, 'content-length': undefined })),
    ),
  ),
  row(
    'F7b',
    'a part that nobody asked for',
    { status: 503, code: 'protocol' },
    fileIs(answer(206, { ...HELD, 'content-range': `bytes 0-${BYTES.length - 1}/${BYTES.length}` }, BYTES)),
  ),
  row('F3a', 'it is cut and goes on where it was', 'whole', fileIs(cut(100_000), rest())),
  row('F3b', 'it is cut three times and goes on', 'whole', fileIs(cut(50_000), cut(120_000), cut(200_000), rest())),
  row('F3c', 'it is cut each time', 'broken', fileIs(cut(100_000), [{ close: 'rst' }])),
  row('F3d', 'it is cut before its last byte', 'broken', fileIs(cut(BYTES.length - 1), [{ close: 'rst' }])),
  row('F3e', 'it is cut after its first byte', { status: 503 }, fileIs(cut(1), [{ close: 'rst' }])),
  row(
    'F3f',
    'it is reset in the middle',
    'broken',
    fileIs([{ send: truncated(whole(), 100_000) }, { waitMs: 5 }, { close: 'rst' }], [{ close: 'rst' }]),
  ),
  row('F3g', 'it has no length and is cut', 'broken', fileIs(cut(100_000, CHUNKED))),
  row(
    'F3h',
    'its chunks have no last one',
    'broken',
    fileIs([{ send: inChunks(BYTES.subarray(0, 200_000), '') }, { close: 'fin' }], [{ close: 'rst' }]),
  ),
  row('F4a', 'one bit is wrong', 'broken', fileIs(whole({}, CHANGED))),
  row(
    'F4b',
    'the last bit is wrong',
    'broken',
    fileIs(whole({}, Buffer.concat([BYTES.subarray(0, -1), Buffer.from([BYTES.readUInt8(BYTES.length - 1) ^ 1])]))),
  ),
  row('F4c', 'one bit is wrong, and the page has no size', 'broken', fileIs(whole({}, CHANGED)), NO_SIZE),
  row('F4d', 'one bit is wrong, and the page has a weak hash alone', 'broken', fileIs(whole({}, CHANGED)), {
    hashes: { md5: 'f'.repeat(32) },
  }),
  row(
    'F5a',
    'it is a byte shorter than the page says',
    { status: 503, code: 'bad-file' },
    fileIs(whole({}, BYTES.subarray(1))),
  ),
  row(
    'F5b',
    'it is a byte longer than the page says',
    { status: 503, code: 'bad-file' },
    fileIs(whole({}, Buffer.concat([BYTES, Buffer.from('x')]))),
  ),
  row('F5c', 'it has no length and is longer than the page says', 'broken', fileIs(inChunks(LONGER))),
  row(
    'F5d',
    'it has no length and never ends',
    'broken',
    fileIs([
      { send: answer(200, { 'transfer-encoding': 'chunked' }) },
      { repeat: 'forever', steps: [{ send: `10000\r\n${'x'.repeat(65_536)}\r\n` }] },
    ]),
  ),
  row(
    'F5e',
    'it has no length and is shorter than the page says',
    'broken',
    fileIs(inChunks(BYTES.subarray(0, 200_000))),
  ),
  row('F5f', 'it is longer than the page says, which has no hash', 'broken', fileIs(inChunks(LONGER)), NO_HASH),
  row('F5g', 'the page says a wrong size', { status: 503, code: 'bad-file' }, fileIs(whole()), { size: 5 }),
  row('F5h', 'the page says a wrong size, and the file has no length', 'broken', fileIs(inChunks(BYTES)), { size: 5 }),
  row(
    'F5i',
    'it says a length and sends more',
    'whole',
    fileIs([{ send: Buffer.concat([whole(), Buffer.from('evil')]) }, { close: 'fin' }]),
  ),
  row('F6', 'it is cut, and ranges are ignored', 'whole', fileIs(cut(100_000), whole())),
  row(
    'F7c',
    'it is cut and goes on elsewhere',
    'sound',
    fileIs(cut(100_000), rest({ 'content-range': 'bytes 7-299999/300000' })),
  ),
  row('F7d', 'it is cut and goes on with what is longer', 'broken', fileIs(cut(100_000), rest({}, LONGER))),
  row(
    'F7e',
    'it is cut and goes on with what is longer, and the page has no size',
    'broken',
    fileIs(cut(100_000), rest({}, LONGER)),
    NO_SIZE,
  ),
  row(
    'F7f',
    'it is cut and goes on in several parts',
    'sound',
    fileIs(cut(100_000), rest({ 'content-type': 'multipart/byteranges; boundary=x', 'content-range': undefined })),
  ),
  row('F7g', 'it is cut and goes on as another file', 'broken', fileIs(cut(100_000), rest({ etag: '"v2"' }, CHANGED))),
  row(
    'F7h',
    'it is cut and goes on as another file, and there is no hash',
    'broken',
    fileIs(cut(100_000), rest({ etag: '"v2"' }, CHANGED)),
    NO_HASH,
  ),
  row(
    'F7i',
    'it is cut and is another file from the start, and there is no hash',
    'broken',
    fileIs(cut(100_000), whole({ etag: '"v2"' }, CHANGED)),
    NO_HASH,
  ),
  row(
    'F7j',
    'it is cut and is another file, and nothing would show it',
    'broken',
    fileIs(cut(100_000, { etag: undefined }), whole({ etag: undefined }, CHANGED)),
    NOTHING,
  ),
  row('F7k', 'it is cut and goes on as it was, and there is no hash', 'whole', fileIs(cut(100_000), rest()), NO_HASH),
  row(
    'F15a',
    'a page for people instead of it',
    'broken',
    fileIs(answer(200, { ...HELD, 'content-type': 'text/html' }, '<html>Sign in</html>')),
  ),
  row('F15b', 'nothing instead of it', 'broken', fileIs(answer(200, HELD))),
  row(
    'F16',
    'it is compressed although nobody asked',
    'broken',
    fileIs(whole({ 'content-encoding': 'gzip' }, gzipSync(BYTES))),
    NO_SIZE,
  ),
  row(
    'F16b',
    'it says that it is compressed, and is as the page says',
    'whole',
    fileIs(whole({ 'content-encoding': 'gzip' })),
  ),
  row('F17a', 'it is a redirect within the place of its files', 'whole', [
    { site: { ...GOOD_SITE, [PATH]: to('/other/x?signature=1'), '/other/x?signature=1': whole() } },
  ]),
  row('F17b', 'it is a redirect to a stranger', { status: 502, code: 'redirect-refused' }, ({ b }) =>
    fileIs(to(`${b}files/${FILE}`)),
  ),
  row('F17c', 'it is a redirect to itself', { status: 502, code: 'redirect-refused' }, fileIs(to(PATH))),
  row(
    'F17d',
    'it is a redirect to the metadata of the cloud',
    { status: 502, code: 'redirect-refused' },
    fileIs(to('http://169.254.169.254/latest/')),
  ),
  row('F17e', 'it is a redirect with a user in it', { status: 502, code: 'redirect-refused' }, ({ a }) =>
    fileIs(to(`${a.replace('://', '://ci:x@')}files/x`)),
  ),
  row('F17f', 'it is a redirect to nowhere', { status: 502, code: 'redirect-refused' }, fileIs(to(undefined))),
]

function to(location: string | undefined): Buffer {
  return answer(302, { connection: 'close', location })
}
