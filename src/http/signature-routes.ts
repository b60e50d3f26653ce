/** The signatures by which a mirror's pages were once checked (PEP 381): given up, which those who still ask are told. */
import type { Context, Hono } from 'hono'
import { textResponse } from './errors.ts'

export function signatureRoutes(app: Hono): void {
  const gone = (c: Context) =>
    textResponse(c, 410, 'Indexes do not sign their pages any more (PEP 464): files are checked by the hashes on them')
  app.get('/serverkey', gone)
  app.get('/serversig/*', gone)
}
