/** Files of counts, made when somebody asks for them. */
import { createHash } from 'node:crypto'
import { paced } from '../pace/steps.ts'
import type { DownloadStats, Whose } from '../stats/download-stats.ts'
import { type PublishedFile, writePublished } from '../stats/published-file.ts'
import { madeLately } from './made-lately.ts'

const MAX_BYTES = 32 * 1024 * 1024

export interface FinishedFile {
  readonly bytes: Buffer
  readonly etag: string
}

export function publishedStats(stats: DownloadStats, now: () => number) {
  const lately = madeLately<FinishedFile>({ stats, now, maxBytes: MAX_BYTES, bytesOf: ({ bytes }) => bytes.length })

  /** @throws what the database throws */
  return (file: PublishedFile, whose: Whose): Promise<FinishedFile> =>
    lately(JSON.stringify([whose.peers, file.of, file.form]), async () => {
      const bytes = await paced(writePublished(stats.published(file.span, whose), file), { behind: true })
      return { bytes, etag: `"${createHash('sha256').update(bytes).digest('base64url')}"` }
    })
}
