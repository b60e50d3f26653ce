/** Files of counts that were made lately: each is made once a minute at most, and one after the other, whoever asks. */
import { createHash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { paced } from '../pace/steps.ts'
import type { DownloadStats, Whose } from '../stats/download-stats.ts'
import { type PublishedFile, writePublished } from '../stats/published-file.ts'

/** A published file holds for so long, in ms, whatever is counted meanwhile. */
export const PUBLISHED_FOR_MS = 60_000

const MAX_FILES = 100
const MAX_BYTES = 32 * 1024 * 1024

export interface FinishedFile {
  readonly bytes: Buffer
  readonly etag: string
}

interface Kept extends FinishedFile {
  readonly madeAt: number
  readonly version: number
}

export function publishedStats(stats: DownloadStats, now: () => number) {
  const kept = new LRUCache<string, Kept>({ max: MAX_FILES, maxSize: MAX_BYTES, sizeCalculation: sizeOf })
  const making = new Map<string, Promise<Kept>>()
  let last: Promise<unknown> = Promise.resolve()

  async function make(key: string, file: PublishedFile, whose: Whose): Promise<Kept> {
    const madeAt = now()
    const version = stats.version()
    const bytes = await paced(writePublished(stats.published(file.span, whose), file), { behind: true })
    const made = { bytes, etag: `"${createHash('sha256').update(bytes).digest('base64url')}"`, madeAt, version }
    kept.set(key, made)
    return made
  }

  /** @throws what the database throws */
  return (file: PublishedFile, whose: Whose): Promise<FinishedFile> => {
    const key = JSON.stringify([whose.peers, file.of, file.form])
    const before = kept.get(key)
    const age = now() - (before?.madeAt ?? 0)
    if (before !== undefined && age >= 0 && (age < PUBLISHED_FOR_MS || before.version === stats.version()))
      return Promise.resolve(before)
    let made = making.get(key)
    if (made === undefined) {
      made = last.then(() => make(key, file, whose)).finally(() => making.delete(key))
      last = made.catch(() => undefined)
      making.set(key, made)
    }
    return made
  }
}

/** One at least, since nothing may weigh nothing. */
function sizeOf({ bytes }: Kept): number {
  return bytes.length + 1
}
