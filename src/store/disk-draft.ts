/** A file on its way into the disk store: written aside under a name that tells whose it is, renamed when it is whole. */
import { randomUUID } from 'node:crypto'
import { constants, type Stats } from 'node:fs'
import { mkdir, open, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Failed } from './failures.ts'
import type { Draft } from './file-store.ts'
import type { DiskLayout } from './disk-layout.ts'
import { draftPrefix } from './dead-drafts.ts'
import { isGone, unlinkIfThere } from './vanishing-files.ts'

export interface DraftEvents {
  /** The file lies at `path` now. */
  readonly committed: (path: string, stats: Stats) => void
  /** The draft could not be removed or closed. It goes at last with the drafts of dead processes. */
  readonly failed: Failed
}

/** @throws Error of the file system when there is no room */
export async function createDraft(layout: DiskLayout, { committed, failed }: DraftEvents): Promise<Draft> {
  const path = join(layout.drafts, `${draftPrefix()}${randomUUID()}`)
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW
  const handle = await inFolder(layout.drafts, () => open(path, flags, 0o600))
  let size = 0
  let isCommitted = false
  let isClosed = false
  let failure: unknown

  async function close(): Promise<void> {
    if (isClosed) return
    isClosed = true
    try {
      if (!isCommitted) await unlinkIfThere(path)
    } catch (error) {
      failed('discard', error)
    }
    try {
      await handle.close()
    } catch (error) {
      failed('close', error)
    }
  }

  return {
    get size() {
      return size
    },
    async write(chunk) {
      try {
        for (let written = 0; written < chunk.length;) {
          const { bytesWritten } = await handle.write(chunk, written, chunk.length - written, size + written)
          written += bytesWritten
        }
      } catch (error) {
        failure = error
        throw error
      }
      size += chunk.length
    },
    async read(position, length) {
      const buffer = Buffer.allocUnsafe(Math.max(0, Math.min(length, size - position)))
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, position)
      return buffer.subarray(0, bytesRead)
    },
    async commit(key) {
      const target = layout.pathOf(key)
      if (isCommitted || isClosed) throw new Error('Cannot commit a draft twice, or after it was closed')
      if (failure !== undefined) throw new Error('Cannot commit a draft that could not be written', { cause: failure })
      try {
        // A failed fsync is not tried again: the kernel may have dropped the pages and would then say that all is well.
        await handle.sync()
        const stats = await handle.stat()
        if (stats.size !== size) {
          throw new Error(`Cannot commit a draft: it has ${stats.size} bytes, and ${size} were written`)
        }
        // The folder needs no fsync: a rename that a power cut undoes is a file that is not kept.
        await inFolder(dirname(target), () => rename(path, target))
        isCommitted = true
        committed(target, stats)
      } catch (error) {
        failure = error
        throw error
      }
    },
    async discard() {
      if (!isCommitted) await close()
    },
    close,
  }
}

/** What `work` gives; `folder` is made where it is missing, which is rare: it is only looked for then. */
async function inFolder<Result>(folder: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    if (!isGone(error)) throw error
    await mkdir(folder, { recursive: true, mode: 0o700 })
    return work()
  }
}
