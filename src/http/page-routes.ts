/** The answers for those who watch the server. */
import type { Hono } from 'hono'
import { EXPOSITION_TYPE, expose } from '../metrics/exposition.ts'
import type { Metrics } from '../metrics/metrics.ts'

export function pageRoutes(app: Hono, metrics: Metrics): void {
  // The process answers: nothing more is asked, so that an upstream's trouble never restarts it.
  app.get('/healthz', (c) => c.text('ok\n'))
  // Requests are accepted from the first moment on; a server that drains closes its port.
  app.get('/readyz', (c) => c.text('ready\n'))
  app.get('/metrics', (c) =>
    c.body(expose(metrics.families()), 200, { 'Content-Type': EXPOSITION_TYPE, 'Cache-Control': 'no-store' }),
  )
}
