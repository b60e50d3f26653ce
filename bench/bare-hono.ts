/** What we measure ourselves against: a hono route on the default server that returns bytes which were made before. */
import { readFileSync } from 'node:fs'
import { createAdaptorServer } from '@hono/node-server'
import { Hono } from 'hono'

/** What it answers, by kind of answer: the very headers and bytes that Unidex gave. */
export type Prepared = Readonly<
  Record<'identity' | 'gzip' | '304', { headers: Readonly<Record<string, string>>; base64: string }>
>

const prepared = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as Prepared
const [identity, gzip, unchanged] = (['identity', 'gzip', '304'] as const).map((kind) => ({
  headers: prepared[kind].headers,
  body: new Uint8Array(Buffer.from(prepared[kind].base64, 'base64')),
}))
if (identity === undefined || gzip === undefined || unchanged === undefined) throw new Error('An answer is missing')
const etag = unchanged.headers['etag']

const app = new Hono()
app.get('/simple/:project/', (c) => {
  if (c.req.header('if-none-match') === etag) return c.body(null, 304, unchanged.headers)
  const chosen = c.req.header('accept-encoding') === 'gzip' ? gzip : identity
  return c.body(chosen.body, 200, chosen.headers)
})

const server = createAdaptorServer({ fetch: app.fetch })
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (typeof address === 'object') console.log(`Serves http://127.0.0.1:${address?.port}/simple/`)
})
