/** What we measure ourselves against: a hono route on the same server that returns bytes which were made before. */
import { readFileSync } from 'node:fs'
import { createAdaptorServer } from '@hono/node-server'
import { Hono } from 'hono'

const [body = '', zipped = '', etag = ''] = process.argv.slice(2)
const [bytes, gzip] = [body, zipped].map((file) => new Uint8Array(readFileSync(file)))

const app = new Hono()
app.get('/simple/:project/', (c) => {
  const headers = { 'Content-Type': 'application/vnd.pypi.simple.v1+json', ETag: etag }
  if (c.req.header('if-none-match') === etag) return c.body(null, 304, headers)
  const coded = c.req.header('accept-encoding') === 'gzip'
  const chosen = (coded ? gzip : bytes) ?? new Uint8Array()
  return c.body(chosen, 200, {
    ...headers,
    'Content-Length': String(chosen.length),
    ...(coded && { 'Content-Encoding': 'gzip' }),
  })
})

const server = createAdaptorServer({ fetch: app.fetch })
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (typeof address === 'object') console.log(`Serves http://127.0.0.1:${address?.port}/simple/`)
})
