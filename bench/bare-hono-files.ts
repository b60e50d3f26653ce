/** What we measure ourselves against: files of a folder by a bare hono route, as a stream of large pieces. */
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { createAdaptorServer } from '@hono/node-server'
import { Hono } from 'hono'

const CHUNK_BYTES = 256 * 1024
const folder = process.argv[2] ?? '.'

const app = new Hono()
app.get('/files/:name', async (c) => {
  const file = await open(join(folder, c.req.param('name')))
  const { size } = await file.stat()
  const body = new ReadableStream({
    async pull(controller) {
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(CHUNK_BYTES))
      if (bytesRead > 0) {
        controller.enqueue(buffer.subarray(0, bytesRead))
        return
      }
      controller.close()
      await file.close()
    },
    cancel: () => file.close(),
  })
  return c.body(body, 200, { 'Content-Type': 'application/octet-stream', 'Content-Length': String(size) })
})

const server = createAdaptorServer({ fetch: app.fetch })
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (typeof address === 'object') console.log(`Serves http://127.0.0.1:${address?.port}`)
})
