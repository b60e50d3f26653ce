/** Pages for people: the front page, projects with their reasons, the rules as they are understood. */
import type { Context, Hono } from 'hono'
import type { Recent } from '../log/recent.ts'
import { paced } from '../pace/steps.ts'
import { frontPage } from '../pages/front.ts'
import type { Html } from '../pages/layout.ts'
import { projectPage } from '../pages/project.ts'
import { type Filter, viewProject } from '../pages/project-view.ts'
import { rulesPage } from '../pages/rules.ts'
import type { Explanation } from '../resolve/explanation.ts'
import { parseName } from '../simple/name.ts'
import { DEFAULT_INDEX } from './default-index.ts'
import { textResponse } from './errors.ts'
import { explanationJson } from '../resolve/explanation-json.ts'
import { pageHeaders, wantsJson } from './people-headers.ts'
import type { CurrentSnapshot } from './snapshot.ts'

export interface PeopleRoutesOptions {
  readonly current: CurrentSnapshot
  readonly recent: Recent
  readonly now: () => number
}

export function peopleRoutes(app: Hono, { current, recent, now }: PeopleRoutesOptions): void {
  const headers = pageHeaders()
  const page = async (c: Context, html: Html, status: Status = 200) => c.body(String(await html), status, headers)

  async function project(c: Context, index: string, root: string): Promise<Response> {
    const name = parseName(c.req.param('project') ?? '')
    if (name === undefined)
      return textResponse(c, 404, 'That is no project name: ASCII letters and digits, with ".", "_" and "-" inside')
    const explanation = await current().explain(index, name)
    const status = statusOf(explanation)
    if (wantsJson(c.req.header('accept'))) {
      return c.body(`${explanationJson(explanation)}\n`, status, {
        'Content-Type': 'application/json',
        'Cache-Control': 'no-cache',
        Vary: 'Accept',
        'X-Content-Type-Options': 'nosniff',
      })
    }
    const view = await paced(viewProject(explanation.files, filterOf(c)))
    return page(c, projectPage({ explanation, view, root, now: now() }), status)
  }

  app.get('/', (c) => {
    const { indexes, upstreams } = current()
    const withMirrors = Array.from(upstreams, (each) => ({ ...each, mirrors: each.mirrors() }))
    return page(
      c,
      frontPage({
        origin: new URL(c.req.url).origin,
        indexes,
        upstreams: withMirrors,
        recentOf: recent.upstream,
        notices: recent.notices(),
        now: now(),
      }),
    )
  })
  app.get('/projects/', (c) => search(c, current().indexes))
  app.get('/projects/:project', (c) => project(c, DEFAULT_INDEX, '../'))
  app.get('/:index/projects/:project', (c) => project(c, c.req.param('index'), '../../'))
  app.get('/-/rules', async (c) => page(c, rulesPage(await current().rules())))
}

type Status = 200 | 404 | 502 | 503

/** What a client gets for its page. */
function statusOf({ outcome, mayHeal }: Explanation): Status {
  switch (outcome) {
    case 'served':
    case 'denied':
      return 200
    case 'absent':
      return 404
    case 'failed':
      return mayHeal ? 503 : 502
    default:
      return outcome satisfies never
  }
}

/** The form of the front page leads here, and on to the page with an address of its own. */
function search(c: Context, indexes: readonly string[]): Response {
  const name = parseName((c.req.query('name') ?? '').trim())
  if (name === undefined)
    return textResponse(c, 404, 'That is no project name: ASCII letters and digits, with ".", "_" and "-" inside')
  const index = c.req.query('index') ?? DEFAULT_INDEX
  // Only what is known becomes part of an address.
  const isOther = index !== DEFAULT_INDEX && indexes.includes(index)
  return c.body(null, 303, { Location: isOther ? `../${index}/projects/${name}` : name, 'Cache-Control': 'no-store' })
}

function filterOf(c: Context): Filter {
  const { text = '', upstream = '', show, part } = c.req.query()
  return {
    text: text.slice(0, 200),
    upstream: upstream.slice(0, 200),
    show: show === 'served' || show === 'hidden' ? show : 'all',
    part: Number(part),
  }
}
