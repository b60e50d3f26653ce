/** Pages for people, and the answers for those who watch the server. */
import type { Hono } from 'hono'
import { EXPOSITION_TYPE, expose } from '../metrics/exposition.ts'
import type { Metrics } from '../metrics/metrics.ts'
import { frontPage } from '../pages/front.ts'
import type { CurrentSnapshot } from './snapshot.ts'

/** No script, no foreign asset: whatever an upstream calls a project, it stays text. */
const PAGE_HEADERS = {
  'Content-Type': 'text/html; charset=utf-8',
  'Cache-Control': 'no-cache',
  'Content-Security-Policy':
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
}

export function pageRoutes(
  app: Hono,
  { current, metrics }: { readonly current: CurrentSnapshot; readonly metrics: Metrics },
): void {
  app.get('/', async (c) =>
    c.body(
      String(await frontPage({ origin: new URL(c.req.url).origin, indexes: current().indexes })),
      200,
      PAGE_HEADERS,
    ),
  )
  // The process answers: nothing more is asked, so that an upstream's trouble never restarts it.
  app.get('/healthz', (c) => c.text('ok\n'))
  // Requests are accepted from the first moment on; a server that drains closes its port.
  app.get('/readyz', (c) => c.text('ready\n'))
  app.get('/metrics', (c) =>
    c.body(expose(metrics.families()), 200, { 'Content-Type': EXPOSITION_TYPE, 'Cache-Control': 'no-store' }),
  )
}
