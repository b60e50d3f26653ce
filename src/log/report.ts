/** What happened, said once and as data: the type that every folder reports through, and nothing else knows where it goes. */

/** A field of an event. Names and figures only: never a secret, never a whole URL of an upstream. */
export type Field = string | number | boolean | undefined

/** How much an event matters: `error` and `warn` are what an operator alarms on. */
export type Level = 'error' | 'warn' | 'info' | 'debug'

/**
 * Reports one event. `event` is a fixed word with underscores (`upstream_failed`), the fields say which.
 * Reporting never throws and never waits.
 */
export type Report = (level: Level, event: string, fields?: Readonly<Record<string, Field>>) => void

/** Says nothing to anybody: for tests and for commands that only look. */
export const silent: Report = () => {}
