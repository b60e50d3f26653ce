/** Durations as the rules file writes them: a whole number and one of `s`, `m`, `h`, `d`. */
import { quote } from './fault.ts'
import type { Reading } from './text-value.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

const UNITS: ReadonlyMap<string, number> = new Map([
  ['s', SECOND],
  ['m', MINUTE],
  ['h', HOUR],
  ['d', DAY],
])

/** For the schema: what a duration looks like. */
export const DURATION_PATTERN = '^[0-9]{1,6}[smhd]$'

/** Reads durations in ms between the two, both included; they are written as a rules file would write them. */
export function durationBetween(least: string, most: string): (text: string) => Reading<number> {
  const [min, max] = [parseDuration(least) ?? 0, parseDuration(most) ?? 0]
  return (text) => {
    const value = parseDuration(text)
    if (value === undefined) {
      return { wrong: `${quote(text)} is no duration`, right: 'write a number and s, m, h or d, e.g. "10s" or "5m"' }
    }
    if (value >= min && value <= max) return { value }
    return { wrong: `${quote(text)} is too ${value < min ? 'short' : 'long'}`, right: `write ${least} to ${most}` }
  }
}

/** In ms; undefined where `text` is no duration. */
export function parseDuration(text: string): number | undefined {
  const unit = UNITS.get(text.slice(-1))
  return unit === undefined || !/^[0-9]{1,6}[a-z]$/.test(text) ? undefined : Number(text.slice(0, -1)) * unit
}
