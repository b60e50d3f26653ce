/** The pages of download counts, for people and, with `Accept: application/json`, for programs. */
import type { Context, Hono } from 'hono'
import { paced } from '../pace/steps.ts'
import type { Html } from '../pages/layout.ts'
import { projectStatsPage } from '../pages/project-stats.ts'
import { statsPage } from '../pages/stats.ts'
import { parseName } from '../simple/name.ts'
import { dayAfter, dayOf } from '../stats/day.ts'
import { summariseProject, summariseTop } from '../stats/summary.ts'
import { textResponse } from './errors.ts'
import { madeLately } from './made-lately.ts'
import { pageHeaders, wantsJson } from './people-headers.ts'
import type { StatsRoutesOptions } from './stats-routes.ts'

const DEFAULT_DAYS = 30
const MAX_DAYS = 366
const TOP = 50

/** Pages and their JSON. */
const MAX_BYTES = 16 * 1024 * 1024

interface Made {
  readonly page: string
  readonly json: string
  readonly isFound: boolean
}

export function statsPages(app: Hono, { stats, peers, now }: StatsRoutesOptions): void {
  const headers = pageHeaders()
  const bytesOf = ({ page, json }: Made) => page.length + json.length
  const lately = madeLately<Made>({ stats, now, maxBytes: MAX_BYTES, bytesOf })

  async function answer(c: Context, name: string, make: (options: Wanted) => Promise<MadeOf>): Promise<Response> {
    const days = daysWanted(c.req.query('days'))
    const last = dayOf(now())
    const span = { first: dayAfter(last, 1 - days), last }
    const whose = { peers: peers() }
    const made = await lately(JSON.stringify([name, days, whose.peers]), async () => {
      const { html, json, isFound } = await make({ span, whose })
      return { page: String(await html), json: `${JSON.stringify({ ...span, ...json })}\n`, isFound }
    })
    const status = made.isFound ? 200 : 404
    if (!wantsJson(c.req.header('accept'))) return c.body(made.page, status, headers)
    return c.body(made.json, status, { ...headers, 'Content-Type': 'application/json' })
  }

  app.get('/stats/', (c) =>
    answer(c, '', async ({ span, whose }) => {
      const top = await paced(summariseTop(stats, { span, whose, limit: TOP }), { behind: true })
      const standings = whose.peers.map((peer) => ({ peer, standing: stats.standing(peer) }))
      return { html: statsPage({ top, peers: standings }), json: { ...top, peers: standings }, isFound: true }
    }),
  )

  app.get('/stats/projects/', (c) => {
    const name = parseName((c.req.query('name') ?? '').trim())
    if (name === undefined) return noName(c)
    return c.body(null, 303, { Location: name, 'Cache-Control': 'no-store' })
  })

  app.get('/stats/projects/:project', (c) => {
    const project = parseName(c.req.param('project'))
    if (project === undefined) return noName(c)
    return answer(c, project, async ({ span, whose }) => {
      const summary = await paced(summariseProject(stats, project, { span, whose }), { behind: true })
      return { html: projectStatsPage(summary), json: summary, isFound: summary.total > 0 }
    })
  })
}

type Wanted = Pick<Parameters<typeof summariseProject>[2], 'span' | 'whose'>

interface MadeOf {
  readonly html: Html
  readonly json: object
  readonly isFound: boolean
}

function noName(c: Context): Response {
  return textResponse(c, 404, 'That is no project name: ASCII letters and digits, with ".", "_" and "-" inside')
}

function daysWanted(text: string | undefined): number {
  const days = /^\d{1,3}$/.test(text ?? '') ? Number(text) : DEFAULT_DAYS
  return Math.min(Math.max(days, 1), MAX_DAYS)
}
