import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { spawnSync } from 'node:child_process'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { openDiskFileStore } from '../../src/store/disk-file-store.ts'
import type { FileKey } from '../../src/store/file-store.ts'
import { bytesOf, contentOf, describeFileStore, keep, keyOf } from '../contracts/file-store-contract.ts'
import { recordedReports } from './recorded-reports.ts'
import { makeReadOnly, mayMount, temporaryDisk, temporaryFolder } from './temporary-folder.ts'

const WHEEL = Buffer.from('PK\u0003\u0004 the bytes of a wheel')
const HOUR = 60 * 60_000

/** Where the store in `folder` has the file. */
function pathOf(folder: string, { sha256, scope }: FileKey): string {
  const under = scope === undefined ? 'sha256' : join('private', scope)
  return join(folder, under, sha256.slice(0, 2), sha256.slice(2))
}

/** Every stored file below `folder`. */
function storedIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}

/** A draft that a process left behind when it ended. */
function leaveDraft(folder: string, owner: string): string {
  const path = join(folder, 'drafts', `${owner}.left`)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, 'half of a wheel')
  return path
}

describeFileStore('the disk', () => openDiskFileStore(temporaryFolder()))

describeFileStore('the disk where another process wrote the files', async () => {
  const folder = temporaryFolder()
  const writer = await openDiskFileStore(folder)
  return { ...(await openDiskFileStore(folder)), create: () => writer.create() }
})

describeFileStore('the disk that proves files while they are read', async () => {
  const folder = temporaryFolder()
  const writer = await openDiskFileStore(folder)
  return { ...(await openDiskFileStore(folder, { maxBytesToProveFirst: -1 })), create: () => writer.create() }
})

test('files are there again after a restart, those of a private upstream under it', async () => {
  const folder = temporaryFolder()
  const first = await openDiskFileStore(folder)
  const open = await keep(first, WHEEL)
  const hidden = await keep(first, Buffer.from('secret'), 'corp')
  const second = await openDiskFileStore(folder)
  expect(await contentOf(second, open)).toEqual(WHEEL)
  expect(await contentOf(second, hidden)).toEqual(Buffer.from('secret'))
  expect(storedIn(folder).toSorted()).toEqual([pathOf(folder, hidden), pathOf(folder, open)].toSorted())
})

test('nobody else on the machine can read files or drafts', async () => {
  const folder = join(temporaryFolder(), 'files')
  const store = await openDiskFileStore(folder)
  const key = await keep(store, WHEEL, 'corp')
  const draft = await store.create()
  for (const path of storedIn(folder)) expect(statSync(path).mode & 0o777).toBe(0o600)
  for (let path = dirname(pathOf(folder, key)); path !== dirname(folder); path = dirname(path)) {
    expect(statSync(path).mode & 0o777).toBe(0o700)
  }
  await draft.discard()
  expect(storedIn(folder)).toEqual([pathOf(folder, key)])
})

test('any flipped bit is noticed at the first use in a process, and the file is gone', async () => {
  const folder = temporaryFolder()
  const bytes = Buffer.alloc(5000, 'wheel')
  await fc.assert(
    fc.asyncProperty(fc.nat(bytes.length * 8 - 1), async (bit) => {
      const key = await keep(await openDiskFileStore(folder), bytes)
      const flipped = Buffer.from(bytes)
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      writeFileSync(pathOf(folder, key), flipped)
      const { report, events } = recordedReports()
      const store = await openDiskFileStore(folder, { report })
      expect(await store.find(key)).toBeUndefined()
      expect(existsSync(pathOf(folder, key))).toBe(false)
      expect(events()).toEqual(['store_corrupt'])
    }),
    { numRuns: 25 },
  )
})

test('a file that was cut, grew or was written over under us is not found', async () => {
  const folder = temporaryFolder()
  const store = await openDiskFileStore(folder)
  const damages = [
    (path: string) => truncateSync(path, 3),
    (path: string) => writeFileSync(path, Buffer.concat([WHEEL, WHEEL])),
    (path: string) => writeFileSync(path, ''),
  ]
  for (const damage of damages) {
    const key = await keep(store, WHEEL)
    expect(await contentOf(store, key)).toEqual(WHEEL)
    damage(pathOf(folder, key))
    expect(await store.find(key)).toBeUndefined()
  }
})

describe('a large file that was not proved yet', () => {
  const bytes = Buffer.alloc(1_000_000, 'large')
  const key = keyOf(bytes)

  /** A store that finds it without having read it; `at`: the byte that is wrong. */
  async function stored(at?: number) {
    const folder = temporaryFolder()
    await keep(await openDiskFileStore(folder), bytes)
    if (at !== undefined) writeFileSync(pathOf(folder, key), Buffer.from(bytes).fill('!', at, at + 1))
    const { report, events } = recordedReports()
    const store = await openDiskFileStore(folder, { report, maxBytesToProveFirst: 1000 })
    const file = await store.find(key)
    if (file === undefined) throw new Error('it was not found')
    return { folder, store, file, events }
  }

  test('is given whole when it is right', async () => {
    const { file, events } = await stored()
    expect(await bytesOf(file.read(0, file.size))).toEqual(bytes)
    expect(await bytesOf(file.read(10, 20))).toEqual(bytes.subarray(10, 20))
    expect(events()).toEqual([])
  })

  test.each([0, 500_000, 999_999])('never ends well when byte %d is wrong, and is gone then', async (at) => {
    const { folder, store, file, events } = await stored(at)
    let given = 0
    const reading = (async () => {
      for await (const chunk of file.read(0, file.size)) given += chunk.length
    })()
    await expect(reading).rejects.toThrow(key.sha256)
    expect(given).toBeLessThanOrEqual(bytes.length - 256 * 1024)
    expect(events()).toEqual(['store_corrupt'])
    expect(existsSync(pathOf(folder, key))).toBe(false)
    expect(await store.find(key)).toBeUndefined()
  })

  test('gives not one byte of a range when a byte elsewhere is wrong', async () => {
    const { file, events } = await stored(999_999)
    await expect(file.read(0, 10).next()).rejects.toThrow(key.sha256)
    expect(events()).toEqual(['store_corrupt'])
  })
})

test.skipIf(process.platform !== 'linux')('a reader that leaves does not keep the file open', async () => {
  const folder = temporaryFolder()
  const store = await openDiskFileStore(folder)
  const bytes = Buffer.alloc(1_000_000)
  const key = await keep(store, bytes)
  const chunks = (await store.find(key))?.read(0, bytes.length)
  await chunks?.next()
  const isOpen = () =>
    readdirSync('/proc/self/fd').some((fd) => {
      const path = join('/proc/self/fd', fd)
      return existsSync(path) && statSync(path).ino === statSync(pathOf(folder, key)).ino
    })
  expect(isOpen()).toBe(true)
  await chunks?.return()
  expect(isOpen()).toBe(false)
})

test('a range outside the file is a mistake of the caller', async () => {
  const store = await openDiskFileStore(temporaryFolder())
  const file = await store.find(await keep(store, WHEEL))
  expect(() => file?.read(0, WHEEL.length + 1)).toThrow(RangeError)
  expect(() => file?.read(5, 4)).toThrow(RangeError)
  expect(() => file?.read(-1, 4)).toThrow(RangeError)
  expect(() => file?.read(Number.NaN, 4)).toThrow(RangeError)
})

test('a symbolic link in the place of a file is not followed', async () => {
  const folder = temporaryFolder()
  const store = await openDiskFileStore(folder)
  const elsewhere = join(folder, 'elsewhere')
  writeFileSync(elsewhere, WHEEL)
  const path = pathOf(folder, keyOf(WHEEL))
  mkdirSync(dirname(path), { recursive: true })
  symlinkSync(elsewhere, path)
  expect(await store.find(keyOf(WHEEL))).toBeUndefined()
  await keep(store, Buffer.from(WHEEL))
  expect(lstatSync(path).isSymbolicLink()).toBe(false)
  expect(readFileSync(elsewhere)).toEqual(WHEEL)
})

test('the files that were not used for longest make room, down to nine tenths of the bound', async () => {
  const clock = { now: Date.now() }
  const folder = temporaryFolder()
  const { report, all } = recordedReports()
  const store = await openDiskFileStore(folder, { maxBytes: 10_000, report, now: () => clock.now })
  const keys: FileKey[] = []
  for (let at = 0; at < 10; at += 1) {
    const key = await keep(store, Buffer.alloc(1000, at), at % 2 === 0 ? 'corp' : undefined)
    const usedAt = (clock.now - (100 - at) * HOUR) / 1000
    utimesSync(pathOf(folder, key), usedAt, usedAt)
    keys.push(key)
  }
  await store.find(keys[0] ?? keyOf(WHEEL))
  await store.sweep()
  expect(storedIn(folder).length).toBe(10)
  await keep(store, Buffer.alloc(1000, 'new'))
  await store.sweep()
  const kept = keys.filter((key) => existsSync(pathOf(folder, key)))
  expect(kept).toEqual([keys[0], ...keys.slice(3)])
  expect(all.filter(({ event }) => event === 'files_swept').map(({ fields }) => fields)).toEqual([
    { removed: 2, bytes: 9000 },
  ])
})

test('a commit that exceeds the bound causes a sweep', async () => {
  const folder = temporaryFolder()
  const { promise, resolve } = Promise.withResolvers<void>()
  const store = await openDiskFileStore(folder, {
    maxBytes: 5000,
    report: (_, event) => {
      if (event === 'files_swept') resolve()
    },
  })
  for (let at = 0; at < 6; at += 1) await keep(store, Buffer.alloc(1000, at))
  await promise
  expect(storedIn(folder).length).toBeLessThanOrEqual(5)
})

test('where somebody is told what is stored, the store leaves the sweeping to them', async () => {
  const folder = temporaryFolder()
  const told: number[] = []
  const { report, events } = recordedReports()
  const store = await openDiskFileStore(folder, { maxBytes: 5000, report, onStored: (bytes) => told.push(bytes) })
  for (let at = 0; at < 6; at += 1) await keep(store, Buffer.alloc(1000 + at, at))
  expect(told).toEqual([1000, 1001, 1002, 1003, 1004, 1005])
  expect([storedIn(folder).length, events()]).toEqual([6, []])
  await store.sweep()
  expect(events()).toEqual(['files_swept'])
})

test('what is not ours is neither counted nor removed', async () => {
  const folder = temporaryFolder()
  const store = await openDiskFileStore(folder, { maxBytes: 0 })
  const key = await keep(store, WHEEL)
  const notes = [join(folder, 'notes.txt'), join(dirname(pathOf(folder, key)), 'notes.txt')]
  for (const path of notes) writeFileSync(path, 'x')
  await store.sweep()
  await store.sweep()
  expect(storedIn(folder).toSorted()).toEqual(notes.toSorted())
})

test('a use is remembered, once an hour, and does not make a file suspect', async () => {
  const clock = { now: Date.now() }
  const folder = temporaryFolder()
  const { report, events } = recordedReports()
  const store = await openDiskFileStore(folder, { now: () => clock.now, report })
  const key = await keep(store, WHEEL)
  clock.now += 2 * HOUR
  expect(await contentOf(store, key)).toEqual(WHEEL)
  const usedAt = statSync(pathOf(folder, key)).mtimeMs
  expect(usedAt).toBe(Math.floor(clock.now / 1000) * 1000)
  clock.now += HOUR / 2
  expect(await contentOf(store, key)).toEqual(WHEEL)
  expect(statSync(pathOf(folder, key)).mtimeMs).toBe(usedAt)
  expect(events()).toEqual([])
})

test('drafts of processes that are gone are removed behind the start, those of living ones stay', async () => {
  const folder = temporaryFolder()
  const running = await openDiskFileStore(folder)
  const draft = await running.create()
  const dead = spawnSync('true').pid
  const left = [
    leaveDraft(folder, `${dead}.17`),
    leaveDraft(folder, `${process.pid}.17`),
    leaveDraft(folder, 'nonsense'),
  ]
  const { report, all } = recordedReports()
  await openDiskFileStore(folder, { report })
  await expect.poll(() => all).toEqual([{ level: 'info', event: 'drafts_removed', fields: { removed: 3 } }])
  expect(left.filter((path) => existsSync(path))).toEqual([])
  await draft.write(WHEEL)
  await draft.commit(keyOf(WHEEL))
  await draft.close()
  expect(await contentOf(running, keyOf(WHEEL))).toEqual(WHEEL)
})

test('a draft of a living process that is a day old was left by another life of its number', async () => {
  const folder = temporaryFolder()
  const young = leaveDraft(folder, `${process.ppid}.17`)
  const old = join(folder, 'drafts', `${process.ppid}.17.old`)
  writeFileSync(old, '')
  utimesSync(old, 0, 0)
  await openDiskFileStore(folder)
  await expect.poll(() => existsSync(old)).toBe(false)
  expect(existsSync(young)).toBe(true)
})

test('a folder that was deleted while the store is open is made again', async () => {
  const folder = join(temporaryFolder(), 'files')
  const store = await openDiskFileStore(folder)
  const key = await keep(store, WHEEL)
  rmSync(folder, { recursive: true })
  expect(await store.find(key)).toBeUndefined()
  await keep(store, WHEEL)
  expect(await contentOf(store, key)).toEqual(WHEEL)
})

test('a folder that cannot be used is said, and the store then has nothing and takes nothing', async () => {
  const folder = join(temporaryFolder(), 'file')
  writeFileSync(folder, '')
  const { report, events } = recordedReports()
  const store = await openDiskFileStore(folder, { report })
  expect(await store.find(keyOf(WHEEL))).toBeUndefined()
  await expect(store.create()).rejects.toMatchObject({ code: 'ENOTDIR' })
  await store.sweep()
  expect(events()).toEqual(['cache_unavailable'])
})

test('a draft whose write failed cannot be committed', async () => {
  const folder = temporaryFolder()
  const store = await openDiskFileStore(folder)
  const draft = await store.create()
  await draft.write(WHEEL)
  // What somebody else did to the draft shows in its length.
  for (const path of storedIn(folder)) truncateSync(path, 1)
  await expect(draft.commit(keyOf(WHEEL))).rejects.toThrow('bytes')
  await expect(draft.commit(keyOf(WHEEL))).rejects.toThrow('could not be written')
  await draft.discard()
  expect(storedIn(folder)).toEqual([])
})

test('a file that can be found but not read is a miss, and stays', async () => {
  const folder = temporaryFolder()
  const key = await keep(await openDiskFileStore(folder), WHEEL)
  const path = pathOf(folder, key)
  rmSync(path)
  mkdirSync(path)
  expect(await (await openDiskFileStore(folder)).find(key)).toBeUndefined()
  expect(existsSync(path)).toBe(true)
})

describe.skipIf(!mayMount())('on a disk of its own', () => {
  test('a full disk is an error of the draft, and nothing partial stays', async () => {
    const disk = temporaryDisk(256 * 1024)
    const store = await openDiskFileStore(disk)
    const small = await keep(store, WHEEL)
    const draft = await store.create()
    const large = Buffer.alloc(512 * 1024, 'x')
    await expect(draft.write(large)).rejects.toMatchObject({ code: 'ENOSPC' })
    await expect(draft.commit(keyOf(large))).rejects.toThrow('could not be written')
    await draft.discard()
    expect(storedIn(disk)).toEqual([pathOf(disk, small)])
    const again = Buffer.alloc(64 * 1024, 'y')
    expect(await contentOf(store, await keep(store, again))).toEqual(again)
  })

  test('a read-only disk still gives what it has, and takes nothing', async () => {
    const disk = temporaryDisk(256 * 1024)
    const clock = { now: Date.now() }
    const key = await keep(await openDiskFileStore(disk), WHEEL)
    makeReadOnly(disk)
    clock.now += 2 * HOUR
    const { report, events } = recordedReports()
    const store = await openDiskFileStore(disk, { report, now: () => clock.now })
    expect(await contentOf(store, key)).toEqual(WHEEL)
    await expect(store.create()).rejects.toMatchObject({ code: 'EROFS' })
    expect(events()).toEqual(['store_failed'])
  })

  test('a wrong file that cannot be removed is not given all the same', async () => {
    const disk = temporaryDisk(256 * 1024)
    const key = await keep(await openDiskFileStore(disk), WHEEL)
    writeFileSync(pathOf(disk, key), Buffer.alloc(WHEEL.length))
    makeReadOnly(disk)
    const store = await openDiskFileStore(disk)
    expect(await store.find(key)).toBeUndefined()
    expect(await store.find(key)).toBeUndefined()
  })
})
