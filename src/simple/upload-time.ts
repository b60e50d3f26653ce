/** Upload times in the one form that clients agree on (PEP 700: ISO 8601, UTC, at most six digits of a second). */

const PATTERN =
  /^(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?(?:Z|[+-]00:00)$/

/** Every month has so many days. */
const DAYS_OF_ANY_MONTH = 28

/** `text` ending in `Z`; undefined where it is no such time or the day does not exist, since pip ends with an error on it. */
export function readUploadTime(text: unknown): string | undefined {
  if (typeof text !== 'string') return undefined
  const [, year, month, day] = PATTERN.exec(text) ?? []
  if (day === undefined) return undefined
  if (Number(day) > DAYS_OF_ANY_MONTH && Number(day) > daysOf(Number(year), Number(month))) return undefined
  return text.endsWith('Z') ? text : `${text.slice(0, -'+00:00'.length)}Z`
}

/** Of a month, counted from 1, in any year of the calendar that `Date` has. */
function daysOf(year: number, month: number): number {
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  if (month === 2) return isLeap ? 29 : DAYS_OF_ANY_MONTH
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}
