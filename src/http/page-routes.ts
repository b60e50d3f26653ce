/** The answers for those who watch the server. */
import type { Hono } from 'hono'
import { EXPOSITION_TYPE, type Family, expose } from '../metrics/exposition.ts'

export function pageRoutes(app: Hono, figures: () => Promise<readonly Family[]>): void {
  // The process answers: nothing more is asked, so that an upstream's trouble never restarts it.
  app.get('/healthz', (c) => c.text('ok\n'))
  // Requests are accepted from the first moment on; a server that drains closes its port.
  app.get('/readyz', (c) => c.text('ready\n'))
  app.get('/metrics', async (c) =>
    c.body(expose(await figures()), 200, { 'Content-Type': EXPOSITION_TYPE, 'Cache-Control': 'no-store' }),
  )
}
