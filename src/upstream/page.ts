/** Turns an answer into a page: only what is certainly a whole page of the simple API comes through. */
import type { PageHead, PageReply } from './contract.ts'
import { type Answer, discard } from './exchange.ts'
import type { Fail } from './failures.ts'
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

export interface PageReading {
  readonly fail: Fail
  readonly absentOn: readonly number[]
  /** Decoded bytes. */
  readonly maxBytes: number
  /** As in the request. */
  readonly behind?: boolean
  /** Whether the request had a condition that a 304 can answer. */
  readonly conditional: boolean
}

/**
 * The body is what `read` makes of it.
 * @throws UpstreamError where the answer is neither a page nor an absence
 */
export async function readPage<Body>(
  answer: Answer,
  reading: PageReading,
  read: (sent: SentPage) => Promise<Body>,
): Promise<PageReply<Body>> {
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
  const head = {
    url: answer.url.href,
    mediaType: type.type,
    // gzip ends with a checksum and a length, so a cut is noticed there too.
    delimited: isGzip || contentLength(fields) !== undefined || transferCodings(fields).length > 0,
  }
  const body = await read({ head, answer, isGzip })
  const validator = validatorOf(fields)
  return { kind: 'page', ...head, body, ...(validator && { validator }), ...said }
}

/** A page whose body was not read yet. */
export interface SentPage {
  readonly head: PageHead
  readonly answer: Answer
  readonly isGzip: boolean
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
