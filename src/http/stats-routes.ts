/** The statistics of PEP 381: a file of counts for each day and month, of ours alone and of ours and our peers' together. */
import type { Context, Hono } from 'hono'
import { monthsFrom, dayOf, daysFrom } from '../stats/day.ts'
import { DAY_FORMS } from '../stats/day-file.ts'
import type { DownloadStats, Whose } from '../stats/download-stats.ts'
import { MEDIA_TYPES, readPublishedName } from '../stats/published-file.ts'
import { isHeld } from './conditions.ts'
import { textResponse } from './errors.ts'
import { HOLDS_FOR_MS } from './made-lately.ts'
import { publishedStats } from './published-stats.ts'

export interface StatsRoutesOptions {
  readonly stats: DownloadStats
  /** Addresses of the servers whose counts are added to ours. */
  readonly peers: () => readonly string[]
  readonly now: () => number
}

const NOBODY_ELSE: Whose = { peers: [] }

export function statsRoutes(app: Hono, { stats, peers, now }: StatsRoutesOptions): void {
  const publish = publishedStats(stats, now)

  function list(c: Context, folder: 'days' | 'months', whose: Whose): Response {
    const first = stats.firstDay(whose)
    const today = dayOf(now())
    const names = first === undefined ? [] : folder === 'days' ? daysFrom(first, today) : monthsFrom(first, today)
    const links = names.toReversed().flatMap((name) => DAY_FORMS.map((form) => `${name}.${form}`))
    return c.body(listing(links, stats.identity()), 200, {
      'Content-Type': 'text/html; charset=utf-8',
      'Cache-Control': CACHE_CONTROL,
      'X-Content-Type-Options': 'nosniff',
    })
  }

  async function file(c: Context, folder: 'days' | 'months', whose: Whose): Promise<Response> {
    const wanted = readPublishedName(folder, c.req.param('file') ?? '')
    if (wanted === undefined)
      return textResponse(c, 404, `There is no such file; ${folder}/ lists those that there are`)
    const first = stats.firstDay(whose)
    if (first === undefined || wanted.span.last < first || wanted.span.first > dayOf(now()))
      return textResponse(c, 404, 'Nothing was counted then; counting began later, or the day has not come')
    const { bytes, etag } = await publish(wanted, whose)
    const headers = { ETag: etag, 'Cache-Control': CACHE_CONTROL, 'X-Content-Type-Options': 'nosniff' }
    if (isHeld(c.req.header('if-none-match'), etag)) return c.body(null, 304, headers)
    return c.body(bytes as Uint8Array<ArrayBuffer>, 200, {
      ...headers,
      'Content-Type': MEDIA_TYPES[wanted.form],
      'Content-Length': String(bytes.length),
    })
  }

  const ALL = [
    ['/local-stats', () => NOBODY_ELSE],
    ['/stats', () => ({ peers: peers() })],
  ] as const
  for (const [root, whose] of ALL) {
    for (const folder of ['days', 'months'] as const) {
      app.get(`${root}/${folder}/`, (c) => list(c, folder, whose()))
      app.get(`${root}/${folder}/:file`, (c) => file(c, folder, whose()))
    }
  }
  app.get('/local-stats/', (c) =>
    c.body(listing(['days/', 'months/'], stats.identity()), 200, { 'Content-Type': 'text/html; charset=utf-8' }),
  )
}

const CACHE_CONTROL = `max-age=${HOLDS_FOR_MS / 1000}`

/** As file servers list a folder, which is what readers of these files look at; by the name of the counts a server knows itself. All names are ours. */
function listing(names: readonly string[], identity: string): string {
  const lines = names.map((name) => `<li><a href="${name}">${name}</a></li>\n`).join('')
  return `<!DOCTYPE html>\n<html lang="en"><meta name="unidex-stats" content="${identity}"><title>Downloads</title>\n<ul>\n${lines}</ul>\n</html>\n`
}
