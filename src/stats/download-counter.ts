/** Counts downloads as they end, in memory; what was counted is written every few seconds, all at once. */
import type { Report } from '../log/report.ts'
import { type Client, clientReader, programOf } from './client.ts'
import { type CountedFile, isCountable } from './count.ts'
import { DAY_MS, type Day, dayOf } from './day.ts'
import type { DownloadStats, Downloads } from './download-stats.ts'
import { type Part, partialDownloads } from './partial-downloads.ts'

/** Whoever kills the process loses what was counted since; in ms. */
export const FLUSH_EVERY_MS = 5000

/** What is written at once takes some ms; more than that is not waited for. */
const FLUSH_AT = 1000

/** While nothing can be written, so many kinds of downloads are remembered; others are lost. */
const MAX_PENDING = 100_000

/** More names and versions in one day somebody makes up: those after them are counted without their version. */
const MAX_CLIENTS = 1000

/** What a client signs a part of its download with, beside the file. */
const MAX_SIGNATURE = 256

export interface Given {
  readonly file: CountedFile
  /** Tells the bytes apart from others of the same name. */
  readonly content: string
  readonly userAgent: string | undefined
  readonly part: Part
  /** Bytes of the whole file. */
  readonly size: number
}

export interface DownloadCounter {
  /** A client has taken these bytes. Never throws. */
  given(given: Given): void
  /** Writes what is counted; what cannot be written now is tried again. Never throws. */
  flush(): void
}

export interface DownloadCounterOptions {
  readonly stats: DownloadStats
  readonly report: Report
  readonly now: () => number
}

export function downloadCounter({ stats, report, now }: DownloadCounterOptions): DownloadCounter {
  const partial = partialDownloads(now)
  const clientOf = clientReader()
  let pending = new Map<string, { readonly download: Omit<Downloads, 'count'>; count: number }>()
  let timer: NodeJS.Timeout | undefined
  let [lost, dayFrom] = [0, 0]
  let [today, clients]: [Day, Set<Client>] = ['', new Set()]

  /** Which day it is changes rarely, and this is asked at each download. */
  function currentDay(): Day {
    const at = now()
    if (at < dayFrom || at >= dayFrom + DAY_MS) dayFrom = Math.floor(at / DAY_MS) * DAY_MS
    else if (today !== '') return today
    return dayOf(at)
  }

  function clientToday(day: Day, userAgent: string | undefined): Client {
    if (day !== today) [today, clients] = [day, new Set()]
    const client = clientOf(userAgent)
    if (clients.has(client)) return client
    if (clients.size >= MAX_CLIENTS) return programOf(client)
    clients.add(client)
    return client
  }

  function count(file: CountedFile, userAgent: string | undefined): void {
    const day = currentDay()
    const client = clientToday(day, userAgent)
    const key = `${day} ${client} ${file.upstream} ${file.project} ${file.filename}`
    const before = pending.get(key)
    if (before !== undefined) before.count += 1
    else if (!isCountable(file.filename, file.project)) return
    else if (pending.size >= MAX_PENDING) lost += 1
    else pending.set(key, { download: { day, file, client }, count: 1 })
    if (pending.size === FLUSH_AT) setImmediate(flush)
    timer ??= setTimeout(flush, FLUSH_EVERY_MS).unref()
  }

  function flush(): void {
    clearTimeout(timer)
    timer = undefined
    if (pending.size === 0) return
    const writing = pending
    try {
      stats.add(Array.from(writing.values(), ({ download, count }) => ({ ...download, count })))
      pending = new Map()
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      report('warn', 'stats_write_failed', { reason, pending: pending.size, ...(lost > 0 && { lost }) })
      timer = setTimeout(flush, FLUSH_EVERY_MS).unref()
    }
  }

  return {
    given({ file, content, userAgent, part, size }) {
      const isAtOnce = part.start === 0 && part.end === size && partial.isEmpty()
      if (isAtOnce || partial.completes(signature(file, content, userAgent), part, size)) count(file, userAgent)
    },
    flush,
  }
}

function signature({ upstream, filename }: CountedFile, content: string, userAgent = ''): string {
  return `${upstream} ${filename} ${content} ${userAgent.slice(0, MAX_SIGNATURE)}`
}
