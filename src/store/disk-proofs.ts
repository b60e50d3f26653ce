/** Which files on disk are known to be what their name says: every file is read whole once per process before it is trusted. */
import { createHash } from 'node:crypto'
import { constants, fstatSync, type Stats } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { LRUCache } from 'lru-cache'
import { chunksOf } from './disk-chunks.ts'

/** A stored file, opened. */
export interface OpenFile {
  readonly path: string
  readonly handle: FileHandle
  readonly stats: Stats
}

/** What identifies one state of one file: writing to it changes it, renaming does not. */
type Stamped = Pick<Stats, 'ino' | 'size' | 'mtimeMs'>

export interface DiskProofs {
  /** Whether this file was proved, and nobody wrote to it since. */
  hold(path: string, stats: Stamped): boolean
  remember(path: string, stats: Stamped): void
  forget(path: string): void
  /** Reads the file whole, once for all who ask at a time. false: its sha256 is another. @throws Error of the file system */
  prove(file: OpenFile, sha256: string): Promise<boolean>
}

/** More are simply proved again. */
const MAX_REMEMBERED = 100_000

export function diskProofs(): DiskProofs {
  const proved = new LRUCache<string, string>({ maxSize: MAX_REMEMBERED, sizeCalculation: () => 1 })
  const underWay = new Map<string, Promise<boolean>>()

  async function readWhole({ path, handle, stats }: OpenFile, sha256: string): Promise<boolean> {
    const hash = createHash('sha256')
    for await (const chunk of chunksOf(handle, 0, stats.size)) hash.update(chunk)
    const isRight = hash.digest('hex') === sha256
    if (isRight) proved.set(path, stamp(stats))
    return isRight
  }

  return {
    hold: (path, stats) => proved.get(path) === stamp(stats),
    remember: (path, stats) => void proved.set(path, stamp(stats)),
    forget: (path) => void proved.delete(path),
    prove(file, sha256) {
      const key = `${file.path} ${stamp(file.stats)}`
      const pending = underWay.get(key) ?? readWhole(file, sha256).finally(() => underWay.delete(key))
      underWay.set(key, pending)
      return pending
    },
  }
}

/** Opens a file for reading, never through a symbolic link that somebody put there. @throws Error of the file system */
export async function openStored(path: string): Promise<OpenFile> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
  try {
    // At hand, since the file was opened this moment: handing it to another thread would take longer.
    return { path, handle, stats: fstatSync(handle.fd) }
  } catch (error) {
    await handle.close()
    throw error
  }
}

function stamp({ ino, size, mtimeMs }: Stamped): string {
  return `${ino} ${size} ${mtimeMs}`
}
