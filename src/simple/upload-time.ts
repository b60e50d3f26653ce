/** Upload times in the one form that clients agree on (PEP 700: ISO 8601, UTC, at most six digits of a second). */

/** Date, time, parts of a second, zone. What servers write that are less strict than PEP 700 is understood too. */
const PATTERN =
  /^(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])[T ]((?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d)(?:(\.\d{1,6})\d*)?(?:Z|([+-])([01]\d|2[0-3]):?([0-5]\d))$/

/** Longer ones are no times. */
const MAX_LENGTH = 64

/** Every month has so many days. */
const DAYS_OF_ANY_MONTH = 28

/** Python has no year 0, and none of five digits. */
const IN_RANGE = /^(?!0000)\d{4}-/

const MINUTE_MS = 60_000

/**
 * The same moment in UTC, ending in `Z`, without what is less than a microsecond. undefined where it is no time with a zone,
 * or the day does not exist: pip ends with an error on it.
 */
export function readUploadTime(text: unknown): string | undefined {
  if (typeof text !== 'string' || text.length > MAX_LENGTH) return undefined
  const [, year = '', month = '', day = '', time = '', fraction = '', sign, hours, minutes] = PATTERN.exec(text) ?? []
  if (!isDay(Number(year), Number(month), Number(day))) return undefined
  const shift = sign === undefined ? 0 : Number(`${sign}1`) * (Number(hours) * 60 + Number(minutes))
  const local = `${year}-${month}-${day}T${time}`
  if (shift === 0) return `${local}${fraction}Z`
  const utc = new Date(Date.parse(`${local}Z`) - shift * MINUTE_MS).toISOString().slice(0, local.length)
  return IN_RANGE.test(utc) ? `${utc}${fraction}Z` : undefined
}

function isDay(year: number, month: number, day: number): boolean {
  if (year === 0 || day === 0) return false
  return day <= DAYS_OF_ANY_MONTH || day <= daysOf(year, month)
}

/** Of a month, counted from 1, in any year of the calendar that `Date` has. */
function daysOf(year: number, month: number): number {
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  if (month === 2) return isLeap ? 29 : DAYS_OF_ANY_MONTH
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}
