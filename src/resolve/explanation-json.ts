/** An explanation for programs: every key as it is in the model, moments as ISO 8601 in UTC. */
import { visible } from '../log/log.ts'

/** Keys whose numbers are ms since the epoch. */
const MOMENTS: ReadonlySet<string> = new Set(['asOf', 'until', 'checkedAt', 'freshUntil', 'since', 'than'])

/**
 * `value`: an `Explanation`, or something that holds one. JSON of several lines, in which what a terminal could obey is
 * escaped: it may be read on one.
 */
export function explanationJson(value: unknown): string {
  const json = JSON.stringify(
    value,
    (key, each: unknown) => (MOMENTS.has(key) && typeof each === 'number' ? new Date(each).toISOString() : each),
    2,
  )
  return json.split('\n').map(visible).join('\n')
}
