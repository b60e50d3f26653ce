/** Failures of a store, told in a few lines however often they happen: a broken disk must not flood the log. */
import type { Report } from '../log/report.ts'

/** The same failure is reported at most this often. */
const INTERVAL_MS = 10_000

/** Reports that an operation of a store failed. */
export type Failed = (operation: string, error: unknown) => void

/** `store`: which one, as it stands in the event `store_failed`. `now`: ms since the epoch. */
export function reportFailures(report: Report, store: string, now: () => number = Date.now): Failed {
  const known = new Map<string, { reportedAt: number; repeated: number }>()
  return (operation, error) => {
    const code = codeOf(error)
    const kind = `${operation} ${code}`
    const last = known.get(kind)
    // The distance, not the difference: a clock that was set back must not silence us.
    if (last !== undefined && Math.abs(now() - last.reportedAt) < INTERVAL_MS) {
      last.repeated += 1
      return
    }
    known.set(kind, { reportedAt: now(), repeated: 0 })
    report('warn', 'store_failed', { store, operation, code, repeated: last?.repeated })
  }
}

/** `ENOSPC` and its like; undefined where `error` is not from the system. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

/** What stands for the failure in the log: SQLite's words, the system's code, or the kind of error. All are few and short. */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error
  if ('errstr' in error && typeof error.errstr === 'string') return error.errstr
  return systemCode(error) ?? error.name
}
