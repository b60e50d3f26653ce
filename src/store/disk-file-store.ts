/** Files in a folder: found by their sha256, proved before they are trusted, bounded in size, shared by processes. */
import type { Stats } from 'node:fs'
import { lstat, mkdir, utimes } from 'node:fs/promises'
import { type Report, silent } from '../log/report.ts'
import { removeDeadDrafts } from './dead-drafts.ts'
import { createDraft } from './disk-draft.ts'
import { diskLayout } from './disk-layout.ts'
import { diskProofs, openStored } from './disk-proofs.ts'
import { readStored } from './disk-read.ts'
import { sweepFiles } from './disk-sweep.ts'
import { codeOf, reportFailures } from './failures.ts'
import type { FileKey, FileStore } from './file-store.ts'
import { isGone, unlinkIfThere } from './vanishing-files.ts'

export interface DiskFileStoreOptions {
  /** Bytes that stored files may take. Default: 20 GB. */
  readonly maxBytes?: number
  /** Larger files are proved while they are read for the first time, not when they are found, so that nobody waits. */
  readonly maxBytesToProveFirst?: number
  /** Told the bytes of each file that is stored. Then the store does not sweep by itself: whoever is told has it done. */
  readonly onStored?: (bytes: number) => void
  /** Told the bytes of all files whenever they were counted, which is done to sweep them. */
  readonly onCounted?: (bytes: number) => void
  readonly report?: Report
  /** Ms since the epoch. */
  readonly now?: () => number
}

/** The time of last use is the file's mtime: access times are switched off on many disks, or moved by backups. */
const USE_RESOLUTION_MS = 60 * 60_000

/**
 * The store in `folder`, which is made where it does not exist. Never rejects: a folder that cannot be used is reported,
 * and the store then finds nothing and takes nothing.
 */
export async function openDiskFileStore(folder: string, options: DiskFileStoreOptions = {}): Promise<FileStore> {
  const { maxBytes = 20e9, maxBytesToProveFirst = 64 * 1024 * 1024, report = silent, now = Date.now } = options
  const layout = diskLayout(folder)
  const proofs = diskProofs()
  const failed = reportFailures(report, 'files', now)
  /** undefined: not counted yet. */
  let storedBytes: number | undefined
  let bytesSinceCount = 0
  let sweeping: Promise<void> | undefined

  try {
    await mkdir(layout.drafts, { recursive: true, mode: 0o700 })
    // Behind the start: a large file takes its time to go.
    sweeping = removeDead()
      .catch((error: unknown) => failed('sweep', error))
      .finally(() => {
        sweeping = undefined
      })
  } catch (error) {
    report('error', 'cache_unavailable', { store: 'files', code: codeOf(error) })
  }

  async function removeDead(): Promise<void> {
    const removed = await removeDeadDrafts(layout.drafts, now())
    if (removed > 0) report('info', 'drafts_removed', { removed })
  }

  async function sweepOnce(): Promise<void> {
    bytesSinceCount = 0
    try {
      await removeDead()
      const { bytes, removed } = await sweepFiles(layout, maxBytes, failed)
      // What came meanwhile may have been counted already: a little too much does no harm.
      storedBytes = bytes + bytesSinceCount
      if (removed > 0) report('info', 'files_swept', { removed, bytes })
      options.onCounted?.(storedBytes)
    } catch (error) {
      failed('sweep', error)
    }
  }

  function sweep(): Promise<void> {
    sweeping ??= sweepOnce().finally(() => {
      sweeping = undefined
    })
    return sweeping
  }

  function committed(path: string, stats: Stats): void {
    proofs.remember(path, stats)
    if (options.onStored !== undefined) {
      options.onStored(stats.size)
      return
    }
    bytesSinceCount += stats.size
    if (storedBytes !== undefined) storedBytes += stats.size
    if (storedBytes === undefined || storedBytes > maxBytes) void sweep()
  }

  /** Never rejects: what cannot be removed is not trusted any more either. */
  async function drop(path: string): Promise<void> {
    proofs.forget(path)
    try {
      await unlinkIfThere(path)
    } catch (error) {
      failed('remove', error)
    }
  }

  async function dropCorrupt(path: string, { sha256, scope }: FileKey): Promise<void> {
    report('warn', 'store_corrupt', { store: 'files', sha256, scope })
    await drop(path)
  }

  async function isProved(path: string, sha256: string): Promise<boolean> {
    const file = await openStored(path)
    try {
      return await proofs.prove(file, sha256)
    } finally {
      await file.handle.close()
    }
  }

  async function touch(path: string, { ino, size, mtimeMs }: Stats): Promise<void> {
    // Every file system gives back whole seconds as they were set.
    const seconds = Math.floor(now() / 1000)
    if (Math.abs(seconds * 1000 - mtimeMs) < USE_RESOLUTION_MS) return
    try {
      await utimes(path, seconds, seconds)
      if (proofs.hold(path, { ino, size, mtimeMs })) proofs.remember(path, { ino, size, mtimeMs: seconds * 1000 })
    } catch (error) {
      failed('touch', error)
    }
  }

  return {
    async find(key) {
      const path = layout.pathOf(key)
      try {
        const stats = await lstat(path)
        if (!stats.isFile()) return undefined
        const { size } = stats
        const isTrusted = proofs.hold(path, stats) || size > maxBytesToProveFirst || (await isProved(path, key.sha256))
        if (!isTrusted) {
          await dropCorrupt(path, key)
          return undefined
        }
        await touch(path, stats)
        return {
          size,
          read(start, end) {
            if (!(start >= 0 && start <= end && end <= size)) {
              throw new RangeError(`Cannot read bytes ${start} to ${end} of ${size}`)
            }
            return readStored({ path, sha256: key.sha256, size, start, end }, proofs, () => dropCorrupt(path, key))
          },
        }
      } catch (error) {
        // Evicted, by us or by another process.
        if (!isGone(error)) failed('find', error)
        return undefined
      }
    },
    create: () => createDraft(layout, { committed, failed }),
    remove: (key) => drop(layout.pathOf(key)),
    sweep,
  }
}
