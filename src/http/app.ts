/** The routes, and the border around them: hosts, methods, failures, the access log. */
import { Hono } from 'hono'
import { type Recent, openRecent } from '../log/recent.ts'
import type { Report } from '../log/report.ts'
import type { Family } from '../metrics/exposition.ts'
import { type Metrics, openMetrics } from '../metrics/metrics.ts'
import { type AtHand, pagesAtHand } from './at-hand.ts'
import { errorHandler, textOf, textResponse } from './errors.ts'
import { fileRoutes } from './file-routes.ts'
import { isAllowedHost } from './host.ts'
import { mirrorRoutes } from './mirror-routes.ts'
import { pageRoutes } from './page-routes.ts'
import { finishedPages } from './finished-pages.ts'
import { givenId, requestId } from './request-id.ts'
import { routeOf } from './route.ts'
import { peopleRoutes } from './people-routes.ts'
import { jsonRoutes } from './json-routes.ts'
import { signatureRoutes } from './signature-routes.ts'
import { simpleRoutes } from './simple-routes.ts'
import type { DownloadCounter } from '../stats/download-counter.ts'
import type { DownloadStats } from '../stats/download-stats.ts'
import { statsPages } from './stats-pages.ts'
import { statsRoutes } from './stats-routes.ts'
import type { CurrentSnapshot } from './snapshot.ts'

export interface AppOptions {
  readonly current: CurrentSnapshot
  readonly report: Report
  /** Default: its own. */
  readonly metrics?: Metrics
  /** What `/metrics` shows. Default: what `metrics` counts. */
  readonly figures?: () => Promise<readonly Family[]>
  /** What the front page shows of the last hour. Default: nothing. */
  readonly recent?: Recent
  /** Told what clients have taken. Default: nobody counts. */
  readonly downloads?: DownloadCounter
  /** What was counted. Default: nothing is told of downloads. */
  readonly stats?: DownloadStats
  readonly now: () => number
  /** The server listens on loopback alone, so that only a loopback `Host` can be honest (DNS rebinding). */
  readonly loopbackOnly: boolean
}

/** Answers a request: at once, where everything is at hand. Never rejects. */
export type Handler = (request: Request) => Response | Promise<Response>

export interface App {
  readonly handle: Handler
  /** What needs nothing but a write; all else is for `handle`. */
  readonly atHand: AtHand
}

/** Finished pages that are kept in memory: nearly all of them compressed. */
const FINISHED_BYTES = 32 * 1024 * 1024

export function createApp(options: AppOptions): App {
  const { current, report, metrics = openMetrics(), now, loopbackOnly } = options
  const { figures = async () => metrics.families() } = options
  const pages = finishedPages(FINISHED_BYTES)
  const pageAtHand = pagesAtHand({ current, now, pages })
  const app = new Hono()
  app.onError(errorHandler(report))
  // First: `/pypi/files/json` is a project, not a file of an index "pypi".
  jsonRoutes(app, options)
  simpleRoutes(app, { ...options, metrics, pages })
  fileRoutes(app, { ...options, pages })
  pageRoutes(app, figures)
  signatureRoutes(app)
  if (options.stats) {
    const counts = { stats: options.stats, peers: () => current().peers, now }
    statsRoutes(app, counts)
    statsPages(app, counts)
  }
  mirrorRoutes(app, current)
  peopleRoutes(app, { recent: openRecent(now), ...options })
  app.notFound((c) => {
    if (c.req.method === 'GET' || c.req.method === 'HEAD')
      return textResponse(c, 404, 'There is nothing at this address; the index is at /simple/')
    return textResponse(c, 405, `${c.req.method} is not possible here: Unidex serves an index and takes no uploads`, {
      Allow: 'GET, HEAD',
    })
  })

  const isAllowed = (host: string) => !loopbackOnly || isAllowedHost(host, current().hosts)

  function answer(request: Request): Response | Promise<Response> {
    if (isAllowed(request.headers.get('host') ?? '')) return app.fetch(request)
    const text = 'This server answers on loopback addresses; name others as "hosts" in the rules file'
    return textOf(request, 421, text)
  }

  function logged(request: Request, startedAt: number, response: Response): Response {
    const { method, url } = request
    const { status } = response
    const path = pathOf(url)
    const ms = now() - startedAt
    metrics.answered(routeOf(path), status, ms)
    report('info', 'request', { method, path, status, ms, id: requestId(request) })
    return response
  }

  /** A failure is met again by the routes, which know what to answer. */
  function look(incoming: Parameters<AtHand>[0]): ReturnType<AtHand> {
    try {
      return pageAtHand(incoming)
    } catch {
      return undefined
    }
  }

  return {
    handle(request) {
      const startedAt = now()
      const answering = answer(request)
      if (answering instanceof Promise) return answering.then((response) => logged(request, startedAt, response))
      return logged(request, startedAt, answering)
    },

    atHand(incoming) {
      if (!isAllowed(incoming.headers.host ?? '')) return undefined
      const startedAt = now()
      const found = look(incoming)
      if (found === undefined) return undefined
      metrics.atHand[found.status] += 1
      const { method, url: path, headers } = incoming
      // Nothing else in the log is about such a request, so it has no name of ours.
      const id = givenId(headers['x-request-id'])
      const line = { method, path, status: found.status, ms: now() - startedAt }
      report('info', 'request', id === undefined ? line : { ...line, id })
      return found
    },
  }
}

/** The path of a whole URL, without its query: parsing it would cost more than the rest of a line. */
function pathOf(url: string): string {
  const start = url.indexOf('/', url.indexOf('//') + 2)
  const end = url.indexOf('?', start)
  return url.slice(start, end === -1 ? undefined : end)
}
