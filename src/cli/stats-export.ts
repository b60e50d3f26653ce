/** `unidex stats export FOLDER`: the files of counts in a folder that any web server can publish. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { paced } from '../pace/steps.ts'
import { dayOf, daysFrom, monthsFrom } from '../stats/day.ts'
import { DAY_FORMS } from '../stats/day-file.ts'
import type { DownloadStats } from '../stats/download-stats.ts'
import { readPublishedName, writePublished } from '../stats/published-file.ts'
import { readExportOptions } from './options.ts'
import { withStats } from './stats-data.ts'
import { RefusedError } from './usage-error.ts'

/** @throws UsageError, RefusedError */
export async function exportStats(words: string[]): Promise<0> {
  const { folder, data } = readExportOptions(words)
  const { all, changed } = await withStats({ ...(data !== undefined && { data }), create: false }, async (stats) =>
    stats === undefined ? { all: 0, changed: 0 } : writeAll(stats, folder),
  )
  process.stdout.write(
    all === 0
      ? 'Nothing was counted yet, so nothing was written.\n'
      : `${folder} has ${all} files; ${changed} of them are new or changed.\n`,
  )
  return 0
}

async function writeAll(stats: DownloadStats, folder: string): Promise<{ all: number; changed: number }> {
  const first = stats.firstDay({ peers: [] })
  const today = dayOf(Date.now())
  if (first === undefined) return { all: 0, changed: 0 }
  let [all, changed] = [0, 0]
  for (const [kind, names] of [
    ['days', daysFrom(first, today)],
    ['months', monthsFrom(first, today)],
  ] as const) {
    prepare(join(folder, kind))
    for (const filename of names.flatMap((name) => DAY_FORMS.map((form) => `${name}.${form}`))) {
      const file = readPublishedName(kind, filename)
      if (file === undefined) continue
      const bytes = await paced(writePublished(stats.published(file.span, { peers: [] }), file))
      all += 1
      if (writeChanged(join(folder, kind, filename), bytes)) changed += 1
    }
  }
  return { all, changed }
}

function prepare(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true })
  } catch (error) {
    throw new RefusedError(`Cannot write to "${folder}": ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** A file that is the same keeps its time, so that its readers need not read it again; a reader sees the old one or the new one. */
function writeChanged(path: string, bytes: Buffer): boolean {
  try {
    if (readFileSync(path).equals(bytes)) return false
  } catch {
    // It is not there yet, or cannot be read: it is written.
  }
  const aside = `${path}.${process.pid}.tmp`
  writeFileSync(aside, bytes)
  renameSync(aside, path)
  return true
}
