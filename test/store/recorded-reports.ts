/** What a store reported, for a test to look at. */
import type { Field, Level, Report } from '../../src/log/report.ts'

export interface Reported {
  readonly level: Level
  readonly event: string
  readonly fields: Readonly<Record<string, Field>>
}

export function recordedReports(): {
  readonly report: Report
  readonly all: readonly Reported[]
  readonly events: () => string[]
} {
  const all: Reported[] = []
  return {
    report: (level, event, fields = {}) => void all.push({ level, event, fields }),
    all,
    events: () => all.map(({ event }) => event),
  }
}
