/** Names of indexes as requests have them: `default`, or `default@2026-01-31` for the index as it stood then. */
import { parseInstant } from '../simple/instant.ts'
import { UnknownIndexError } from './unknown-index.ts'

export interface View {
  readonly index: string
  /** What was there before this moment is in it, ms since the epoch; undefined: what is there now. */
  readonly asOf?: number
}

/** @throws UnknownIndexError where what stands behind the `@` is no date */
export function readView(name: string): View {
  const at = name.indexOf('@')
  if (at === -1) return { index: name }
  const asOf = parseInstant(name.slice(at + 1))
  if (asOf !== undefined) return { index: name.slice(0, at), asOf }
  throw new UnknownIndexError(
    'Behind "@" stands a date, e.g. 2026-01-31 (to its end, in UTC), or a time, e.g. 2026-01-31T12:00:00Z',
  )
}
