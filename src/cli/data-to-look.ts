/** What is kept on this machine, for commands that only look: no fact changes by it, and nothing is made that was not there. */
import { accessSync, constants, copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type DataFolders, type Environment, dataFolders } from '../config/directories.ts'
import { silent } from '../log/report.ts'
import type { FileStore } from '../store/file-store.ts'
import { memoryState } from '../store/memory-state.ts'
import type { PageStore } from '../store/page-store.ts'
import { openSqlitePageStore } from '../store/sqlite-page-store.ts'
import { type Data, isFirstStart, openOrCreateState } from './data.ts'
import { unchangingState } from '../store/unchanging-state.ts'
import { RefusedError } from './usage-error.ts'

/** Nobody counts what a command that only looks keeps, and it counts nothing. */
type DataToLook = Omit<Data, 'keptBytes' | 'stats'>

const DATABASES = ['state', 'cache'] as const

const FILES = { state: 'state.sqlite', cache: 'pages.sqlite' } as const

/**
 * Pages that are asked for meanwhile are kept where others are: they are what the upstreams said. Facts are not, since the
 * rules may be an experiment: an upstream that they call private would own names for good. A folder that may only be read is
 * looked at as a copy. @throws StateError where the state is missing beside a cache, or cannot be used, RefusedError where
 * nothing may be read
 */
export async function openDataToLook(data: string | undefined, environment: Environment): Promise<DataToLook> {
  const there = dataFolders({ environment, ...(data !== undefined && { data }) })
  const { folders, remove } = DATABASES.every((which) => opensInPlace(there, which))
    ? { folders: there, remove: () => undefined }
    : copied(there)
  try {
    const isThere = existsSync(join(folders.state, FILES.state))
    const state = isThere || !isFirstStart(folders) ? openOrCreateState(folders, false) : memoryState()
    const pages = existsSync(join(folders.cache, FILES.cache))
      ? openSqlitePageStore(folders.cache, { report: silent })
      : undefined
    return {
      pages: pages ?? NO_PAGES,
      files: NO_FILES,
      state: unchangingState(state),
      async close() {
        await pages?.close()
        state.close()
        remove()
      },
    }
  } catch (error) {
    remove()
    throw error
  }
}

/** SQLite reads a database that it may not write to only where somebody else has it open (its -shm is there), or nobody wants to. */
function opensInPlace(folders: DataFolders, which: keyof DataFolders): boolean {
  const file = join(folders[which], FILES[which])
  if (!existsSync(file) || existsSync(`${file}-shm`)) return true
  try {
    for (const each of [folders[which], file]) accessSync(each, constants.W_OK)
    return true
  } catch {
    return false
  }
}

function copied(from: DataFolders): { readonly folders: DataFolders; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'unidex-look-'))
  const remove = () => rmSync(folder, { recursive: true, force: true })
  try {
    const folders = { state: join(folder, 'state'), cache: join(folder, 'cache') }
    for (const which of DATABASES) {
      mkdirSync(folders[which])
      // What was written last may stand in the log beside the database.
      for (const name of [FILES[which], `${FILES[which]}-wal`]) {
        const file = join(from[which], name)
        if (existsSync(file)) copyFileSync(file, join(folders[which], name), constants.COPYFILE_FICLONE)
      }
    }
    return { folders, remove }
  } catch (error) {
    remove()
    const why = error instanceof Error ? error.message : String(error)
    throw new RefusedError(
      `What is kept cannot be read: ${why}. Run it as the user of the server, or with another --data`,
    )
  }
}

const NO_PAGES: PageStore = {
  get: async () => undefined,
  set: async () => undefined,
  delete: async () => undefined,
  keys: async () => [],
}

const NO_FILES: FileStore = {
  find: async () => undefined,
  create: () => Promise.reject(new Error('Whoever only looks keeps no files')),
  remove: async () => undefined,
  sweep: async () => undefined,
}
