import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { promisify } from 'node:util'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { PageKey } from '../../src/store/page-store.ts'
import { type SqlitePageStoreOptions, openSqlitePageStore } from '../../src/store/sqlite-page-store.ts'
import { recordedReports } from './recorded-reports.ts'
import { makeReadOnly, mayMount, temporaryDisk, temporaryFolder } from './temporary-folder.ts'

/** Opens the pages in `folder` for this test. */
function open(folder: string, options: SqlitePageStoreOptions = {}) {
  const store = openSqlitePageStore(folder, options)
  onTestFinished(() => store.close())
  return store
}

function key(page: string): PageKey {
  return { upstream: 'pypi', fingerprint: '5f2c', page }
}

/** A page that does not get smaller when it is compressed. */
function pageOf(bytes: number): string {
  return randomBytes((bytes * 3) / 4).toString('base64')
}

test('pages are there again after a restart', async () => {
  const folder = temporaryFolder()
  const first = open(folder)
  await first.set(key('requests'), { files: [] })
  await first.close()
  expect(await open(folder).get(key('requests'))).toEqual({ files: [] })
})

test('a page that one process keeps is found by another', async () => {
  const folder = temporaryFolder()
  const mine = open(folder)
  await open(folder).set(key('requests'), 1)
  expect(await mine.get(key('requests'))).toBe(1)
})

test('several processes may begin the store at once', async () => {
  const folder = temporaryFolder()
  const script = join(import.meta.dirname, 'page-writer.ts')
  const run = promisify(execFile)
  const runs = await Promise.all(['a', 'b', 'c'].map((name) => run(process.execPath, [script, folder, name])))
  expect(runs.map(({ stdout }) => stdout)).toEqual(['', '', ''])
  const store = open(folder)
  for (const name of ['a', 'b', 'c']) expect(await store.get(key(name))).toBe(name)
})

test('the pages that were not used for longest make room', async () => {
  const clock = { now: 0 }
  const folder = temporaryFolder()
  const store = open(folder, { maxBytes: 4 * 1024 * 1024, now: () => clock.now })
  const names = Array.from({ length: 60 }, (_, at) => `project-${at}`)
  for (const name of names) {
    clock.now += 2 * 60 * 60_000
    await store.set(key(name), pageOf(100_000))
    // Used again and again.
    await store.get(key('project-0'))
  }
  const kept: string[] = []
  for (const name of names) if ((await store.get(key(name))) !== undefined) kept.push(name)
  expect(kept.length).toBeGreaterThan(15)
  expect(kept).toEqual(['project-0', ...names.slice(-kept.length + 1)])
  await store.close()
  expect(statSync(join(folder, 'pages.sqlite')).size).toBeLessThan(5 * 1024 * 1024)
})

test('a page that is larger than the bound is not kept, and others can be afterwards', async () => {
  const store = open(temporaryFolder(), { maxBytes: 1024 * 1024 })
  await store.set(key('large'), pageOf(3_000_000))
  expect(await store.get(key('large'))).toBeUndefined()
  await store.set(key('small'), 1)
  expect(await store.get(key('small'))).toBe(1)
})

test.each(['value', 'empty', 'text'])(
  'a record that is not what was written is a miss, said, and gone: %s',
  async (kind) => {
    const { report, events } = recordedReports()
    const folder = temporaryFolder()
    const store = open(folder, { report })
    await store.set(key('requests'), { files: ['a'] })
    const database = new DatabaseSync(join(folder, 'pages.sqlite'))
    const bytes =
      { value: randomBytes(80), empty: Buffer.alloc(0), text: Buffer.from('{"files":[]}') }[kind] ?? Buffer.alloc(1)
    database.prepare('update pages_1 set value = ?').run(bytes)
    database.close()
    expect(await store.get(key('requests'))).toBeUndefined()
    expect(await store.get(key('requests'))).toBeUndefined()
    expect(events()).toEqual(['store_corrupt'])
  },
)

test('a file that is no database is set aside, said, and begun anew', async () => {
  const { report, all } = recordedReports()
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'pages.sqlite'), Buffer.alloc(8192, 7))
  const store = open(folder, { report, now: () => 1234 })
  await store.set(key('requests'), 1)
  expect(await store.get(key('requests'))).toBe(1)
  expect(all).toEqual([
    { level: 'error', event: 'store_corrupt', fields: { store: 'pages', aside: 'pages.sqlite.corrupt-1234' } },
  ])
  expect(readFileSync(join(folder, 'pages.sqlite.corrupt-1234'))).toEqual(Buffer.alloc(8192, 7))
})

test('of databases that were set aside only the last is kept', async () => {
  const folder = temporaryFolder()
  for (const now of [1, 2, 3]) {
    writeFileSync(join(folder, 'pages.sqlite'), Buffer.alloc(8192, 7))
    await openSqlitePageStore(folder, { now: () => now }).close()
  }
  expect(readdirSync(folder).filter((name) => name.includes('corrupt'))).toEqual(['pages.sqlite.corrupt-3'])
})

test('a database that is damaged while it is open is replaced, and serving goes on', async () => {
  const { report, events } = recordedReports()
  const folder = temporaryFolder()
  const filled = open(folder)
  for (let at = 0; at < 40; at += 1) await filled.set(key(`project-${at}`), pageOf(60_000))
  await filled.close()
  const path = join(folder, 'pages.sqlite')
  const bytes = readFileSync(path)
  // The schema stays readable.
  writeFileSync(path, bytes.fill(0xff, 16_384))
  const store = open(folder, { report })
  expect(await store.get(key('project-1'))).toBeUndefined()
  await store.set(key('requests'), 1)
  expect(await store.get(key('requests'))).toBe(1)
  expect(events()).toContain('store_corrupt')
})

test('a folder that was deleted while the store is open does no harm', async () => {
  const folder = temporaryFolder()
  const store = open(folder)
  await store.set(key('requests'), 1)
  rmSync(folder, { recursive: true })
  await store.set(key('flask'), 2)
  expect(await store.get(key('flask'))).toBe(2)
})

test('where no database can be opened, that is said once and pages are kept in memory', async () => {
  const { report, all } = recordedReports()
  const folder = join(temporaryFolder(), 'file')
  writeFileSync(folder, '')
  const store = open(folder, { report })
  await store.set(key('requests'), 1)
  expect(await store.get(key('requests'))).toBe(1)
  expect(all).toEqual([{ level: 'error', event: 'cache_unavailable', fields: { store: 'pages', code: 'EEXIST' } }])
})

test('a write that fails is said once, however often it happens', async () => {
  const { report, all } = recordedReports()
  const folder = temporaryFolder()
  const store = open(folder, { report, now: () => 1 })
  const other = new DatabaseSync(join(folder, 'pages.sqlite'))
  other.exec('begin immediate')
  for (let at = 0; at < 3; at += 1) await store.set(key('requests'), at)
  other.exec('rollback')
  other.close()
  expect(await store.get(key('requests'))).toBeUndefined()
  expect(all).toEqual([
    {
      level: 'warn',
      event: 'store_failed',
      fields: { store: 'pages', operation: 'storage', code: 'database is locked', repeated: undefined },
    },
  ])
})

test('a closed store misses everything and rejects nothing', async () => {
  const store = open(temporaryFolder())
  await store.close()
  await store.set(key('requests'), 1)
  await store.delete(key('requests'))
  expect(await store.get(key('requests'))).toBeUndefined()
})

describe.skipIf(!mayMount())('on a disk of its own', () => {
  test('a full disk costs pages, and no request', async () => {
    const { report, events } = recordedReports()
    const store = open(temporaryDisk(1024 * 1024), { report })
    await store.set(key('small'), 1)
    await store.set(key('large'), pageOf(2_000_000))
    expect(await store.get(key('large'))).toBeUndefined()
    expect(await store.get(key('small'))).toBe(1)
    expect(events()).toEqual(['store_failed'])
  })

  test('a disk that turns read-only costs new pages, and no request', async () => {
    const { report, events } = recordedReports()
    const disk = temporaryDisk(1024 * 1024)
    await open(disk).close()
    makeReadOnly(disk)
    const store = open(disk, { report })
    await store.set(key('requests'), 1)
    expect(await store.get(key('requests'))).toBe(1)
    expect(events()).toEqual(['cache_unavailable'])
  })
})
