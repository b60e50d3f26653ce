/** A Keyv 6 storage adapter over node:sqlite: keeps bytes as they are, within a bound, the oldest-used going first. */
import { setImmediate } from 'node:timers/promises'
import type { DatabaseSync } from 'node:sqlite'
import { type KeyvStorageCapability, keyvStorageCapability } from 'keyv'
import { bytesIn, numberIn } from './sqlite.ts'

/** What Keyv hands over and takes back with `serialization: false`. */
interface Envelope {
  readonly value: Buffer
  /** Ms since the epoch. */
  readonly expires?: number
}

/** The part of Keyv's `KeyvStorageAdapter` that one Keyv without a namespace needs. Methods reject with what SQLite says. */
export interface SqliteKeyv {
  readonly capabilities: KeyvStorageCapability
  get(key: string): Promise<Envelope | undefined>
  set(key: string, envelope: unknown, expires?: number): Promise<boolean>
  delete(key: string): Promise<boolean>
  has(key: string): Promise<boolean>
  /** All of them, without their values. @throws what SQLite says */
  keys(): string[]
  clear(): Promise<void>
  disconnect(): Promise<void>
}

export interface SqliteKeyvOptions {
  /** Bytes of the database file that may be in use. */
  readonly maxBytes: number
  readonly now?: () => number
}

/** A use is written down only when the last one is older: reading must not become writing. */
const USE_RESOLUTION_MS = 60 * 60_000

/** Few enough that a batch does not hold up a request. */
const EVICTED_AT_ONCE = 16

// A rowid table: WITHOUT ROWID keeps blobs in the key's tree and is twenty times slower. Another layout gets another name.
// The figures stand before the blob, so that reading them does not read it.
const SCHEMA = `
  create table if not exists pages_1 (
    id integer primary key, key text not null unique, used integer not null, expires integer, value blob not null
  ) strict;
  create index if not exists pages_1_used on pages_1 (used);
`

/** Give each Keyv its own. The database is closed by `disconnect`. @throws Error when the table cannot be made */
export function sqliteKeyv(database: DatabaseSync, { maxBytes, now = Date.now }: SqliteKeyvOptions): SqliteKeyv {
  database.exec(SCHEMA)
  const select = database.prepare('select value, expires, used from pages_1 where key = ?')
  const touch = database.prepare('update pages_1 set used = ? where key = ?')
  const upsert = database.prepare(`
    insert into pages_1 (key, used, expires, value) values (?, ?, ?, ?)
    on conflict (key) do update set used = excluded.used, expires = excluded.expires, value = excluded.value`)
  const selectKeys = database.prepare('select key from pages_1')
  const remove = database.prepare('delete from pages_1 where key = ?')
  const evict = database.prepare(`
    delete from pages_1 where id in (select id from pages_1 order by used limit ${EVICTED_AT_ONCE})`)
  // Known to SQLite without counting, and true for all processes that share the file.
  const usedBytes = database.prepare(`
    select (page_count - freelist_count) * page_size as bytes
    from pragma_page_count, pragma_freelist_count, pragma_page_size`)

  return {
    get capabilities() {
      return keyvStorageCapability(this)
    },
    async get(key) {
      const row = select.get(key)
      if (row === undefined) return undefined
      if (Math.abs(now() - numberIn(row, 'used')) > USE_RESOLUTION_MS) {
        try {
          touch.run(now(), key)
        } catch {
          // A page that cannot be marked as used (read-only disk, locked) is still a page.
        }
      }
      const value = bytesIn(row, 'value')
      return row['expires'] === null ? { value } : { value, expires: numberIn(row, 'expires') }
    },
    async set(key, envelope, expires) {
      upsert.run(key, now(), expires ?? null, valueIn(envelope))
      while (numberIn(usedBytes.get(), 'bytes') > maxBytes && evict.run().changes !== 0) await setImmediate()
      return true
    },
    async delete(key) {
      return remove.run(key).changes !== 0
    },
    async has(key) {
      return select.get(key) !== undefined
    },
    keys: () => selectKeys.all().map(({ key }) => String(key)),
    async clear() {
      database.exec('delete from pages_1')
    },
    async disconnect() {
      if (database.isOpen) database.close()
    },
  }
}

function valueIn(envelope: unknown): Uint8Array {
  if (
    typeof envelope === 'object' &&
    envelope !== null &&
    'value' in envelope &&
    envelope.value instanceof Uint8Array
  ) {
    return envelope.value
  }
  throw new TypeError('Only bytes can be kept: use a Keyv with serialization: false, and give it a Buffer')
}
