/** The counts of a data folder, for commands that read or change them beside a running server. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { dataFolders } from '../config/directories.ts'
import { loadConfig } from '../config/load.ts'
import type { DownloadStats } from '../stats/download-stats.ts'
import { STATS_FILE, sqliteStats } from '../store/sqlite-stats.ts'
import { RefusedError } from './usage-error.ts'

/** A command waits so long for the server's writes, in ms. */
const BUSY_MS = 10_000

export interface StatsDataOptions {
  readonly data?: string
  /** Makes the database where there is none. */
  readonly create: boolean
}

/** The peers that the rules name. @throws CheckError */
export async function readPeers(rules: string | undefined): Promise<readonly string[]> {
  const config = await loadConfig({ ...(rules !== undefined && { rules }), environment: process.env, strict: false })
  return config.peers
}

/** `act` is given undefined where nothing was ever counted. @throws RefusedError where the counts cannot be used */
export async function withStats<T>(
  { data, create }: StatsDataOptions,
  act: (stats: DownloadStats | undefined) => Promise<T>,
): Promise<T> {
  const folder = dataFolders({ environment: process.env, ...(data !== undefined && { data }) }).state
  if (!create && !existsSync(join(folder, STATS_FILE))) return act(undefined)
  const stats = sqliteStats(folder, { busyMs: BUSY_MS })
  try {
    stats.version()
  } catch (error) {
    stats.close()
    const why = error instanceof Error ? error.message : String(error)
    throw new RefusedError(`The counts in ${join(folder, STATS_FILE)} cannot be used: ${why}`)
  }
  try {
    return await act(stats)
  } finally {
    stats.close()
  }
}
