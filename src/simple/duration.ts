/** Durations as a person says them. */

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** In the largest unit that divides it: `90 seconds`, `1 day`. */
export function sayDuration(ms: number): string {
  const [unit, word] =
    ms % DAY === 0
      ? [DAY, 'day']
      : ms % HOUR === 0
        ? [HOUR, 'hour']
        : ms % MINUTE === 0
          ? [MINUTE, 'minute']
          : [SECOND, 'second']
  const count = ms / unit
  return `${count} ${word}${count === 1 ? '' : 's'}`
}
