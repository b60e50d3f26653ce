/** The tables of the counts: the one place that knows their version. */
import type { DatabaseSync } from 'node:sqlite'
import { numberIn, transaction } from './sqlite.ts'

const VERSION = 1

// Texts that come in many rows stand for themselves once. A day is a number, 20261124. The source 0 is ourselves; every other
// one is a day of a peer as it was read once, so that it takes the place of what was read before in a single row.
const TABLES = `
  create table files (
    id integer primary key, project text not null, filename text not null, upstream text not null, private integer not null,
    unique (project, filename, upstream, private)
  ) strict;
  create table clients (id integer primary key, name text not null unique) strict;
  create table peers (
    id integer primary key, name text not null unique, claimed_at integer not null default 0,
    answered_at integer not null default 0, failed_at integer not null default 0, failure text not null default ''
  ) strict;
  create table sources (id integer primary key autoincrement, at integer not null) strict;
  create table counts (
    source integer not null, day integer not null, file integer not null, client integer not null, count integer not null,
    primary key (source, day, file, client)
  ) strict, without rowid;
  create index counts_of_file on counts (file, day, source, client, count);
  create table peer_days (
    peer integer not null, day integer not null, source integer not null, etag text not null, primary key (peer, day)
  ) strict, without rowid;
  create table identity (id text not null) strict;
  insert into identity (id) values (lower(hex(randomblob(16))));
  create table logs (
    id integer primary key, name text not null, start_length integer not null, start_sha256 text not null,
    length integer not null, sha256 text not null
  ) strict;
  pragma user_version = ${VERSION};
`

/** @throws Error where it is a database of a newer Unidex, or of somebody else */
export function refuseForeignStats(database: DatabaseSync, path: string): void {
  const version = versionOf(database)
  if (version > VERSION) throw new Error(`Cannot use "${path}": a newer Unidex wrote it. Use that version`)
  const hasTables = () => database.prepare('select 1 from sqlite_schema limit 1').get() !== undefined
  // The version is looked at once more, since another process may have made the tables between the two looks.
  if (version === 0 && hasTables() && versionOf(database) === 0)
    throw new Error(`Cannot use "${path}": it is a database, but not one of Unidex. Move it away`)
}

/** Makes the tables in an empty database. @throws as `refuseForeignStats` */
export function ensureStatsSchema(database: DatabaseSync, path: string): void {
  if (versionOf(database) === VERSION) return
  transaction(database, () => {
    // Once more: another process may have been first.
    refuseForeignStats(database, path)
    if (versionOf(database) < VERSION) database.exec(TABLES)
  })
}

function versionOf(database: DatabaseSync): number {
  return numberIn(database.prepare('pragma user_version').get(), 'user_version')
}
