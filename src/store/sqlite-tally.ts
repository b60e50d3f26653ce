/** What is counted of a long access log, aside on the disk: a database without a name, gone with whoever opened it. */
import { DatabaseSync } from 'node:sqlite'
import { type PathTally, type TallyStore, isShorter } from '../stats/log-tally.ts'
import { bytesIn, numberIn, textIn, transaction } from './sqlite.ts'

// The counts of a path come in parts, one each time that memory was full: they are only ever added at the end, and sorted when
// all are there. Parts before `valid_from` were broken off, which a later one showed; `sum` is what stands in the others.
const TABLES = `
  pragma journal_mode = off;
  pragma synchronous = off;
  pragma cache_size = -16384;
  create table paths (
    id integer primary key, path text not null unique, largest integer not null, valid_from integer not null, sum integer not null
  ) strict;
  create table parts (id integer primary key, path integer not null, counts blob not null) strict;
`

/** Opened when something is put into it. */
export function sqliteTally(): TallyStore & { close(): void } {
  let opened: DatabaseSync | undefined
  let [broken, part] = [0, 0]

  function database(): DatabaseSync {
    if (opened !== undefined) return opened
    // SQLite's name for a file of its own that it deletes (sqlite.org/inmemorydb.html, "Temporary Databases").
    opened = new DatabaseSync('')
    opened.exec(TABLES)
    return opened
  }

  return {
    put(tallies) {
      const target = database()
      const find = target.prepare('select id, largest, valid_from, sum from paths where path = ?')
      const create = target.prepare('insert into paths (path, largest, valid_from, sum) values (?, ?, 0, ?)')
      const change = target.prepare('update paths set largest = ?, valid_from = ?, sum = ? where id = ?')
      const add = target.prepare('insert into parts (id, path, counts) values (?, ?, ?)')
      transaction(target, () => {
        for (const { path, largest, counts } of tallies) {
          const packed = packedOf(counts)
          const count = sumOf(packed)
          const row = find.get(path)
          part += 1
          if (row === undefined) {
            add.run(part, Number(create.run(path, largest, count).lastInsertRowid), bytesOf(packed))
            continue
          }
          const [id, before, sum] = [numberIn(row, 'id'), numberIn(row, 'largest'), numberIn(row, 'sum')]
          if (largest > 0 && isShorter(largest, before)) {
            broken += count
            continue
          }
          const isWhole = before > 0 && isShorter(before, largest)
          if (isWhole) broken += sum
          change.run(
            Math.max(largest, before),
            isWhole ? part : numberIn(row, 'valid_from'),
            isWhole ? count : sum + count,
            id,
          )
          add.run(part, id, bytesOf(packed))
        }
      })
    },

    *all() {
      const rows = database()
        .prepare(
          `select paths.path as name, largest, counts from parts join paths on paths.id = parts.path
            where parts.id >= valid_from order by parts.path`,
        )
        .iterate()
      let tally: (PathTally & { readonly counts: Map<number, number> }) | undefined
      for (const row of rows) {
        const path = textIn(row, 'name')
        if (tally?.path !== path) {
          if (tally !== undefined) yield tally
          tally = { path, largest: numberIn(row, 'largest'), counts: new Map() }
        }
        const packed = numbersIn(bytesIn(row, 'counts'))
        for (let i = 0; i < packed.length; i += 2) {
          const kind = packed[i] ?? 0
          tally.counts.set(kind, (tally.counts.get(kind) ?? 0) + (packed[i + 1] ?? 0))
        }
      }
      if (tally !== undefined) yield tally
    },

    broken: () => broken,

    clear() {
      broken = 0
      opened?.exec('delete from paths; delete from parts')
    },

    close() {
      opened?.close()
      opened = undefined
    },
  }
}

/** Kinds and their counts, one after the other. */
function packedOf(counts: ReadonlyMap<number, number>): Uint32Array {
  const packed = new Uint32Array(counts.size * 2)
  let length = 0
  for (const [kind, count] of counts) {
    packed[length++] = kind
    packed[length++] = count
  }
  return packed
}

function sumOf(packed: Uint32Array): number {
  let sum = 0
  for (let i = 1; i < packed.length; i += 2) sum += packed[i] ?? 0
  return sum
}

function bytesOf({ buffer, byteOffset, byteLength }: Uint32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}

/** Copied, since bytes of a row begin anywhere. */
function numbersIn(bytes: Buffer): Uint32Array {
  return new Uint32Array(Uint8Array.from(bytes).buffer)
}
