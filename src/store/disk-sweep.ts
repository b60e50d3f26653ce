/** Brings the files on disk back under their bound, those unused for longest first. */
import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import { type DiskLayout, isShard, isStoredName, isUpstreamFolder } from './disk-layout.ts'
import type { Failed } from './failures.ts'
import { isGone, namesIn, unlinkIfThere } from './vanishing-files.ts'

/** A sweep goes on until this part of the bound is left, so that the next file does not cause another. */
const TARGET = 0.9

interface Swept {
  /** Bytes that are left. */
  readonly bytes: number
  readonly removed: number
}

interface Entry {
  readonly path: string
  readonly size: number
  readonly usedAt: number
}

/** Files that come or go meanwhile are no error; one that cannot be removed is reported and stays. @throws Error of the file system */
export async function sweepFiles(layout: DiskLayout, maxBytes: number, failed: Failed): Promise<Swept> {
  let bytes = 0
  for await (const { size } of entriesOf(layout)) bytes += size
  if (bytes <= maxBytes) return { bytes, removed: 0 }
  // Listed a second time rather than remembered the first: nearly every sweep finds that there is room.
  const entries: Entry[] = []
  for await (const entry of entriesOf(layout)) entries.push(entry)
  let removed = 0
  for (const { path, size } of entries.toSorted((a, b) => a.usedAt - b.usedAt)) {
    if (bytes <= maxBytes * TARGET) break
    try {
      // Whoever reads it has it open, and goes on reading.
      await unlinkIfThere(path)
      bytes -= size
      removed += 1
    } catch (error) {
      failed('sweep', error)
    }
  }
  return { bytes, removed }
}

async function* entriesOf({ publicFiles, privateFiles }: DiskLayout): AsyncGenerator<Entry> {
  const scopes = (await namesIn(privateFiles)).filter(isUpstreamFolder).map((name) => join(privateFiles, name))
  for (const folder of [publicFiles, ...scopes]) {
    for (const shard of (await namesIn(folder)).filter(isShard)) {
      for (const name of (await namesIn(join(folder, shard))).filter(isStoredName)) {
        const path = join(folder, shard, name)
        try {
          const stats = await lstat(path)
          if (stats.isFile()) yield { path, size: stats.size, usedAt: stats.mtimeMs }
        } catch (error) {
          if (!isGone(error)) throw error
        }
      }
    }
  }
}
