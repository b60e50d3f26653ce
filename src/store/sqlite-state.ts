/** The state in an embedded database that several processes share: facts are on disk before the method returns. */
import { mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import type { ProjectName } from '../simple/name.ts'
import { keepLearned } from './sqlite-learned.ts'
import { nameListFrom, withoutName } from '../simple/name-list.ts'
import { bytesIn, isCorruption, numberIn, openDatabase, patiently, textIn, transaction } from './sqlite.ts'
import { checkIntegrity, ensureSchema, missingState, refuseForeign, unreadableState } from './state-schema.ts'
import { type Delivery, type KnownList, type State, StateError } from './state.ts'

export interface StateOptions {
  /** false: a state that is not there is an error, since somebody may miss it. */
  readonly create: boolean
  /** Ms since the epoch. */
  readonly now?: () => number
}

const FILE = 'state.sqlite'

/** How long a change by another process may leave the generation as it was: looking costs a warm request a tenth. */
const LOOK_EVERY_MS = 1

/** Facts are worth waiting for. */
const BUSY_MS = 500

/**
 * The state in `folder`.
 * @throws StateError when it is missing (and `create` is false), damaged, or written by a newer version
 */
export function openState(folder: string, { create, now = Date.now }: StateOptions): State {
  const path = join(folder, FILE)
  let database: DatabaseSync | undefined
  try {
    if (create) mkdirSync(folder, { recursive: true, mode: 0o700 })
    else if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) === 0) throw missingState(path)
    const refuse = (unknown: DatabaseSync) => refuseForeign(unknown, path)
    database = openDatabase(path, { synchronous: 'full', busyMs: BUSY_MS, refuse })
    const opened = database
    return patiently(() => {
      checkIntegrity(opened, path)
      ensureSchema(opened, path, { create })
      return stateOver(opened, path, now)
    })
  } catch (error) {
    database?.close()
    throw error instanceof StateError ? error : unreadableState(path, error)
  }
}

function stateOver(database: DatabaseSync, path: string, now: () => number): State {
  const foreignChanges = database.prepare('pragma data_version')
  const revision = database.prepare('select value from revision')
  const grow = database.prepare('update revision set value = value + 1 returning value')
  const allOwners = database.prepare('select upstream from owners group by upstream order by min(id)')
  const addOwner = database.prepare('insert or ignore into owners (project, upstream, since) values (?, ?, ?)')
  const ownersOfProject = database.prepare('select upstream from owners where project = ? order by id')
  const dropOwners = database.prepare('delete from owners where project = ?')
  const list = database.prepare('select version, checked_at from lists where upstream = ?')
  const listedUpstreams = database.prepare('select upstream from lists order by upstream')
  const listNames = database.prepare('select names from lists where upstream = ?')
  const putList = database.prepare(
    'insert or replace into lists (upstream, names, version, checked_at) values (?, ?, ?, ?)',
  )
  const replaceNames = database.prepare('update lists set names = ?, version = version + 1 where upstream = ?')
  const confirmList = database.prepare('update lists set checked_at = ? where upstream = ?')
  const servedFiles = database.prepare(
    'select filename, sha256 from served where project = ? and upstream = ? order by id',
  )
  const isServed = database.prepare(
    'select 1 from served where project = ? and upstream = ? and filename = ? and sha256 = ?',
  )
  const servedBefore = database.prepare(
    'select 1 from served where project = ? and upstream = ? and filename = ? limit 1',
  )
  const addServed = database.prepare(
    'insert or ignore into served (project, upstream, filename, sha256, since) values (?, ?, ?, ?, ?)',
  )

  const seenFiles = database.prepare('select filename, at from seen where project = ? and upstream = ?')
  const addSeen = database.prepare('insert or ignore into seen (project, upstream, filename, at) values (?, ?, ?, ?)')

  const learned = keepLearned(database)

  const refreshed = database.prepare('select at from refreshed where project = ?')
  const putRefreshed = database.prepare('insert or replace into refreshed (project, at) values (?, ?)')

  // Facts are read where they are asked for and never held, so that those of another process bind this one at once.
  let knownRevision = numberIn(revision.get(), 'value')
  let knownForeignChanges: number | undefined
  let lookedAt = 0
  const lists = new Map<string, { readonly version: number; readonly list: KnownList }>()

  /** Whether another process changed facts. */
  function look(): void {
    // The distance, not the difference: a clock that was set back must not blind us.
    if (knownForeignChanges !== undefined && Math.abs(now() - lookedAt) < LOOK_EVERY_MS) return
    lookedAt = now()
    const changes = numberIn(foreignChanges.get(), 'data_version')
    if (changes === knownForeignChanges) return
    knownRevision = numberIn(revision.get(), 'value')
    knownForeignChanges = changes
  }

  function reading<Result>(read: () => Result): Result {
    try {
      return read()
    } catch (error) {
      throw unreadableState(path, error)
    }
  }

  /** `change` says whether answers follow from it. */
  function writing(change: () => boolean): void {
    try {
      // Not before it is committed: a number that was never given would hide the change that is given it.
      knownRevision = transaction(database, () => (change() ? numberIn(grow.get(), 'value') : knownRevision))
    } catch (error) {
      if (isCorruption(error)) throw unreadableState(path, error)
      const why = error instanceof Error ? error.message : String(error)
      throw new StateError('unwritable', `Cannot write to the state at "${path}" (${why})`, { cause: error })
    }
  }

  const upstreamsIn = (rows: ReturnType<typeof allOwners.all>) => rows.map((row) => textIn(row, 'upstream'))
  const ownersOf = (project: string) => upstreamsIn(ownersOfProject.all(project))

  return {
    ownersOf: (project) => reading(() => ownersOf(project)),
    own(upstream, project) {
      if (reading(() => ownersOf(project)).includes(upstream)) return
      writing(() => addOwner.run(project, upstream, now()).changes !== 0)
    },
    forget(project) {
      const held = new Set<string>()
      writing(() => {
        for (const upstream of ownersOf(project)) held.add(upstream)
        dropOwners.run(project)
        for (const upstream of upstreamsIn(listedUpstreams.all())) {
          const names = namesOf(upstream)
          if (!names.has(project)) continue
          held.add(upstream)
          replaceNames.run(withoutName(names, project).bytes, upstream)
        }
        return held.size > 0
      })
      return [...held]
    },
    owners: () => reading(() => upstreamsIn(allOwners.all())),
    listed: () => reading(() => upstreamsIn(listedUpstreams.all())),
    listOf: (upstream) =>
      reading(() => {
        const row = list.get(upstream)
        if (row === undefined) return undefined
        const version = numberIn(row, 'version')
        const checkedAt = numberIn(row, 'checked_at')
        const held = lists.get(upstream)
        if (held?.version === version && held.list.checkedAt === checkedAt) return held.list
        const names = held?.version === version ? held.list.names : namesOf(upstream)
        const fresh = { names, checkedAt }
        lists.set(upstream, { version, list: fresh })
        return fresh
      }),
    keepList(upstream, { names, checkedAt }) {
      writing(() => {
        const kept = list.get(upstream)
        if (kept !== undefined) {
          // Another process may have read it later than we did, but nobody in the future: the clock was set back.
          const keptAt = numberIn(kept, 'checked_at')
          if (keptAt > checkedAt && keptAt <= now() && checkedAt !== 0) return false
          if (namesOf(upstream).bytes.equals(names.bytes)) {
            confirmList.run(checkedAt, upstream)
            return false
          }
        }
        putList.run(upstream, names.bytes, kept === undefined ? 1 : numberIn(kept, 'version') + 1, checkedAt)
        return true
      })
    },
    servedHashes: (upstream, project) =>
      reading(() => {
        const files = new Map<string, string[]>()
        for (const row of servedFiles.iterate(project, upstream)) {
          const filename = textIn(row, 'filename')
          const hashes = files.get(filename)
          if (hashes === undefined) files.set(filename, [textIn(row, 'sha256')])
          else hashes.push(textIn(row, 'sha256'))
        }
        return files
      }),
    served: (upstream, project, filename, sha256) => servedAll([{ upstream, project, filename, sha256 }]),
    servedAll,
    learn(findings) {
      if (!reading(() => findings.some(learned.isNews))) return
      writing(() => {
        let isNew = false
        for (const finding of findings) {
          const { upstream, project, filename, content, sha256 } = finding
          if (learned.learn(finding)) isNew = true
          const isPassed = content === '' && sha256 !== undefined
          if (isPassed && servedBefore.get(project, upstream, filename) === undefined)
            addServed.run(project, upstream, filename, sha256, now())
        }
        return isNew
      })
    },
    learned: (upstream, project) => reading(() => learned.of(upstream, project)),
    publish(upstream, project, filenames) {
      writing(() => {
        for (const filename of filenames) learned.publish(upstream, project, filename)
        return false
      })
    },
    accept(upstream, project, filename, sha256) {
      writing(() => {
        const isKnown = learned.accept(upstream, project, filename, sha256)
        return addServed.run(project, upstream, filename, sha256, now()).changes !== 0 || isKnown
      })
    },
    see(upstream, project, filenames, at) {
      const known = reading(() => firstSeen(upstream, project))
      if (known.size > 0 && filenames.every((filename) => known.has(filename))) return
      writing(() => {
        // Once more: another process may have been first.
        const isFirst = firstSeen(upstream, project).size === 0
        // Of a page without files it is remembered that there was one.
        for (const filename of ['', ...filenames]) addSeen.run(project, upstream, filename, isFirst ? 0 : at)
        return false
      })
    },
    firstSeen: (upstream, project) => reading(() => firstSeen(upstream, project)),
    refresh(project, at) {
      writing(() => putRefreshed.run(project, at).changes !== 0)
    },
    refreshedAt: (project) =>
      reading(() => {
        const row = refreshed.get(project)
        return row && numberIn(row, 'at')
      }),
    generation: () =>
      reading(() => {
        look()
        return knownRevision
      }),
    close() {
      if (database.isOpen) database.close()
    },
  }

  function firstSeen(upstream: string, project: ProjectName): Map<string, number> {
    const rows = seenFiles.all(project, upstream)
    return new Map(rows.map((row) => [textIn(row, 'filename'), numberIn(row, 'at')]))
  }

  function servedAll(deliveries: readonly Delivery[]): void {
    const unknown = reading(() =>
      deliveries.filter(
        ({ upstream, project, filename, sha256 }) => isServed.get(project, upstream, filename, sha256) === undefined,
      ),
    )
    if (unknown.length === 0) return
    writing(() => {
      let isOther = false
      for (const { upstream, project, filename, sha256 } of unknown) {
        if (isServed.get(project, upstream, filename, sha256) !== undefined) continue
        if (servedBefore.get(project, upstream, filename) !== undefined) isOther = true
        else addServed.run(project, upstream, filename, sha256, now())
      }
      return isOther
    })
  }

  function namesOf(upstream: string) {
    const row = listNames.get(upstream)
    return nameListFrom(row === undefined ? Buffer.alloc(0) : bytesIn(row, 'names'))
  }
}
