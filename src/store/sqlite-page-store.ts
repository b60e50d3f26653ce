/** The embedded page store: opens the cache's database, and goes on without it when it is damaged or cannot be opened. */
import { mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Keyv } from 'keyv'
import { type Report, silent } from '../log/report.ts'
import { codeOf } from './failures.ts'
import { keyvPageStore } from './keyv-page-store.ts'
import type { PageStore } from './page-store.ts'
import { DATABASE_SUFFIXES, isCorruption, openDatabase } from './sqlite.ts'
import { type SqliteKeyv, sqliteKeyv } from './sqlite-keyv.ts'

export interface SqlitePageStoreOptions {
  /** Bytes on disk, about. Default: 1 GiB. */
  readonly maxBytes?: number
  readonly report?: Report
  /** Ms since the epoch. */
  readonly now?: () => number
}

/** A page store that holds a file open. */
export interface OpenPageStore extends PageStore {
  /** Afterwards everything is a miss. */
  close(): Promise<void>
}

/** The adapter, and the file (inode) behind it; undefined: memory. */
interface Opened {
  readonly adapter: SqliteKeyv
  readonly file: number | undefined
}

const FILE = 'pages.sqlite'

/** Kept in memory where nothing can be kept on disk. */
const MAX_MEMORY_BYTES = 64 * 1024 * 1024

/** Short: nobody should wait for a write to a cache, least of all the event loop. */
const BUSY_MS = 250

/**
 * Pages in `folder`, which is made where it does not exist and may be shared with other processes. Never throws: a
 * database that is damaged, now or later, is set aside and begun anew; where none can be opened, a little is kept in
 * memory. Both are reported.
 */
export function openSqlitePageStore(folder: string, options: SqlitePageStoreOptions = {}): OpenPageStore {
  const { maxBytes = 1024 ** 3, report = silent, now = Date.now } = options
  const path = join(folder, FILE)
  let current = openStore()

  /** `damaged`: the file that must not be opened again. */
  function openStore(damaged?: number): { readonly pages: PageStore; readonly keyv: Keyv<unknown> } {
    const { adapter, file } = openAdapter(damaged)
    const keyv = new Keyv<unknown>({ store: adapter, serialization: false })
    let isGivenUp = false
    keyv.on('error', (error: unknown) => {
      if (isGivenUp || !isCorruption(error)) return
      isGivenUp = true
      void keyv.disconnect()
      current = openStore(file)
    })
    return { pages: keyvPageStore(keyv, { report, now, storedKeys: () => adapter.keys() }), keyv }
  }

  function openAdapter(damaged?: number): Opened {
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      const found = fileAt(path)
      try {
        return openFile(damaged)
      } catch (error) {
        if (!isCorruption(error)) throw error
        return openFile(found)
      }
    } catch (error) {
      report('error', 'cache_unavailable', { store: 'pages', code: codeOf(error) })
      const memory = new DatabaseSync(':memory:')
      return { adapter: sqliteKeyv(memory, { maxBytes: Math.min(maxBytes, MAX_MEMORY_BYTES), now }), file: undefined }
    }
  }

  function openFile(damaged: number | undefined): Opened {
    // Another process may have begun a new file under the name already.
    if (damaged !== undefined && damaged === fileAt(path)) {
      const aside = setAside(folder, now())
      report('error', 'store_corrupt', { store: 'pages', aside })
    }
    const database = openDatabase(path, { synchronous: 'normal', busyMs: BUSY_MS })
    try {
      return { adapter: sqliteKeyv(database, { maxBytes, now }), file: fileAt(path) }
    } catch (error) {
      database.close()
      throw error
    }
  }

  return {
    get: (key) => current.pages.get(key),
    set: (key, value) => current.pages.set(key, value),
    delete: (key) => current.pages.delete(key),
    keys: () => current.pages.keys(),
    async close() {
      await current.keyv.disconnect()
    },
  }
}

/** Which file has the name now; undefined: none. */
function fileAt(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ino
}

/** Renames the damaged database, for somebody who wants to know why; the name. Only the last one is kept: they can be large. */
function setAside(folder: string, now: number): string {
  const aside = `${FILE}.corrupt-${now}`
  for (const name of readdirSync(folder)) {
    if (name.startsWith(`${FILE}.corrupt-`)) rmSync(join(folder, name), { force: true })
  }
  for (const suffix of DATABASE_SUFFIXES) {
    const from = join(folder, FILE + suffix)
    if (fileAt(from) !== undefined) renameSync(from, join(folder, aside + suffix))
  }
  return aside
}
