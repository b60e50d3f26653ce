/** A line of JSON as content delivery networks and servers write it: each has names of its own for the same five things. */
import { dayOf } from './day.ts'
import type { ReadLine } from './log-answer.ts'

/** Fastly and nginx as most people set them up, Cloudflare Logpush, CloudFront, Google Cloud, Caddy. */
const NAMES = {
  time: names('timestamp time @timestamp time_iso8601 EdgeStartTimestamp start_time ts date receiveTimestamp'),
  method: names('method request_method ClientRequestMethod cs-method requestMethod verb'),
  path: names('path url uri request_uri ClientRequestURI ClientRequestPath cs-uri-stem requestUrl request_url'),
  status: names('status status_code EdgeResponseStatus sc-status response_status statusCode'),
  size: names(
    'response_body_size body_bytes_sent resp_body_size bytes size EdgeResponseBodyBytes sc-bytes responseSize bytes_sent response_size',
  ),
  userAgent: names(
    'user_agent userAgent request_user_agent ClientRequestUserAgent http_user_agent cs(User-Agent) User-Agent agent',
  ),
} as const

function names(words: string): readonly string[] {
  return words.split(' ')
}

type Fields = Readonly<Record<string, unknown>>

/** See `ReadLine`. */
export function readJsonLine(line: string): ReadLine {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return undefined
  }
  if (!areFields(value)) return undefined
  const fields = flattened(value)
  const [method, status] = [find(fields, 'method'), Number(find(fields, 'status'))]
  const path = find(fields, 'path')
  if (typeof method !== 'string' || !Number.isInteger(status) || typeof path !== 'string') return undefined
  if (method !== 'GET' || status !== 200) return 'other'
  const at = readTime(find(fields, 'time'))
  const [size, userAgent] = [Number(find(fields, 'size') ?? Number.NaN), find(fields, 'userAgent')]
  if (at === undefined) return undefined
  return {
    day: dayOf(at),
    path,
    size: Number.isSafeInteger(size) ? size : undefined,
    userAgent: typeof userAgent === 'string' ? userAgent : '',
  }
}

/** Some put what was asked, and its headers, into an object of its own. */
function flattened(fields: Fields): Fields {
  const inner = fields['httpRequest'] ?? fields['request']
  if (!areFields(inner)) return fields
  const headers = areFields(inner['headers']) ? inner['headers'] : {}
  const [userAgent] = [headers['User-Agent']].flat()
  return { ...inner, ...fields, ...(userAgent !== undefined && { 'User-Agent': userAgent }) }
}

function areFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function find(fields: Fields, what: keyof typeof NAMES): unknown {
  const name = NAMES[what].find((each) => fields[each] !== undefined)
  return name === undefined ? undefined : fields[name]
}

/** The last ms that a date can be. */
const MAX_MS = 8.64e15

/** A text of ISO 8601, or a number of s, ms, µs or ns since the epoch, told apart by how large it is. */
function readTime(value: unknown): number | undefined {
  const number =
    typeof value === 'number' ? value : /^\d{9,19}(?:\.\d+)?$/.test(String(value)) ? Number(value) : undefined
  const ms = number === undefined ? Date.parse(String(value)) : toMs(number)
  return ms >= 0 && ms < MAX_MS ? ms : undefined
}

function toMs(number: number): number {
  const thousands = Math.max(Math.ceil(Math.log10(Math.max(number, 1)) / 3) - 4, 0)
  return thousands === 0 ? number * 1000 : number / 1000 ** (thousands - 1)
}
