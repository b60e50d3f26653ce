/** The routes, and the border around them: hosts, methods, failures, the access log. */
import { Hono } from 'hono'
import type { Report } from '../log/report.ts'
import { TEXT_HEADERS, errorHandler, textResponse } from './errors.ts'
import { fileRoutes } from './file-routes.ts'
import { pageRoutes } from './page-routes.ts'
import { simpleRoutes } from './simple-routes.ts'
import type { CurrentSnapshot } from './snapshot.ts'
import { isAllowedHost } from './host.ts'

export interface AppOptions {
  readonly current: CurrentSnapshot
  readonly report: Report
  readonly now: () => number
  /** The server listens on loopback alone, so that only a loopback `Host` can be honest (DNS rebinding). */
  readonly loopbackOnly: boolean
}

/** Answers a request: at once, where everything is at hand. Never rejects. */
export type Handler = (request: Request) => Response | Promise<Response>

export function createApp(options: AppOptions): Handler {
  const { current, report, now, loopbackOnly } = options
  const app = new Hono()
  app.onError(errorHandler(report))
  simpleRoutes(app, options)
  fileRoutes(app, options)
  pageRoutes(app, options)
  app.notFound((c) => {
    if (c.req.method === 'GET' || c.req.method === 'HEAD')
      return textResponse(c, 404, 'There is nothing at this address; the index is at /simple/')
    return textResponse(c, 405, `${c.req.method} is not possible here: Unidex serves an index and takes no uploads`, {
      Allow: 'GET, HEAD',
    })
  })

  function answer(request: Request): Response | Promise<Response> {
    if (!loopbackOnly || isAllowedHost(request.headers.get('host') ?? '', current().hosts)) return app.fetch(request)
    const text = 'This server answers on loopback addresses; name others as "hosts" in the rules file\n'
    return new Response(text, { status: 421, headers: TEXT_HEADERS })
  }

  function logged(request: Request, startedAt: number, response: Response): Response {
    const { method, url } = request
    report('info', 'request', { method, path: pathOf(url), status: response.status, ms: now() - startedAt })
    return response
  }

  return (request) => {
    const startedAt = now()
    const answering = answer(request)
    if (answering instanceof Promise) return answering.then((response) => logged(request, startedAt, response))
    return logged(request, startedAt, answering)
  }
}

/** The path of a whole URL, without its query: parsing it would cost more than the rest of a line. */
function pathOf(url: string): string {
  const start = url.indexOf('/', url.indexOf('//') + 2)
  const end = url.indexOf('?', start)
  return url.slice(start, end === -1 ? undefined : end)
}
