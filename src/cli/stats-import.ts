/** `unidex stats import LOG…`: counts downloads out of access logs of nginx, Apache, or a content delivery network. */
import { createReadStream } from 'node:fs'
import { Readable, pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { loadConfig } from '../config/load.ts'
import { visible } from '../log/log.ts'
import { dayAfter, dayOf } from '../stats/day.ts'
import type { DownloadStats } from '../stats/download-stats.ts'
import { type LogReport, countLog } from '../stats/log-import.ts'
import type { IsPublic } from '../stats/log-path.ts'
import { logTally } from '../stats/log-tally.ts'
import { sqliteTally } from '../store/sqlite-tally.ts'
import { readImportOptions } from './options.ts'
import { openOwnedNames } from './owned-names.ts'
import { withStats } from './stats-data.ts'

const CHUNK_BYTES = 256 * 1024

/** Exit code 1: a log could not be read, or is not counted although it is not the same. @throws UsageError, CheckError, RefusedError */
export async function importLogs(words: string[]): Promise<0 | 1> {
  const { logs, asNew, rules, data } = readImportOptions(words)
  const config = await loadConfig({ ...(rules !== undefined && { rules }), environment: process.env, strict: false })
  const owned = openOwnedNames(config, data)
  // An upstream that the rules do not know may have been private.
  const isPublic: IsPublic = (project, upstream) =>
    !owned.has(project) && (upstream === '' || config.upstreams.get(upstream)?.private === false)
  try {
    return await withStats({ ...(data !== undefined && { data }), create: true }, async (stats) => {
      let code: 0 | 1 = 0
      for (const log of logs) {
        if (stats === undefined || !(await importLog(stats, log, { asNew, isPublic }))) code = 1
      }
      return code
    })
  } finally {
    owned.close()
  }
}

async function importLog(
  stats: DownloadStats,
  log: string,
  { asNew, isPublic }: { readonly asNew: boolean; readonly isPublic: IsPublic },
): Promise<boolean> {
  const store = sqliteTally()
  try {
    const { report, identity, downloads } = await countLog(readLog(log), {
      name: log,
      known: stats.logs(),
      tally: logTally({ isPublic, store }),
      // Clocks differ, and so do time zones of those who set them.
      lastDay: dayAfter(dayOf(Date.now()), 1),
    })
    const isTaken = report.kind === 'new' || report.kind === 'grown' || (report.kind === 'changed' && asNew)
    if (isTaken && report.lines > 0) stats.addLog(identity, downloads)
    process.stdout.write(`${log}: ${said(report, isTaken)}\n${shownLines(report)}`)
    return isTaken || report.kind !== 'changed'
  } catch (error) {
    process.stderr.write(
      `${log}: nothing of it is counted: ${error instanceof Error ? error.message : String(error)}\n`,
    )
    return false
  } finally {
    store.close()
  }
}

/** The bytes of the log, unpacked where they are gzip. `-`: standard input. */
async function* readLog(log: string): AsyncGenerator<Buffer, void> {
  const input = log === '-' ? process.stdin : createReadStream(log, { highWaterMark: CHUNK_BYTES })
  const pieces: AsyncIterator<Buffer> = input[Symbol.asyncIterator]()
  const first = await pieces.next()
  if (first.done === true) return
  async function* all() {
    yield first.value
    for (let piece = await pieces.next(); piece.done !== true; piece = await pieces.next()) yield piece.value
  }
  const isGzip = first.value[0] === 0x1f && first.value[1] === 0x8b
  if (!isGzip) {
    yield* all()
    return
  }
  const unpacked = createGunzip({ chunkSize: CHUNK_BYTES })
  // What fails on the way there is thrown where it is read.
  pipeline(Readable.from(all()), unpacked, () => undefined)
  yield* unpacked as AsyncIterable<Buffer>
}

function said({ kind, like, lines, downloads, broken, unreadable }: LogReport, isTaken: boolean): string {
  const name = like === undefined ? '' : `"${visible(like.name)}"`
  if (kind === 'same') return `all of it was counted before, as ${name}`
  if (kind === 'older')
    return `a longer one that begins so was counted, as ${name}; it is taken for an older copy of it`
  if (!isTaken)
    return `not counted: it begins as ${name} does, which was counted, and goes on in another way. With --as-new it is counted`
  const since = kind === 'grown' ? `, behind what was counted before as ${name}` : ''
  const parts = [
    `${counted(downloads - broken, 'download')} in ${counted(lines, 'line')}${since}`,
    ...(broken > 0 ? [`${counted(broken, 'more')} broken off`] : []),
    ...(unreadable > 0 ? [`${counted(unreadable, 'line')} that cannot be read`] : []),
  ]
  return parts.join('; ')
}

function shownLines({ shown, kind }: LogReport): string {
  if (kind === 'same' || kind === 'older') return ''
  return shown.map((line) => `  cannot be read: ${visible(line)}\n`).join('')
}

function counted(number: number, one: string): string {
  return `${number.toLocaleString('en')} ${one}${number === 1 || one === 'more' ? '' : 's'}`
}
