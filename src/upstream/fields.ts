/** What the header fields of an answer say: each read by its own rule, with everything that breaks the rule ignored. */
import type { Dispatcher } from 'undici'
import type { Validator } from './contract.ts'

export type Fields = Dispatcher.ResponseData['headers']

/** Nobody needs to be left alone for longer. */
const MAX_RETRY_AFTER_MS = 5 * 60_000
const MAX_SECONDS = 10 * 365 * 24 * 3600
/** Validators are kept and sent back, so they may not be large. */
const MAX_VALIDATOR_LENGTH = 1024

/** Whether `text` may be sent as a field value: printable ASCII, spaces and tabs. */
export function isFieldValue(text: string): boolean {
  return /^[\t\x20-\x7e]*$/.test(text)
}

/** undefined where the field is missing, empty, or was sent more than once. */
export function single(fields: Fields, name: string): string | undefined {
  const value = fields[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** A field that is a list: all its parts, in lower case. */
function list(fields: Fields, name: string): string[] {
  return [fields[name] ?? []]
    .flat()
    .join(',')
    .split(',')
    .map((part) => part.trim().toLowerCase())
    .filter((part) => part !== '')
}

/** A whole number without sign; undefined where it is none, or too large to be exact. */
function wholeNumber(text: string | undefined): number | undefined {
  if (text === undefined || !/^[0-9]{1,16}$/.test(text)) return undefined
  const value = Number(text)
  return Number.isSafeInteger(value) ? value : undefined
}

export function contentLength(fields: Fields): number | undefined {
  return wholeNumber(single(fields, 'content-length'))
}

/** Content codings, outermost last; `identity` is left out (RFC 9110, section 8.4). */
export function contentCodings(fields: Fields): readonly string[] {
  return list(fields, 'content-encoding').filter((coding) => coding !== 'identity')
}

/** Transfer codings (RFC 9112, section 6.1). */
export function transferCodings(fields: Fields): readonly string[] {
  return list(fields, 'transfer-encoding')
}

/** Media type in lower case without parameters, and the charset where one is given. */
export function mediaType(fields: Fields): { readonly type: string; readonly charset?: string } | undefined {
  const [type = '', ...parameters] = (single(fields, 'content-type') ?? '').toLowerCase().split(';')
  if (type.trim() === '') return undefined
  const charset = parameters
    .map((parameter) => parameter.trim())
    .find((parameter) => parameter.startsWith('charset='))
    ?.slice('charset='.length)
  return { type: type.trim(), ...(charset !== undefined && { charset: charset.replaceAll('"', '').trim() }) }
}

/** `ETag` and `Last-Modified`, as they were received. undefined where there is neither that could be sent back. */
export function validatorOf(fields: Fields): Validator | undefined {
  const etag = sendable(single(fields, 'etag'))
  const lastModified = sendable(single(fields, 'last-modified'))
  if (etag === undefined && lastModified === undefined) return undefined
  return { ...(etag !== undefined && { etag }), ...(lastModified !== undefined && { lastModified }) }
}

function sendable(value: string | undefined): string | undefined {
  return value !== undefined && value.length <= MAX_VALIDATOR_LENGTH && isFieldValue(value) ? value : undefined
}

/** The request fields of a condition (RFC 9110, section 13.1); what cannot be sent is left out. */
export function conditionOf(validator: Validator | undefined): Record<string, string> {
  const etag = sendable(validator?.etag)
  const lastModified = sendable(validator?.lastModified)
  return {
    ...(etag !== undefined && { 'if-none-match': etag }),
    ...(lastModified !== undefined && { 'if-modified-since': lastModified }),
  }
}

/** `max-age` less `Age`, in ms; 0 for `no-cache` and `no-store`; undefined where nothing is said (RFC 9111, section 5.2.2). */
export function lifetimeMs(fields: Fields): number | undefined {
  const directives = list(fields, 'cache-control')
  if (directives.includes('no-cache') || directives.includes('no-store')) return 0
  const maxAge = directives.find((directive) => directive.startsWith('max-age='))?.slice('max-age='.length)
  const seconds = wholeNumber(maxAge?.replaceAll('"', ''))
  if (seconds === undefined) return undefined
  const age = wholeNumber(single(fields, 'age')) ?? 0
  return Math.max(0, Math.min(seconds, MAX_SECONDS) - age) * 1000
}

/** `X-PyPI-Last-Serial`. */
export function serialOf(fields: Fields): number | undefined {
  return wholeNumber(single(fields, 'x-pypi-last-serial'))
}

/** `Retry-After`, as seconds or as a date, bounded to five minutes (RFC 9110, section 10.2.3). `now` in ms since the epoch. */
export function retryAfterMs(fields: Fields, now: number): number | undefined {
  const text = single(fields, 'retry-after')
  if (text === undefined || text.length > 40) return undefined
  const seconds = wholeNumber(text)
  // A date has letters; without this check "-5" would be read as a month.
  const waitMs = seconds === undefined ? (/[a-z]/i.test(text) ? Date.parse(text) - now : NaN) : seconds * 1000
  if (Number.isNaN(waitMs)) return undefined
  return Math.min(Math.max(waitMs, 0), MAX_RETRY_AFTER_MS)
}

/** Which bytes a 206 has (RFC 9110, section 14.4): both ends included. undefined where it is not one plain range. */
export function contentRange(
  fields: Fields,
): { readonly first: number; readonly last: number; readonly size?: number } | undefined {
  const parts = /^bytes ([0-9]{1,16})-([0-9]{1,16})\/([0-9]{1,16}|\*)$/.exec(single(fields, 'content-range') ?? '')
  const [first, last, size] = [wholeNumber(parts?.[1]), wholeNumber(parts?.[2]), wholeNumber(parts?.[3])]
  if (first === undefined || last === undefined || last < first) return undefined
  if (size !== undefined && last >= size) return undefined
  return { first, last, ...(size !== undefined && { size }) }
}
