/** Upload times in the one form that clients agree on (PEP 700: ISO 8601, UTC, at most six digits of a second). */

/** In that form: nearly all are. */
const IN_FORM = /^(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?Z$/

/** As servers write that are less strict: date, time, parts of a second, zone. */
const LOOSE = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:(\.\d{1,6})\d*)?(?:Z|([+-])([01]\d|2[0-3]):?([0-5]\d))$/

/** Longer ones are no times. */
const MAX_LENGTH = 64

/** Every month has so many days. */
const DAYS_OF_ANY_MONTH = 28

const MINUTE_MS = 60_000

/**
 * The same moment in UTC, ending in `Z`, without what is less than a microsecond. undefined where it is no time with a zone,
 * or the day does not exist: pip ends with an error on it.
 */
export function readUploadTime(text: unknown): string | undefined {
  if (typeof text !== 'string' || text.length > MAX_LENGTH) return undefined
  if (isInForm(text)) return text
  const [, date, time = '', fraction = '', sign, hours, minutes] = LOOSE.exec(text) ?? []
  const local = `${date}T${time}`
  if (!isInForm(`${local}Z`)) return undefined
  const shiftMinutes = sign === undefined ? 0 : Number(`${sign}1`) * (Number(hours) * 60 + Number(minutes))
  const utc = new Date(Date.parse(`${local}Z`) - shiftMinutes * MINUTE_MS).toISOString().slice(0, local.length)
  const read = `${utc}${fraction}Z`
  return isInForm(read) ? read : undefined
}

function isInForm(text: string): boolean {
  const [, year, month, day] = IN_FORM.exec(text) ?? []
  // Python has no year 0.
  if (day === undefined || year === '0000') return false
  return Number(day) <= DAYS_OF_ANY_MONTH || Number(day) <= daysOf(Number(year), Number(month))
}

/** Of a month, counted from 1, in any year of the calendar that `Date` has. */
function daysOf(year: number, month: number): number {
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  if (month === 2) return isLeap ? 29 : DAYS_OF_ANY_MONTH
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}
