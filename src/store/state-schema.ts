/** The tables of the state, and whether a database has them: the one place that knows their version. */
import type { DatabaseSync } from 'node:sqlite'
import { isCorruption, numberIn, textIn, transaction } from './sqlite.ts'
import { StateError } from './state.ts'

/** Stands in the database's `user_version`. Whoever raises it writes the migration from the version before. */
const VERSION = 3

// Rows are read in the order in which they came, which is that of the rowid; `since` is for people.
// `revision` grows with every change of facts, so that other processes can tell it from what they need not look at.
const SEEN = `
  create table seen (
    id integer primary key, project text not null, upstream text not null, filename text not null, at integer not null,
    unique (project, upstream, filename)
  ) strict;
`

const LEARNED = `
  create table learned (
    id integer primary key, project text not null, upstream text not null, filename text not null, content text not null,
    size integer, sha256 text, other_sha256 text, published integer not null, unique (project, upstream, filename, content)
  ) strict;
`

const TABLES = `
  create table owners (
    id integer primary key, project text not null, upstream text not null, since integer not null, unique (project, upstream)
  ) strict;
  create table lists (
    upstream text primary key, names blob not null, version integer not null, checked_at integer not null
  ) strict;
  create table served (
    id integer primary key, project text not null, upstream text not null, filename text not null, sha256 text not null,
    since integer not null, unique (project, upstream, filename, sha256)
  ) strict;
  create table refreshed (project text primary key, at integer not null) strict;
  ${SEEN}
  ${LEARNED}
  create table revision (id integer primary key check (id = 1), value integer not null) strict;
  insert into revision (id, value) values (1, 1);
  pragma user_version = ${VERSION};
`

/** @throws StateError newer, or unreadable where it is a database of somebody else */
export function refuseForeign(database: DatabaseSync, path: string): void {
  const version = versionOf(database)
  if (version > VERSION) {
    throw new StateError(
      'newer',
      `Cannot use "${path}": it was written by a newer Unidex (state version ${version}, this one knows ${VERSION}). Use that version, or another --data folder`,
    )
  }
  const hasTables = () => database.prepare('select 1 from sqlite_schema limit 1').get() !== undefined
  // The version is looked at once more, since another process may have made the tables between the two looks.
  if (version === 0 && hasTables() && versionOf(database) === 0) {
    throw new StateError(
      'unreadable',
      `Cannot use "${path}": it is a database, but not one of Unidex. Use another --data folder`,
    )
  }
}

/**
 * Makes the tables in an empty database, if `create` says so, and those that an older Unidex did not know.
 * @throws StateError missing, or as `refuseForeign`
 */
export function ensureSchema(database: DatabaseSync, path: string, { create }: { readonly create: boolean }): void {
  transaction(database, () => {
    // Once more: another process may have been first.
    refuseForeign(database, path)
    const version = versionOf(database)
    if (version === VERSION) return
    if (version > 0) {
      migrate(database, version)
      return
    }
    // A process that was killed before it had made the tables leaves an empty file.
    if (!create) throw missingState(path)
    database.exec(TABLES)
  })
}

/** One step for each version; each is all or nothing, since they run in one transaction. */
function migrate(database: DatabaseSync, from: number): void {
  if (from < 2) database.exec(SEEN)
  if (from < 3) database.exec(LEARNED)
  database.exec(`pragma user_version = ${VERSION}`)
}

function versionOf(database: DatabaseSync): number {
  return numberIn(database.prepare('pragma user_version').get(), 'user_version')
}

/** @throws StateError unreadable, when pages of the database are damaged */
export function checkIntegrity(database: DatabaseSync, path: string): void {
  const verdict = database.prepare('pragma quick_check(1)').get()
  if (verdict === undefined || textIn(verdict, 'quick_check') !== 'ok') throw unreadableState(path)
}

export function missingState(path: string): StateError {
  return new StateError(
    'missing',
    `There is no state at "${path}". If it was lost, restore it from a backup; --new-state begins a new one`,
  )
}

export function unreadableState(path: string, cause?: unknown): StateError {
  if (cause instanceof Error && !isCorruption(cause)) {
    return new StateError('unreadable', `Cannot use the state at "${path}": ${cause.message}`, { cause })
  }
  return new StateError(
    'unreadable',
    `The state at "${path}" is damaged. Restore it from a backup, or move it away and start with --new-state: which names are owned is then learned again`,
    { cause },
  )
}
