/** SQLite as our stores need it: how a database is opened, and how its rows and errors are read without a cast. */
import { closeSync, lstatSync, openSync } from 'node:fs'
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite'
import { systemCode } from './failures.ts'

export interface DatabaseOptions {
  /** `full`: a commit survives a power cut. `normal`: the last ones may be lost then, the database stays whole. */
  readonly synchronous: 'normal' | 'full'
  /** How long to wait for another process's write, in ms. The event loop stands still meanwhile. */
  readonly busyMs: number
  /** Throws where the database is not ours to change: nothing was changed then. */
  readonly refuse?: (database: DatabaseSync) => void
}

/** The file names that make up the database at `path` in WAL mode. */
export const DATABASE_SUFFIXES = ['', '-wal', '-shm'] as const

/**
 * Opens the database at `path`, made where it does not exist, readable by nobody else.
 * @throws Error of node:sqlite, or of the file system, when it cannot be opened or is no database
 */
export function openDatabase(path: string, options: DatabaseOptions): DatabaseSync {
  reserve(path)
  return patiently(() => open(path, options))
}

function open(path: string, { synchronous, busyMs, refuse }: DatabaseOptions): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: busyMs })
  try {
    refuse?.(database)
    // No mmap: a file that somebody cuts short would then end the process (SIGBUS) instead of a query.
    // The page size counts only before the file is written to; checkpoints of 4 MiB keep each stall short.
    database.exec(`
      pragma page_size = 16384;
      pragma journal_mode = wal;
      pragma synchronous = ${synchronous};
      pragma wal_autocheckpoint = 256;
      pragma journal_size_limit = 16777216;
    `)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/** How long a start waits for another process that starts on the same file. */
const OPEN_WITHIN_MS = 5000
const PAUSE_MS = 20

/** Again and again while the file is locked: turning it into WAL mode fails at once, whatever the timeout, while another process does the same. */
export function patiently<Result>(work: () => Result): Result {
  const until = Date.now() + OPEN_WITHIN_MS
  for (;;) {
    try {
      return work()
    } catch (error) {
      if (!isLocked(error) || Date.now() > until) throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS)
    }
  }
}

/** SQLITE_BUSY and SQLITE_LOCKED. */
function isLocked(error: unknown): boolean {
  const primary = primaryCode(error)
  return primary === 5 || primary === 6
}

/** Makes the file first, since SQLite would let the umask decide who may read it. */
function reserve(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600))
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error
    // Opening it here to look would be wrong: closing a second descriptor drops the locks of a connection of ours.
    if (lstatSync(path).isSymbolicLink())
      throw new Error(`Cannot open "${path}": it is a symbolic link`, { cause: error })
  }
}

/** Runs `work` as one transaction that takes the write lock at once, so that it cannot fail half-way for want of it. */
export function transaction<Result>(database: DatabaseSync, work: () => Result): Result {
  database.exec('begin immediate')
  try {
    const result = work()
    database.exec('commit')
    return result
  } catch (error) {
    // SQLite has already rolled back by itself after some errors (full disk).
    if (database.isTransaction) database.exec('rollback')
    throw error
  }
}

/** SQLITE_CORRUPT and SQLITE_NOTADB (sqlite.org/rescode.html): the file itself is damaged, and asking again will not help. */
export function isCorruption(error: unknown): boolean {
  const primary = primaryCode(error)
  return primary === 11 || primary === 26
}

/** The low byte of SQLite's code; the rest says which kind of it. */
function primaryCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return undefined
  return error.errcode & 0xff
}

type Row = Readonly<Record<string, SQLOutputValue>>

/** @throws TypeError where the column is not text */
export function textIn(row: Row, column: string): string {
  const value = row[column]
  if (typeof value !== 'string') throw new TypeError(`Column ${column} is not text`)
  return value
}

/** @throws TypeError where the column is not a number */
export function numberIn(row: Row | undefined, column: string): number {
  const value = row?.[column]
  if (typeof value !== 'number') throw new TypeError(`Column ${column} is not a number`)
  return value
}

/** The column's bytes, not copied. @throws TypeError where the column is not a blob */
export function bytesIn(row: Row, column: string): Buffer {
  const value = row[column]
  if (!(value instanceof Uint8Array)) throw new TypeError(`Column ${column} is not a blob`)
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength)
}
