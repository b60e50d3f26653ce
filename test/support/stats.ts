/** Counts of downloads in a folder of the test. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { DownloadStats } from '../../src/stats/download-stats.ts'
import { sqliteStats } from '../../src/store/sqlite-stats.ts'

/** Kept for one test. */
export function testStats(): DownloadStats {
  const folder = mkdtempSync(join(tmpdir(), 'unidex-stats-'))
  const stats = sqliteStats(folder, { busyMs: 1000 })
  onTestFinished(() => {
    stats.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return stats
}

/** All that is published, as `filename client count`. */
export function published(stats: DownloadStats): string[] {
  const span = { first: '1970-01-01', last: '9999-12-31' }
  return [...stats.published(span, { peers: [] })].flatMap((each) =>
    each === undefined ? [] : `${each.filename} ${each.client} ${each.count}`,
  )
}
