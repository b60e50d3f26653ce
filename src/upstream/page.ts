/** Turns an answer into a page: only what is certainly a whole page of the simple API comes through. */
import { createGunzip } from 'node:zlib'
import { joined } from '../pace/joined.ts'
import { paced } from '../pace/steps.ts'
import type { PageReply } from './contract.ts'
import { type Answer, discard } from './exchange.ts'
import { explained, type Fail } from './failures.ts'
import {
  contentCodings,
  contentLength,
  lifetimeMs,
  mediaType,
  serialOf,
  transferCodings,
  validatorOf,
} from './fields.ts'
import { isAbsent, uselessAnswer } from './status.ts'

/** Of the simple repository API (PyPA specification, "Content-Types"). */
const MEDIA_TYPES: ReadonlySet<string> = new Set([
  'application/vnd.pypi.simple.v1+json',
  'application/vnd.pypi.simple.v1+html',
  'text/html',
])
/** In these every page that we read is the same as in UTF-8: names, versions and links are ASCII. */
const CHARSETS: ReadonlySet<string> = new Set([
  'utf-8',
  'utf8',
  'us-ascii',
  'ascii',
  'iso-8859-1',
  'iso-8859-15',
  'latin1',
  'windows-1252',
])

/** No real page compresses better than this, beyond a size that any page may have. */
const MAX_RATIO = 200
const ALWAYS_ALLOWED_BYTES = 4 * 1024 * 1024

export interface PageReading {
  readonly fail: Fail
  readonly absentOn: readonly number[]
  /** Decoded bytes. */
  readonly maxBytes: number
  /** Whether the request had a condition that a 304 can answer. */
  readonly conditional: boolean
}

/** @throws UpstreamError where the answer is neither a page nor an absence */
export async function readPage(answer: Answer, reading: PageReading): Promise<PageReply> {
  const { status, fields } = answer
  const { fail } = reading
  if (isAbsent(status, reading.absentOn)) {
    discard(answer)
    return { kind: 'absent', status }
  }
  const lifetime = lifetimeMs(fields)
  const serial = serialOf(fields)
  const said = { ...(lifetime !== undefined && { lifetimeMs: lifetime }), ...(serial !== undefined && { serial }) }
  if (status === 304 && reading.conditional) {
    discard(answer)
    const validator = validatorOf(fields)
    return { kind: 'unchanged', ...(validator && { validator }), ...said }
  }
  if (status !== 200) throw uselessAnswer(answer, fail)

  const type = mediaType(fields)
  if (type === undefined || !MEDIA_TYPES.has(type.type) || !CHARSETS.has(type.charset ?? 'utf-8')) {
    discard(answer)
    throw fail(
      'bad-media-type',
      `answered with ${type === undefined ? 'no media type' : `the media type "${shown(type)}"`}`,
    )
  }
  const isGzip = isGzipped(answer, fail)
  const sent = await readBytes(answer, reading)
  const validator = validatorOf(fields)
  return {
    kind: 'page',
    url: answer.url.href,
    mediaType: type.type,
    body: isGzip ? await inflated(sent, reading) : sent,
    // gzip ends with a checksum and a length, so a cut is noticed there too.
    delimited: isGzip || contentLength(fields) !== undefined || transferCodings(fields).length > 0,
    ...(validator && { validator }),
    ...said,
  }
}

function shown({ type, charset }: { readonly type: string; readonly charset?: string }): string {
  return `${type}${charset === undefined ? '' : `; charset=${charset}`}`.slice(0, 100)
}

/** At most one layer of gzip: other codings were not asked for, and more layers multiply what a few bytes can become. */
function isGzipped(answer: Answer, fail: Fail): boolean {
  const codings = contentCodings(answer.fields)
  const transfer = transferCodings(answer.fields).filter((coding) => coding !== 'chunked')
  if (transfer.length === 0 && codings.length === 0) return false
  if (transfer.length === 0 && codings.length === 1 && (codings[0] === 'gzip' || codings[0] === 'x-gzip')) return true
  discard(answer)
  throw fail(
    'bad-encoding',
    `answered in an encoding that was not asked for: "${[...codings, ...transfer].join(', ').slice(0, 100)}"`,
  )
}

/** The body as it was sent. Compressed or not, it may not be larger than the page may be decoded. */
async function readBytes(answer: Answer, { fail, maxBytes }: PageReading): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      size += chunk.length
      // Leaving the loop ends the request.
      if (size > maxBytes) throw tooLarge(fail, maxBytes)
      chunks.push(chunk)
    }
  } catch (error) {
    throw explained(error, 'body', fail)
  }
  return paced(joined(chunks))
}

const INFLATED_CHUNK_BYTES = 256 * 1024

/** zlib works piece by piece and gives up as soon as it has made more than it may: a bomb costs no more memory than a page. */
async function inflated(sent: Buffer, { fail, maxBytes }: PageReading): Promise<Buffer> {
  const limit = Math.min(maxBytes, Math.max(ALWAYS_ALLOWED_BYTES, MAX_RATIO * sent.length))
  const inflating = createGunzip({ chunkSize: INFLATED_CHUNK_BYTES })
  inflating.end(sent)
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of inflating as AsyncIterable<Buffer>) {
      size += chunk.length
      // Leaving the loop ends the work.
      if (size > limit) break
      chunks.push(chunk)
    }
  } catch (cause) {
    throw fail('bad-encoding', 'was answered with damaged gzip', { cause })
  }
  if (size > limit)
    throw limit === maxBytes ? tooLarge(fail, maxBytes) : fail('too-large', `compresses more than ${MAX_RATIO} to 1`)
  return paced(joined(chunks))
}

function tooLarge(fail: Fail, maxBytes: number): Error {
  return fail('too-large', `was answered with more than ${maxBytes} bytes`)
}
