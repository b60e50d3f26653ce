/** Moments as people and clients write them: a day, or a time of RFC 3339. */

const DAY = /^\d{4}-\d{2}-\d{2}$/
const TIME =
  /^(\d{4}-\d{2}-\d{2})[Tt](?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/

const DAY_MS = 24 * 60 * 60 * 1000

/**
 * In ms since the epoch: what was there before it was there then. A day stands for its end in UTC, so that it is part of what
 * it names. undefined where `text` is none, or the day does not exist.
 */
export function parseInstant(text: string): number | undefined {
  if (DAY.test(text)) return isDay(text) ? Date.parse(text) + DAY_MS : undefined
  const day = TIME.exec(text)?.[1]
  return day !== undefined && isDay(day) ? Date.parse(text.toUpperCase()) : undefined
}

/** As `2026-01-31T12:00:00Z`, without parts of a second: for people. */
export function sayInstant(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}

/** `Date` reads the 30th of February as a day of March. */
function isDay(text: string): boolean {
  const ms = Date.parse(text)
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text)
}
