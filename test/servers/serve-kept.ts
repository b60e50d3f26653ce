/** Serves the kept pages of a server that cannot be started here, with the status codes, redirects and headers that it is known to send. */
import { existsSync, readFileSync } from 'node:fs'
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import type { Answer, KeptServer } from './kept-servers.ts'

const PAGES = fileURLToPath(new URL('../fixtures/servers/', import.meta.url))
const DISTS = fileURLToPath(new URL('../fixtures/dists/', import.meta.url))

export interface Served {
  /** Base URL of its index. */
  readonly url: string
  /** Base URL of the host to which it sends whoever wants a file, if it does. */
  readonly filesUrl: string
  /** `METHOD path`, in order. */
  readonly requests: string[]
  /** What the host of the files was shown as `Authorization`. */
  readonly shownToFiles: (string | undefined)[]
  stop(): Promise<void>
}

/** The bytes of one of the distributions that the pages list. */
export function dist(filename: string): Buffer {
  return readFileSync(DISTS + filename)
}

/** Started for one test, and stopped after it. */
export async function serveKept(kept: KeptServer): Promise<Served> {
  const requests: string[] = []
  const shownToFiles: (string | undefined)[] = []
  const files = await listening((request, response) => {
    shownToFiles.push(request.headers.authorization)
    sendDist(request, response)
  })
  const { origin, stop } = await listening((request, response) => {
    const { method = '', url = '' } = request
    requests.push(`${method} ${url}`)
    const { authorization } = request.headers
    // Files may lie below the index, too.
    const project = url.startsWith(kept.index) ? /^([^/]+)\/$/.exec(url.slice(kept.index.length))?.[1] : undefined
    if (kept.token !== undefined && authorization !== `Basic ${btoa(`ci:${kept.token}`)}`)
      send(response, kept.denied ?? { status: 401 })
    else if (url === kept.index) sendPage(response, 'root', { status: 404 })
    else if (project !== undefined) sendPage(response, project, kept.lacks(project))
    else if (method === 'HEAD' && kept.headRefused) send(response, { status: 405 })
    else if (kept.sendsFilesOn)
      send(response, { status: kept.sendsFilesOn, headers: { location: `${files.origin}${url}?signature=1` } })
    else sendDist(request, response)
  })

  function sendPage(response: ServerResponse, name: string, otherwise: Answer): void {
    const html = `${PAGES}${kept.pages}/${name}.html`
    const json = `${PAGES}${kept.pages}/${name}.json`
    const path = existsSync(json) ? json : html
    if (!existsSync(path)) {
      send(response, otherwise)
      return
    }
    const type = path === json ? 'application/vnd.pypi.simple.v1+json' : 'text/html; charset=utf-8'
    const page = readFileSync(path, 'utf8').replaceAll('{origin}', origin).replaceAll('{files}', files.origin)
    send(response, { status: 200, headers: { 'content-type': type }, body: page })
  }

  return { url: origin + kept.index, filesUrl: `${files.origin}/`, requests, shownToFiles, stop }
}

function sendDist(request: IncomingMessage, response: ServerResponse): void {
  const [path = ''] = (request.url ?? '').split('?')
  const filename = decodeURIComponent(path.slice(path.lastIndexOf('/') + 1))
  if (!existsSync(DISTS + filename)) send(response, { status: 404 })
  else {
    const bytes = dist(filename)
    response
      .writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': bytes.length })
      .end(request.method === 'HEAD' ? undefined : bytes)
  }
}

function send(response: ServerResponse, { status, headers = {}, body = '' }: Answer): void {
  response.writeHead(status, headers).end(body)
}

async function listening(handle: (request: IncomingMessage, response: ServerResponse) => void) {
  const server = createServer(handle)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  onTestFinished(stop)
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, stop }
}
