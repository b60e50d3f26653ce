/** What is kept on this machine: the cache, which may be deleted, and the state, which must not be lost. */
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type DataFolders, type Environment, dataFolders } from '../config/directories.ts'
import type { Report } from '../log/report.ts'
import { openDiskFileStore } from '../store/disk-file-store.ts'
import type { DownloadStats } from '../stats/download-stats.ts'
import type { FileStore } from '../store/file-store.ts'
import type { PageStore } from '../store/page-store.ts'
import { openSqlitePageStore } from '../store/sqlite-page-store.ts'
import { openState } from '../store/sqlite-state.ts'
import { sqliteStats } from '../store/sqlite-stats.ts'
import { type State, StateError } from '../store/state.ts'

/** How often the cache of files is brought back under its bound, beside what its own writes do for that. */
export const SWEEP_EVERY_MS = 10 * 60_000

/** Requests wait meanwhile, and counts can be written later; in ms. */
const STATS_BUSY_MS = 20

export interface Data {
  readonly pages: PageStore
  readonly files: FileStore
  readonly state: State
  readonly stats: DownloadStats
  /** Bytes on disk. `files`: when they were counted last, undefined where this process did not. */
  keptBytes(): { readonly pages: number; readonly state: number; readonly files: number | undefined }
  close(): Promise<void>
}

export interface DataOptions {
  /** The folder for all; without one, the user's own folders. */
  readonly data?: string
  /** Bytes that kept files may take. */
  readonly cacheBytes: number
  /** Begin with an empty state where there is none, although a cache is there. */
  readonly newState: boolean
  /** See `DiskFileStoreOptions`. */
  readonly onStored?: (bytes: number) => void
}

export interface DataContext {
  readonly report: Report
  readonly environment: Environment
}

/** @throws StateError where the state is missing beside a cache, or cannot be used */
export async function openData(options: DataOptions, { report, environment }: DataContext): Promise<Data> {
  const folders = dataFolders({ environment, ...(options.data !== undefined && { data: options.data }) })
  const state = openOrCreateState(folders, options.newState)
  const pages = openSqlitePageStore(folders.cache, { report })
  const stats = sqliteStats(folders.state, { busyMs: STATS_BUSY_MS })
  let fileBytes: number | undefined
  const files = await openFiles(folders.cache, { ...options, onCounted: (bytes) => (fileBytes = bytes) }, report)
  return {
    pages,
    files,
    state,
    stats,
    keptBytes: () => ({
      pages: bytesOf(join(folders.cache, 'pages.sqlite')),
      state: bytesOf(join(folders.state, 'state.sqlite')),
      files: fileBytes,
    }),
    async close() {
      await pages.close()
      state.close()
      stats.close()
    },
  }
}

/** For a process above others that serve: sees to it that there is a state, and gives the files, to sweep them. @throws as `openData` */
export async function prepareData(options: DataOptions, { report, environment }: DataContext): Promise<FileStore> {
  const folders = dataFolders({ environment, ...(options.data !== undefined && { data: options.data }) })
  openOrCreateState(folders, options.newState).close()
  return openFiles(folders.cache, options, report)
}

function openFiles(
  cache: string,
  { cacheBytes, onStored, onCounted }: DataOptions & { readonly onCounted?: (bytes: number) => void },
  report: Report,
): Promise<FileStore> {
  return openDiskFileStore(join(cache, 'files'), {
    report,
    maxBytes: cacheBytes,
    ...(onStored && { onStored }),
    ...(onCounted && { onCounted }),
  })
}

/** With what was written last, which lies beside it; 0 where there is none. */
function bytesOf(database: string): number {
  const sizes = [database, `${database}-wal`].map((path) => statSync(path, { throwIfNoEntry: false })?.size ?? 0)
  return sizes.reduce((sum, size) => sum + size, 0)
}

/** A cache without its state was there before: whoever lost the state should know, since names that it held are free without it. */
export function openOrCreateState(folders: DataFolders, newState: boolean): State {
  try {
    return openState(folders.state, { create: isFirstStart(folders) || newState })
  } catch (error) {
    if (!(error instanceof StateError) || error.problem !== 'missing') throw error
    throw new StateError(
      'missing',
      `${error.message}\nThere is a cache in ${folders.cache}, so there was a state: without it, names that private upstreams own are forgotten. Bring it back, or start once with --new-state to begin with an empty one.`,
    )
  }
}

/** No cache is there that somebody has used. */
export function isFirstStart({ cache }: DataFolders): boolean {
  return !['pages.sqlite', 'files'].some((kept) => existsSync(join(cache, kept)))
}
