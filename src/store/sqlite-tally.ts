/** What is counted of a long access log, aside on the disk: a database without a name, gone with whoever opened it. */
import { DatabaseSync } from 'node:sqlite'
import { type PathTally, type TallyStore, isShorter } from '../stats/log-tally.ts'
import { numberIn, textIn, transaction } from './sqlite.ts'

/** Opened when something is put into it. */
export function sqliteTally(): TallyStore & { close(): void } {
  let opened: DatabaseSync | undefined
  let broken = 0

  function database(): DatabaseSync {
    // SQLite's name for a file of its own that it deletes (sqlite.org/inmemorydb.html, "Temporary Databases").
    if (opened !== undefined) return opened
    opened = new DatabaseSync('')
    opened.exec(`
      pragma journal_mode = off;
      pragma synchronous = off;
      pragma cache_size = -16384;
      create table paths (path text primary key, largest integer not null) strict, without rowid;
      create table counts (
        path text not null, day text not null, client text not null, count integer not null,
        primary key (path, day, client)
      ) strict, without rowid;
    `)
    return opened
  }

  return {
    put(tallies) {
      const target = database()
      const find = target.prepare('select largest from paths where path = ?')
      const set = target.prepare('insert or replace into paths (path, largest) values (?, ?)')
      const sum = target.prepare('select coalesce(sum(count), 0) as count from counts where path = ?')
      const drop = target.prepare('delete from counts where path = ?')
      const add = target.prepare(
        'insert into counts (path, day, client, count) values (?, ?, ?, ?) on conflict do update set count = count + excluded.count',
      )
      transaction(target, () => {
        for (const { path, largest, counts } of tallies) {
          const row = find.get(path)
          const before = row === undefined ? 0 : numberIn(row, 'largest')
          if (largest > 0 && isShorter(largest, before)) {
            for (const { count } of counts) broken += count
            continue
          }
          if (before > 0 && isShorter(before, largest)) {
            broken += numberIn(sum.get(path), 'count')
            drop.run(path)
          }
          if (row === undefined || largest > before) set.run(path, Math.max(largest, before))
          for (const { day, client, count } of counts) add.run(path, day, client, count)
        }
      })
    },

    *all() {
      let tally: { path: string; largest: number; counts: PathTally['counts'][number][] } | undefined
      for (const row of database().prepare('select path, day, client, count from counts order by path').iterate()) {
        const path = textIn(row, 'path')
        if (tally?.path !== path) {
          if (tally !== undefined) yield tally
          tally = { path, largest: 0, counts: [] }
        }
        tally.counts.push({ day: textIn(row, 'day'), client: textIn(row, 'client'), count: numberIn(row, 'count') })
      }
      if (tally !== undefined) yield tally
    },

    broken: () => broken,

    clear() {
      broken = 0
      opened?.exec('delete from paths; delete from counts')
    },

    close() {
      opened?.close()
      opened = undefined
    },
  }
}
