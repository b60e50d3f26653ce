/** The counts of a day or a month in the forms in which they are published. */
import type { Steps } from '../pace/steps.ts'
import { bzip2 } from './bzip2-write.ts'
import type { Count } from './count.ts'
import { dayAfter, parseDay, parseMonth } from './day.ts'
import { CSV_HEADING, type DayForm, DAY_FORMS, HEADING, csvPieces, jsonPieces } from './day-file.ts'
import type { Span } from './download-stats.ts'

/** A file of counts: which days it is about, and in which form. */
export interface PublishedFile {
  readonly span: Span
  /** As it stands in the file's name. */
  readonly of: { readonly day: string } | { readonly month: string }
  readonly form: DayForm
}

export const MEDIA_TYPES: Readonly<Record<DayForm, string>> = {
  bz2: 'application/x-bzip2',
  csv: 'text/csv; charset=utf-8',
  json: 'application/json',
}

/** `days` and `2026-11-24.bz2`, `months` and `2026-11.csv`; undefined: there is no such file. */
export function readPublishedName(folder: string, filename: string): PublishedFile | undefined {
  const dot = filename.indexOf('.')
  const form = DAY_FORMS.find((each) => each === filename.slice(dot + 1))
  if (dot === -1 || form === undefined) return undefined
  const name = filename.slice(0, dot)
  const day = folder === 'days' ? parseDay(name) : undefined
  if (day !== undefined) return { span: { first: day, last: day }, of: { day }, form }
  const month = folder === 'months' ? parseMonth(name) : undefined
  return month === undefined ? undefined : { span: monthSpan(month), of: { month }, form }
}

export function monthSpan(month: string): Span {
  const first = `${month}-01`
  // Whatever month it is, 31 days later the next one has begun, and not ended.
  return { first, last: dayAfter(`${dayAfter(first, 31).slice(0, 7)}-01`, -1) }
}

/** The bytes of the file, in short steps. */
export function* writePublished(counts: Iterable<Count | undefined>, { form, of }: PublishedFile): Steps<Buffer> {
  const written: Uint8Array[] = []
  for (const piece of piecesOf(counts, form, of)) {
    if (piece !== undefined) written.push(piece)
    yield
  }
  return Buffer.concat(written)
}

function piecesOf(
  counts: Iterable<Count | undefined>,
  form: DayForm,
  of: PublishedFile['of'],
): Iterable<Uint8Array | undefined> {
  if (form === 'json') return jsonPieces(counts, of)
  return form === 'csv' ? csvPieces(counts, CSV_HEADING) : bzip2(csvPieces(counts, HEADING))
}
