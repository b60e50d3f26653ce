/** Counts of downloads in a database of their own beside the state: what is lost with it is lost for nobody's packages. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import type { Steps } from '../pace/steps.ts'
import { parseName } from '../simple/name.ts'
import type { Count, CountedFile } from '../stats/count.ts'
import type {
  CountedLog,
  DayOfFile,
  DownloadStats,
  Downloads,
  PeerStanding,
  Span,
  Whose,
} from '../stats/download-stats.ts'
import type { Day } from '../stats/day.ts'
import { numberIn, openDatabase, textIn, transaction } from './sqlite.ts'
import { ensureStatsSchema, refuseForeignStats } from './sqlite-stats-schema.ts'

export const STATS_FILE = 'stats.sqlite'

/** Ids of files and clients that are kept in memory. */
const MAX_IDS = 10_000

const OURS = 0

/** Nobody takes so long to write down a day of a peer, in ms. */
const UNUSED_MS = 60 * 60_000

export interface SqliteStatsOptions {
  /** How long to wait for another process's write, in ms. */
  readonly busyMs: number
}

/** The database in `folder`, made when something is first asked or written: a start does not depend on it. */
export function sqliteStats(folder: string, { busyMs }: SqliteStatsOptions): DownloadStats {
  const path = join(folder, STATS_FILE)
  let opened: ReturnType<typeof open> | undefined

  function open() {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const writing = openDatabase(path, {
      synchronous: 'normal',
      busyMs,
      refuse: (database) => refuseForeignStats(database, path),
    })
    try {
      ensureStatsSchema(writing, path)
      // What is read bit by bit must not see what is written meanwhile.
      const reading = openDatabase(path, { synchronous: 'normal', busyMs })
      return { writing, reading, ids: idsIn(writing) }
    } catch (error) {
      writing.close()
      throw error
    }
  }

  const database = () => (opened ??= open())

  function write<T>(work: (database: DatabaseSync, ids: Ids) => T): T {
    const { writing, ids } = database()
    try {
      return transaction(writing, () => work(writing, ids))
    } catch (error) {
      // Those that were made in it are not there.
      ids.forget()
      throw error
    }
  }

  function addAll(writing: DatabaseSync, ids: Ids, downloads: Iterable<Downloads>): void {
    const add = writing.prepare(ADD)
    for (const { day, file, client, count } of downloads)
      add.run(OURS, numberOf(day), ids.file(file), ids.client(client), count)
  }

  /** What was replaced, or begun by a process that has ended since, a little at a time. */
  function* dropUnused(): Steps<void> {
    const unused = Array.from(
      rows('select id from sources where id not in (select source from peer_days) and at < ?', Date.now() - UNUSED_MS),
      (row) => numberIn(row, 'id'),
    )
    for (const source of unused) {
      while (dropSome(source)) yield
    }
  }

  /** false: nothing is left of it. */
  function dropSome(source: number): boolean {
    return write((writing) => {
      const some = 'select day, file, client from counts where source = ? limit ?'
      const drop = writing.prepare(`delete from counts where source = ? and (day, file, client) in (${some})`)
      if (drop.run(source, source, BATCH).changes !== 0) return true
      writing.prepare('delete from sources where id = ?').run(source)
      return false
    })
  }

  const rows = (sql: string, ...values: (string | number)[]) =>
    database()
      .reading.prepare(sql)
      .iterate(...values)

  return {
    add: (downloads) => write((writing, ids) => addAll(writing, ids, downloads)),

    addLog(log, downloads) {
      write((writing, ids) => {
        addAll(writing, ids, downloads)
        writing
          .prepare('insert into logs (name, start_length, start_sha256, length, sha256) values (?, ?, ?, ?, ?)')
          .run(log.name, log.start.length, log.start.sha256, log.whole.length, log.whole.sha256)
      })
    },

    logs: () =>
      Array.from(
        rows('select name, start_length, start_sha256, length, sha256 from logs order by id'),
        (row): CountedLog => ({
          name: textIn(row, 'name'),
          start: { length: numberIn(row, 'start_length'), sha256: textIn(row, 'start_sha256') },
          whole: { length: numberIn(row, 'length'), sha256: textIn(row, 'sha256') },
        }),
      ),

    firstDay({ peers }) {
      const [row] = rows(
        `select min(day) as day from (
           select min(day) as day from counts where source = ${OURS}
           union all select min(day) from peer_days where peer in (${PEERS}))`,
        JSON.stringify(peers),
      )
      return row && row['day'] !== null ? dayIn(row) : undefined
    },

    *published(span, whose) {
      const nextName = database().reading.prepare(NAME_AFTER)
      const ofNames = database().reading.prepare(COUNTS_OF_NAMES)
      const sources = sourcesOf(whose, span)
      let from = { project: '', filename: '' }
      for (;;) {
        const row = nextName.get(from.project, from.filename)
        const to = row && { project: textIn(row, 'project'), filename: textIn(row, 'filename') }
        const names = [from.project, from.filename, to?.project ?? LAST_NAME, to?.filename ?? LAST_NAME] as const
        const days = [numberOf(span.first), numberOf(span.last)] as const
        for (const found of ofNames.all(...names, ...sources, ...days)) yield countIn(found)
        if (to === undefined) return
        yield
        from = to
      }
    },

    projectsOn(day, whose) {
      const found = rows(
        `select project, sum(count) as count from counts join files on files.id = file
          where source in (${SOURCES}) and day = ? group by project`,
        ...sourcesOf(whose, { first: day, last: day }),
        numberOf(day),
      )
      return mapped(found, (row) => {
        const project = parseName(textIn(row, 'project'))
        return project && { project, count: numberIn(row, 'count') }
      })
    },

    ofProject(project, span, whose) {
      const found = rows(
        `select day, filename, upstream, clients.name as client, sum(count) as count
           from files join counts on counts.file = files.id join clients on clients.id = client
          where project = ? and day between ? and ? and source in (${SOURCES})
          group by day, filename, upstream, clients.name order by day, filename, upstream, clients.name`,
        project,
        numberOf(span.first),
        numberOf(span.last),
        ...sourcesOf(whose, span),
      )
      return mapped(found, (row): DayOfFile => ({
        day: dayIn(row),
        filename: textIn(row, 'filename'),
        upstream: textIn(row, 'upstream'),
        client: textIn(row, 'client'),
        count: numberIn(row, 'count'),
      }))
    },

    identity() {
      const [row] = rows('select id from identity')
      return row === undefined ? '' : textIn(row, 'id')
    },

    *setPeerDay(peer, { day, etag, counts }) {
      const source = write((writing) =>
        Number(writing.prepare('insert into sources (at) values (?)').run(Date.now()).lastInsertRowid),
      )
      for (const some of inBatches(counts)) {
        write((writing, ids) => {
          const add = writing.prepare(ADD)
          for (const { project, filename, client, count } of some) {
            const file = ids.file({ project, filename, upstream: '', isPrivate: false })
            add.run(source, numberOf(day), file, ids.client(client), count)
          }
        })
        yield
      }
      write((writing, ids) =>
        writing
          .prepare('insert or replace into peer_days (peer, day, source, etag) values (?, ?, ?, ?)')
          .run(ids.peer(peer), numberOf(day), source, etag ?? ''),
      )
      yield* dropUnused()
    },

    claimPeer(peer, now, withinMs) {
      return write((writing, ids) => {
        const claim = writing.prepare('update peers set claimed_at = ? where id = ? and claimed_at not between ? and ?')
        return claim.run(now, ids.peer(peer), now - withinMs, now).changes === 1
      })
    },

    peerDays: (peer) =>
      new Map(
        Array.from(
          rows('select day, etag from peer_days join peers on peers.id = peer where name = ? order by day', peer),
          (row) => [dayIn(row), textIn(row, 'etag') || undefined],
        ),
      ),

    setStanding(peer, { at, failure }) {
      write((writing, ids) => {
        const set =
          failure === undefined ? "answered_at = ?, failure = '', failed_at = 0" : 'failed_at = ?, failure = ?'
        writing
          .prepare(`update peers set ${set} where id = ?`)
          .run(...(failure === undefined ? [at] : [at, failure]), ids.peer(peer))
      })
    },

    standing(peer): PeerStanding | undefined {
      const [row] = rows(
        `select answered_at, failed_at, failure, (select count(*) from peer_days where peer = peers.id) as days
           from peers where name = ?`,
        peer,
      )
      if (row === undefined) return undefined
      const [answeredAt, failedAt, failure] = [
        numberIn(row, 'answered_at'),
        numberIn(row, 'failed_at'),
        textIn(row, 'failure'),
      ]
      return {
        ...(answeredAt > 0 && { answeredAt }),
        ...(failure !== '' && { failure, failedAt }),
        days: numberIn(row, 'days'),
      }
    },

    version: () => numberIn(database().reading.prepare('pragma data_version').get(), 'data_version'),

    close() {
      opened?.writing.close()
      opened?.reading.close()
      opened = undefined
    },
  }
}

const ADD =
  'insert into counts (source, day, file, client, count) values (?, ?, ?, ?, ?) on conflict do update set count = count + excluded.count'

/** Files are looked at in the order of their names, so many at a time: sorting all counts of a month would take seconds. */
const FILES_AT_ONCE = 300

/** Behind every name that there is. */
const LAST_NAME = '\u{10ffff}'

const NAME_AFTER = `select project, filename from files where (project, filename) > (?, ?)
  order by project, filename limit 1 offset ${FILES_AT_ONCE - 1}`

/** Peers of which the names stand in a list (JSON). */
const PEERS = 'select id from peers where name in (select value from json_each(?))'

/** Ours, and the days of those peers from one day to another. */
const SOURCES = `select ${OURS} union all select source from peer_days where peer in (${PEERS}) and day between ? and ?`

const COUNTS_OF_NAMES = `select project, filename, clients.name as client, sum(count) as count
  from files cross join counts on counts.file = files.id join clients on clients.id = client
  where (project, filename) > (?, ?) and (project, filename) <= (?, ?) and private = 0
    and source in (${SOURCES}) and day between ? and ?
  group by project, filename, clients.name order by project, filename, clients.name`

function countIn(row: Parameters<typeof textIn>[0]): Count | undefined {
  const project = parseName(textIn(row, 'project'))
  const [filename, client] = [textIn(row, 'filename'), textIn(row, 'client')]
  return project && { project, filename, client, count: numberIn(row, 'count') }
}

function sourcesOf({ peers }: Whose, { first, last }: Span): [peers: string, first: number, last: number] {
  return [JSON.stringify(peers), numberOf(first), numberOf(last)]
}

/** Rows of one write: a few ms. */
const BATCH = 500

function* inBatches<T>(all: Iterable<T>): Generator<readonly T[], void> {
  let batch: T[] = []
  for (const each of all) {
    if (batch.push(each) < BATCH) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}

/** A day as a number that people can read too: 20261124. */
function numberOf(day: Day): number {
  return Number(day.replaceAll('-', ''))
}

function dayIn(row: Parameters<typeof numberIn>[0]): Day {
  const digits = String(numberIn(row, 'day'))
  return `${digits.slice(0, 4)}-${digits.slice(4, 6)}-${digits.slice(6)}`
}

function* mapped<Row, T>(rows: Iterable<Row>, read: (row: Row) => T | undefined): Generator<T, void> {
  for (const row of rows) {
    const value = read(row)
    if (value !== undefined) yield value
  }
}

type Ids = ReturnType<typeof idsIn>

/** Numbers that stand for texts which come again and again. */
function idsIn(database: DatabaseSync) {
  let known = new Map<string, number>()
  const addFile = database.prepare(
    'insert into files (project, filename, upstream, private) values (?, ?, ?, ?) on conflict do nothing',
  )
  const findFile = database.prepare(
    'select id from files where project = ? and filename = ? and upstream = ? and private = ?',
  )
  const tables = {
    clients: named('clients'),
    peers: named('peers'),
  }

  function named(table: 'clients' | 'peers') {
    return {
      add: database.prepare(`insert into ${table} (name) values (?) on conflict do nothing`),
      find: database.prepare(`select id from ${table} where name = ?`),
    }
  }

  function remembered(key: string, look: () => number): number {
    const before = known.get(key)
    if (before !== undefined) return before
    const id = look()
    if (known.size >= MAX_IDS) known = new Map()
    known.set(key, id)
    return id
  }

  function idOf(table: 'clients' | 'peers', name: string): number {
    return remembered(`${table} ${name}`, () => {
      tables[table].add.run(name)
      return numberIn(tables[table].find.get(name), 'id')
    })
  }

  return {
    file: ({ project, filename, upstream, isPrivate }: CountedFile) =>
      remembered(`${project} ${filename} ${upstream} ${isPrivate}`, () => {
        const values = [project, filename, upstream, isPrivate ? 1 : 0] as const
        const found = findFile.get(...values)
        return found === undefined ? Number(addFile.run(...values).lastInsertRowid) : numberIn(found, 'id')
      }),
    client: (name: string) => idOf('clients', name),
    peer: (name: string) => idOf('peers', name),
    forget: () => void (known = new Map()),
  }
}
