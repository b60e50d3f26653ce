/** The files of counts that mirrors publish (PEP 381, "Statistics page"): lines of `package,filename,useragent,count`. */
import { parseName } from '../simple/name.ts'
import { reduceUserAgent } from './client.ts'
import { type Count, isCountable } from './count.ts'

const COLUMNS = 'package,filename,useragent,count'

/** The first line of a published file. The first mirrors wrote none, so it may be missing from others'. */
export const HEADING = `# ${COLUMNS}\n`

/** The same for programs that read any table. */
export const CSV_HEADING = `${COLUMNS}\n`

export const DAY_FORMS = ['bz2', 'csv', 'json'] as const
export type DayForm = (typeof DAY_FORMS)[number]

const NOTHING_YET = Buffer.alloc(0)

/** Lines of one piece: what is made of them is a short step. */
const PIECE = 512

/** `counts` as lines, in pieces, behind `heading`. */
export function* csvPieces(counts: Iterable<Count | undefined>, heading: string): Generator<Buffer, void> {
  let text = heading
  let length = 0
  for (const each of counts) {
    if (each === undefined) {
      yield NOTHING_YET
      continue
    }
    const { project, filename, client, count } = each
    text += `${cell(project)},${cell(filename)},${cell(client)},${count}\n`
    if (++length % PIECE !== 0) continue
    yield Buffer.from(text)
    text = ''
  }
  yield Buffer.from(text)
}

/** The same as JSON; `of` is the day or the month. */
export function* jsonPieces(
  counts: Iterable<Count | undefined>,
  of: Readonly<Record<string, string>>,
): Generator<Buffer, void> {
  let text = `${JSON.stringify(of).slice(0, -1)},"counts":[`
  let length = 0
  for (const each of counts) {
    if (each === undefined) {
      yield NOTHING_YET
      continue
    }
    const { project, filename, client, count } = each
    text += `${length === 0 ? '' : ','}\n${JSON.stringify({ package: project, filename, useragent: client, count })}`
    if (++length % PIECE !== 0) continue
    yield Buffer.from(text)
    text = ''
  }
  yield Buffer.from(`${text}\n]}\n`)
}

/** RFC 4180: quoted where it must be. */
function cell(text: string): string {
  return /[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** Longer lines are no counts. */
const MAX_LINE = 2048

/** More of one file, by one kind of client, on one day, nobody downloads. */
const MAX_COUNT = 1e12

/** What a line says; `unreadable` where it says nothing that can be counted, undefined for comments, headings and empty lines. */
export function readCountLine(line: string): Count | 'unreadable' | undefined {
  const text = line.endsWith('\r') ? line.slice(0, -1) : line
  if (text === '' || text.startsWith('#') || text === COLUMNS) return undefined
  if (text.length > MAX_LINE) return 'unreadable'
  const [name = '', filename = '', userAgent, number = '', ...more] = cellsOf(text)
  const project = parseName(name)
  const count = Number(number)
  const isNumber = /^\d{1,13}$/.test(number) && count <= MAX_COUNT
  if (project === undefined || !isCountable(filename, project) || !isNumber || more.length > 0) return 'unreadable'
  return count === 0 ? undefined : { project, filename, client: reduceUserAgent(userAgent), count }
}

/** The cells of a line; what stands between quotes may have commas in it. */
function cellsOf(line: string): string[] {
  if (!line.includes('"')) return line.split(',')
  const cells: string[] = []
  let cell = ''
  let isQuoted = false
  for (let i = 0; i < line.length; i += 1) {
    const sign = line[i] ?? ''
    if (sign === '"' && isQuoted && line[i + 1] === '"') cell += line[++i]
    else if (sign === '"') isQuoted = !isQuoted
    else if (sign === ',' && !isQuoted) {
      cells.push(cell)
      cell = ''
    } else cell += sign
  }
  return [...cells, cell]
}

/** Lines of pieces of text, without their ends; each in the encoding of most logs, of which all signs are one byte. */
export function* linesOf(pieces: Iterable<Uint8Array>): Generator<string, void> {
  let held = ''
  for (const piece of pieces) {
    const lines = (held + Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength).toString('latin1')).split('\n')
    held = lines.pop() ?? ''
    if (held.length > MAX_LINE * 16) held = held.slice(0, MAX_LINE * 16)
    yield* lines
  }
  if (held !== '') yield held
}
