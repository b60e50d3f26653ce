/** An explanation for programs: every key as it is in the model, moments as ISO 8601 in UTC. */

/** Keys whose numbers are ms since the epoch. */
const MOMENTS: ReadonlySet<string> = new Set(['asOf', 'until', 'checkedAt', 'freshUntil', 'since', 'than'])

/** `value`: an `Explanation`, or something that holds one; JSON of several lines. */
export function explanationJson(value: unknown): string {
  return JSON.stringify(
    value,
    (key, each: unknown) => (MOMENTS.has(key) && typeof each === 'number' ? new Date(each).toISOString() : each),
    2,
  )
}
