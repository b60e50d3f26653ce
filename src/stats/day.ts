/** Days and months as the mirroring infrastructure names its files: `2026-11-24`, `2026-11`, always in UTC. */

export const DAY_MS = 24 * 60 * 60 * 1000

/** `YYYY-MM-DD`, a day that there is. */
export type Day = string

/** The day in UTC of a moment in ms since the epoch. */
export function dayOf(ms: number): Day {
  return new Date(ms).toISOString().slice(0, 10)
}

/** undefined: `text` names no day of the years 1970 to 9999. */
export function parseDay(text: string): Day | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return undefined
  const ms = Date.parse(`${text}T00:00:00Z`)
  // The 31st of June would be read as the 1st of July.
  return ms >= 0 && dayOf(ms) === text ? text : undefined
}

/** `YYYY-MM`, a month that there is; undefined for all else. */
export function parseMonth(text: string): string | undefined {
  return parseDay(`${text}-01`) && text
}

/** So many days later, or earlier. */
export function dayAfter(day: Day, days: number): Day {
  return dayOf(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS)
}

/** All months in which a day from `first` to `last` is. */
export function monthsFrom(first: Day, last: Day): string[] {
  return [...new Set(daysFrom(first, last).map((day) => day.slice(0, 7)))]
}

/** All days from `first` to `last`, both among them. */
export function daysFrom(first: Day, last: Day): Day[] {
  const from = Date.parse(`${first}T00:00:00Z`)
  const length = Math.round((Date.parse(`${last}T00:00:00Z`) - from) / DAY_MS) + 1
  return Array.from({ length: Math.max(length, 0) }, (_, i) => dayOf(from + i * DAY_MS))
}
