import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, onTestFinished, test } from 'vitest'
import { nameList } from '../../src/simple/name-list.ts'
import { openState } from '../../src/store/sqlite-state.ts'
import { type State, StateError, type StateProblem } from '../../src/store/state.ts'
import { describeState, project } from '../contracts/state-contract.ts'
import { makeReadOnly, mayMount, temporaryDisk, temporaryFolder } from './temporary-folder.ts'

const NAME = project('secret-tool')

/** Opens the state in `folder` for this test; `clock.now` is its time. */
function open(folder: string, clock = { now: 1 }): State {
  const state = openState(folder, { create: true, now: () => clock.now })
  onTestFinished(() => state.close())
  return state
}

function problemOf(work: () => unknown): StateProblem | undefined {
  try {
    work()
  } catch (error) {
    if (error instanceof StateError) return error.problem
    throw error
  }
  return undefined
}

describeState('the database', () => open(temporaryFolder(), { now: 10_000 }))

test('facts are there again after a restart', () => {
  const folder = temporaryFolder()
  const first = open(folder)
  first.own('corp', NAME)
  first.keepList('corp', { names: nameList([NAME]), checkedAt: 7 })
  first.served('corp', NAME, 'a.whl', 'a'.repeat(64))
  const generation = first.generation()
  first.close()
  const second = openState(folder, { create: false })
  onTestFinished(() => second.close())
  expect(second.ownersOf(NAME)).toEqual(['corp'])
  expect(second.listOf('corp')?.names.has(NAME)).toBe(true)
  expect([...second.servedHashes('corp', NAME)]).toEqual([['a.whl', ['a'.repeat(64)]]])
  expect(second.generation()).toBe(generation)
})

test('a fact of another process binds this one as soon as it is written', () => {
  const folder = temporaryFolder()
  const mine = open(folder)
  const other = open(folder)
  expect([mine.ownersOf(NAME), mine.owners(), mine.listOf('corp'), mine.refreshedAt(NAME)]).toEqual([
    [],
    [],
    undefined,
    undefined,
  ])
  other.own('corp', NAME)
  other.keepList('corp', { names: nameList([NAME]), checkedAt: 7 })
  other.refresh(NAME, 5)
  other.accept('corp', NAME, 'a.whl', 'a'.repeat(64))
  expect([mine.ownersOf(NAME), mine.owners(), mine.refreshedAt(NAME)]).toEqual([['corp'], ['corp'], 5])
  expect(mine.listOf('corp')?.names.has(NAME)).toBe(true)
  expect(mine.servedHashes('corp', NAME).get('a.whl')).toEqual(['a'.repeat(64)])
  other.forget(NAME)
  expect([mine.ownersOf(NAME), mine.listOf('corp')?.names.has(NAME)]).toEqual([[], false])
})

test('that facts were changed by another process is noticed with the next millisecond', () => {
  const folder = temporaryFolder()
  const clock = { now: 1000 }
  const mine = open(folder, clock)
  const other = open(folder)
  const before = mine.generation()
  other.own('corp', NAME)
  other.keepList('corp', { names: nameList([NAME]), checkedAt: 7 })
  clock.now += 1
  expect(mine.ownersOf(NAME)).toEqual(['corp'])
  expect(mine.listOf('corp')?.names.has(NAME)).toBe(true)
  expect(mine.generation()).toBeGreaterThan(before)
  const after = mine.generation()
  other.forget(NAME)
  clock.now += 1
  expect(mine.generation()).toBeGreaterThan(after)
})

test('a change by another process is noticed although the clock was set back', () => {
  const folder = temporaryFolder()
  const clock = { now: 1_000_000 }
  const mine = open(folder, clock)
  const before = mine.generation()
  open(folder).own('corp', NAME)
  clock.now = 1000
  expect(mine.generation()).toBeGreaterThan(before)
})

test('nothing of another process is overlooked when both write at once', () => {
  const folder = temporaryFolder()
  const mine = open(folder)
  const other = open(folder)
  other.own('corp', NAME)
  mine.own('zeta', project('mine'))
  expect(mine.ownersOf(NAME)).toEqual(['corp'])
  expect(mine.ownersOf(project('mine'))).toEqual(['zeta'])
})

test('deliveries in another process do not make everything old', () => {
  const folder = temporaryFolder()
  const clock = { now: 1000 }
  const mine = open(folder, clock)
  const before = mine.generation()
  open(folder).served('pypi', NAME, 'a.whl', 'a'.repeat(64))
  clock.now += 500
  expect(mine.generation()).toBe(before)
  expect(mine.servedHashes('pypi', NAME).get('a.whl')).toEqual(['a'.repeat(64)])
})

test('a state that is not there is missing, unless it may be made', () => {
  const folder = join(temporaryFolder(), 'state')
  expect(problemOf(() => openState(folder, { create: false }))).toBe('missing')
  expect(existsSync(folder)).toBe(false)
  open(folder)
  expect(existsSync(join(folder, 'state.sqlite'))).toBe(true)
})

test('an empty file, as a process leaves it that was killed early, counts as missing', () => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'state.sqlite'), '')
  expect(problemOf(() => openState(folder, { create: false }))).toBe('missing')
  open(folder).own('corp', NAME)
})

test('nobody else on the machine can read it', () => {
  const folder = join(temporaryFolder(), 'state')
  open(folder).own('corp', NAME)
  expect(statSync(folder).mode & 0o777).toBe(0o700)
  for (const suffix of ['', '-wal', '-shm']) {
    expect(statSync(join(folder, `state.sqlite${suffix}`)).mode & 0o777).toBe(0o600)
  }
})

test('a state that a newer version wrote is refused and left as it is', () => {
  const folder = temporaryFolder()
  open(folder).close()
  const database = new DatabaseSync(join(folder, 'state.sqlite'))
  database.exec('pragma user_version = 999')
  database.close()
  expect(problemOf(() => openState(folder, { create: true }))).toBe('newer')
  expect(() => openState(folder, { create: true })).toThrow(/state\.sqlite.*newer/)
})

test('a state of the first version is brought up to this one, with all that it knew', () => {
  const folder = temporaryFolder()
  const first = openState(folder, { create: true })
  first.own('corp', NAME)
  first.close()
  const database = new DatabaseSync(join(folder, 'state.sqlite'))
  database.exec('drop table seen; drop table learned; pragma user_version = 1')
  database.close()
  const state = open(folder)
  state.see('corp', NAME, ['a-1'], 5)
  state.learn([{ upstream: 'corp', project: NAME, filename: 'a-1', content: '', size: 7 }])
  expect([state.ownersOf(NAME), state.firstSeen('corp', NAME).get('a-1')]).toEqual([['corp'], 0])
  expect(state.learned('corp', NAME).get(' a-1')).toEqual({ size: 7 })
})

test("somebody else's database is refused", () => {
  const folder = temporaryFolder()
  const database = new DatabaseSync(join(folder, 'state.sqlite'))
  database.exec('create table bookmarks (url)')
  database.close()
  expect(problemOf(() => openState(folder, { create: true }))).toBe('unreadable')
})

test('a file that is no database is refused, never made anew', () => {
  const folder = temporaryFolder()
  const path = join(folder, 'state.sqlite')
  writeFileSync(path, Buffer.alloc(8192, 7))
  expect(problemOf(() => openState(folder, { create: true }))).toBe('unreadable')
  expect(() => openState(folder, { create: true })).toThrow(/--new-state/)
  expect(readFileSync(path)).toEqual(Buffer.alloc(8192, 7))
})

test('a damaged page inside the database is noticed at the start', () => {
  const folder = temporaryFolder()
  const state = open(folder)
  for (let at = 0; at < 60; at += 1) state.served('corp', NAME, `${'file'.repeat(500)}-${at}.whl`, 'a'.repeat(64))
  state.close()
  const path = join(folder, 'state.sqlite')
  const bytes = readFileSync(path)
  bytes.fill(0xff, bytes.length - 16_384 * 2, bytes.length)
  writeFileSync(path, bytes)
  expect(problemOf(() => openState(folder, { create: false }))).toBe('unreadable')
})

test('a folder that is a file is an error that says so', () => {
  const folder = join(temporaryFolder(), 'state')
  writeFileSync(folder, '')
  expect(problemOf(() => openState(folder, { create: true }))).toBe('unreadable')
})

test('a symbolic link in the place of the state is not followed', () => {
  const folder = temporaryFolder()
  const elsewhere = join(folder, 'elsewhere')
  mkdirSync(join(folder, 'state'))
  execFileSync('ln', ['-s', elsewhere, join(folder, 'state', 'state.sqlite')])
  expect(problemOf(() => openState(join(folder, 'state'), { create: true }))).toBe('unreadable')
  expect(existsSync(elsewhere)).toBe(false)
})

describe.skipIf(!mayMount())('on a disk of its own', () => {
  test('a full disk is an error, after which the state is as it was', () => {
    const disk = temporaryDisk(640 * 1024)
    const state = open(disk)
    state.own('corp', NAME)
    writeFileSync(join(disk, 'ballast'), Buffer.alloc(300 * 1024))
    const names = Array.from({ length: 20_000 }, (_, at) => project(`project-${at}`))
    expect(problemOf(() => state.keepList('corp', { names: nameList(names), checkedAt: 1 }))).toBe('unwritable')
    expect(state.listOf('corp')).toBeUndefined()
    expect(state.ownersOf(NAME)).toEqual(['corp'])
  })

  test('a read-only disk is an error at the start', () => {
    const disk = temporaryDisk(1024 * 1024)
    open(disk).close()
    makeReadOnly(disk)
    expect(problemOf(() => openState(disk, { create: true }))).toBe('unreadable')
  })
})
