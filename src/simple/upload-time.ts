/** Upload times in the one form that clients agree on (PEP 700: ISO 8601, UTC, at most six digits of a second). */

const PATTERN = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,6})?(?:Z|[+-]00:00)$/

/** `text` ending in `Z`; undefined where it is no such time or the day does not exist, since pip ends with an error on it. */
export function readUploadTime(text: unknown): string | undefined {
  if (typeof text !== 'string') return undefined
  const [, seconds, fraction = ''] = PATTERN.exec(text) ?? []
  if (seconds === undefined) return undefined
  const time = new Date(`${seconds}Z`)
  // `Date` takes the 31st of February for the 3rd of March, and hour 24 for the next day.
  if (Number.isNaN(time.getTime()) || time.toISOString() !== `${seconds}.000Z`) return undefined
  return `${seconds}${fraction}Z`
}
