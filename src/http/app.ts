/** The routes, and the border around them: hosts, methods, failures, the access log. */
import { Hono } from 'hono'
import type { Report } from '../log/report.ts'
import { errorHandler, textResponse } from './errors.ts'
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

/** Answers a request. Given to the server as its fetch callback. */
export type Handler = (request: Request) => Promise<Response>

export function createApp(options: AppOptions): Handler {
  const { current, report, now, loopbackOnly } = options
  const app = new Hono()
  app.onError(errorHandler(report))
  if (loopbackOnly) {
    app.use(async (c, next) => {
      if (isAllowedHost(c.req.header('host') ?? '', current().hosts)) return next()
      return textResponse(c, 421, 'This server answers on loopback addresses; name others as "hosts" in the rules file')
    })
  }
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

  return async (request) => {
    const startedAt = now()
    const response = await app.fetch(request)
    const { pathname } = new URL(request.url)
    report('info', 'request', {
      method: request.method,
      path: pathname,
      status: response.status,
      ms: now() - startedAt,
    })
    return response
  }
}
