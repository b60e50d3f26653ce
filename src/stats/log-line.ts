/** One line of an access log: a download with its day, path, size and user agent; something else; or nothing that can be read. */
import { type Day, dayOf } from './day.ts'
import type { ReadLine } from './log-answer.ts'
import { readJsonLine } from './log-json.ts'

/** Reads lines of the combined format of nginx and Apache, with or without what stands before or behind it, and of JSON. */
export function lineReader(): (line: string) => ReadLine {
  const dayIn = dayReader()
  return (line) => {
    const first = line.charCodeAt(0)
    if (first === BRACE) return readJsonLine(line)
    if (Number.isNaN(first) || first === HASH) return 'other'
    return readCombined(line, dayIn)
  }
}

const [BRACE, HASH, QUOTE, BACKSLASH, SLASH] = [0x7b, 0x23, 0x22, 0x5c, 0x2f]

/** `10.0.0.1 - - [24/Nov/2026:12:00:00 +0000] "GET /path HTTP/1.1" 200 1234 "-" "pip/26.3"`. */
function readCombined(line: string, dayIn: (time: string) => Day | undefined): ReadLine {
  const open = timeStart(line)
  const request = open + TIME_LENGTH + 3
  if (open === -1 || !line.startsWith('] "', request - 3)) return undefined
  const end = quoteEnd(line, request)
  const status = line.slice(end + 2, end + 5)
  if (end === -1 || !/^\d{3}$/.test(status)) return undefined
  if (status !== '200' || !line.startsWith('GET ', request)) return 'other'

  const day = dayIn(line.slice(open, open + TIME_LENGTH))
  const pathEnd = line.indexOf(' ', request + 4)
  if (day === undefined) return undefined
  const path = line.slice(request + 4, pathEnd === -1 || pathEnd > end ? end : pathEnd)
  const sizeEnd = line.indexOf(' ', end + 6)
  const size = Number(line.slice(end + 6, sizeEnd === -1 ? undefined : sizeEnd))
  return { day, path, size: Number.isSafeInteger(size) ? size : undefined, userAgent: userAgentIn(line, sizeEnd) }
}

const TIME_LENGTH = '24/Nov/2026:12:00:00 +0000'.length

/** Names and addresses before it may have brackets too. */
function timeStart(line: string): number {
  for (let at = line.indexOf('['); at !== -1; at = line.indexOf('[', at + 1)) {
    if (line.charCodeAt(at + 3) === SLASH && line.charCodeAt(at + 7) === SLASH) return at + 1
  }
  return -1
}

/** Behind the size stand the referrer and the user agent, each in quotes; a log without them is one too. */
function userAgentIn(line: string, sizeEnd: number): string {
  if (sizeEnd === -1 || line.charCodeAt(sizeEnd + 1) !== QUOTE) return ''
  const referrerEnd = quoteEnd(line, sizeEnd + 2)
  if (referrerEnd === -1 || line.charCodeAt(referrerEnd + 2) !== QUOTE) return ''
  const end = quoteEnd(line, referrerEnd + 3)
  return end === -1 ? '' : line.slice(referrerEnd + 3, end)
}

/** Where the quote is that ends what begins at `start`: Apache writes a backslash before others, nginx none of them. */
function quoteEnd(line: string, start: number): number {
  let end = line.indexOf('"', start)
  while (end !== -1 && isEscaped(line, start, end)) end = line.indexOf('"', end + 1)
  return end
}

function isEscaped(line: string, start: number, at: number): boolean {
  let before = at
  while (before > start && line.charCodeAt(before - 1) === BACKSLASH) before -= 1
  return (at - before) % 2 === 1
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** The day in UTC of `24/Nov/2026:12:00:00 +0100`; lines of one minute follow each other, so the last one is remembered. */
function dayReader(): (time: string) => Day | undefined {
  let [lastMinute, lastZone, last]: [string, string, Day | undefined] = ['', '', undefined]
  return (time) => {
    const [minute, zone] = [time.slice(0, 17), time.slice(20)]
    if (minute !== lastMinute || zone !== lastZone) [lastMinute, lastZone, last] = [minute, zone, readTime(time)]
    return last
  }
}

function readTime(time: string): Day | undefined {
  const match = /^(\d\d)\/([A-Z][a-z]{2})\/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)$/.exec(time)
  if (match === null) return undefined
  const [, day, month = '', year, hour, minute, second, sign, zoneHours, zoneMinutes] = match
  const local = Date.UTC(Number(year), MONTHS.indexOf(month), Number(day), Number(hour), Number(minute), Number(second))
  const zoneMs = (Number(zoneHours) * 60 + Number(zoneMinutes)) * 60_000
  return MONTHS.includes(month) ? dayOf(local - (sign === '-' ? -zoneMs : zoneMs)) : undefined
}
