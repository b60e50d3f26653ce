/** A stand-in for PyPI: pages of its shape from memory, gzip if asked for, some time away. */
import { once } from 'node:events'
import { type Server, createServer } from 'node:http'
import { gzipSync } from 'node:zlib'
import { JSON_TYPE } from './real-pages.ts'

export interface Upstream {
  readonly url: string
  close(): void
}

/** `delayMs` passes before each answer. All contenders ask for JSON, so there is nothing else. */
export async function startUpstream(pages: ReadonlyMap<string, Buffer>, delayMs = 0): Promise<Upstream> {
  const names = [...pages.keys()].map((name) => ({ name }))
  const list = Buffer.from(JSON.stringify({ meta: { 'api-version': '1.1' }, projects: names }))
  const answers = new Map([
    ['', answer(list)],
    ...[...pages].map(([name, page]) => [`${name}/`, answer(page)] as const),
  ])
  const server = createServer((request, response) => {
    const path = request.url?.replace(/^\/simple\//, '') ?? ''
    const found = answers.get(path)
    const reply = () => {
      if (found !== undefined) {
        const gzip = /\bgzip\b/.test(String(request.headers['accept-encoding']))
        response.writeHead(200, gzip ? found.gzip.headers : found.plain.headers)
        response.end(gzip ? found.gzip.body : found.plain.body)
      } else if (answers.has(`${path}/`)) response.writeHead(301, { Location: `/simple/${path}/` }).end()
      else response.writeHead(404).end()
    }
    if (delayMs === 0) reply()
    else setTimeout(reply, delayMs)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { url: `http://127.0.0.1:${port(server)}/simple/`, close: () => server.close().closeAllConnections() }
}

/** Fresh for as long as a topic takes, so that what is kept is not asked for again. */
function answer(body: Buffer) {
  const headers = {
    'Content-Type': JSON_TYPE,
    'Cache-Control': 'max-age=600, public',
    Vary: 'Accept, Accept-Encoding',
    ETag: `"${body.length}"`,
  }
  const zipped = gzipSync(body)
  return {
    plain: { body, headers: { ...headers, 'Content-Length': body.length } },
    gzip: { body: zipped, headers: { ...headers, 'Content-Length': zipped.length, 'Content-Encoding': 'gzip' } },
  }
}

function port(server: Server): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The upstream has no port')
  return address.port
}
