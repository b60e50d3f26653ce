/** An upstream that fails in every way at the wish of the name that is asked for, repeats what it was shown, and remembers who showed it what. */
import { type IncomingMessage, type Server, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { pageOf, sendJson, upstreamFile } from '../support/simple-upstream.ts'

export interface ListeningUpstream {
  readonly port: number
  /** Base URL of its index. */
  readonly url: string
  /** The heads of all requests, as text. */
  readonly heard: string[]
}

/** What can be asked of it, and what the answer of a server that keeps its secrets must be. */
export const PROJECTS: Readonly<Record<string, number>> = {
  fine: 200,
  unauthorized: 502,
  forbidden: 502,
  broken: 503,
  garbage: 503,
  elsewhere: 502,
  'other-port': 502,
  'other-scheme': 502,
  repeated: 200,
  slow: 503,
}

export interface ListeningOptions {
  /** Address to which redirects lead. */
  readonly elsewhere?: string
}

export async function listeningUpstream({ elsewhere = '' }: ListeningOptions = {}): Promise<ListeningUpstream> {
  const heard: string[] = []
  const fine = upstreamFile('fine-1.0.tar.gz')
  const moved = upstreamFile('fine-1.1.tar.gz')

  const server = createServer((request, response) => {
    heard.push(headOf(request))
    // A debugging page of a careless server.
    const repeated = `${request.headers.authorization} ${headOf(request)}`.replaceAll('\n', ' ')
    const path = new URL(request.url ?? '', 'http://upstream').pathname
    switch (path) {
      case '/simple/':
        return sendJson(response, { meta: { 'api-version': '1.1' }, projects: [{ name: 'fine' }] })
      case '/simple/fine/':
        return sendJson(response, pageOf('fine', [fine, moved]))
      case '/files/fine-1.0.tar.gz':
        return response.end(fine.bytes)
      case '/files/fine-1.1.tar.gz':
        return response.writeHead(302, { Location: `${elsewhere}fine-1.1.tar.gz` }).end()
      case '/simple/unauthorized/':
        return response.writeHead(401, { 'WWW-Authenticate': `Basic realm="${repeated}"` }).end(repeated)
      case '/simple/forbidden/':
        return response.writeHead(403, repeated).end(repeated)
      case '/simple/broken/':
        return response.writeHead(500).end(repeated)
      case '/simple/garbage/':
        return response.writeHead(200, { 'Content-Type': 'application/vnd.pypi.simple.v1+json' }).end(repeated)
      case '/simple/elsewhere/':
      case '/simple/other-port/':
        return response.writeHead(302, { Location: `${elsewhere}elsewhere/` }).end()
      case '/simple/other-scheme/':
        return response.writeHead(302, { Location: `https://127.0.0.1:${port}/simple/other-scheme/` }).end()
      case '/simple/repeated/': {
        const url = new URL(`http://127.0.0.1:${port}/files/repeated-1.0.tar.gz`)
        const [user = '', password = ''] = credentialsOf(request)
        url.username = user
        url.password = password
        return sendJson(response, pageOf('repeated', [upstreamFile('repeated-1.0.tar.gz', 'x', { url: url.href })]))
      }
      case '/simple/slow/':
        return undefined
      default:
        return response.writeHead(404).end(repeated)
    }
  })
  const port = await started(server)
  return { port, url: `http://127.0.0.1:${port}/simple/`, heard }
}

/** Hears whatever comes to it, and answers 404. */
export async function eavesdropper(): Promise<ListeningUpstream> {
  const heard: string[] = []
  const server = createServer((request, response) => {
    heard.push(headOf(request))
    if (request.url?.endsWith('.tar.gz')) response.end('fine-1.1.tar.gz')
    else response.writeHead(404).end()
  })
  // To a proxy: so that it hears the headers of the tunnel, and gives none.
  server.on('connect', (request: IncomingMessage, socket) => {
    heard.push(headOf(request))
    socket.end('HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n')
  })
  const port = await started(server)
  return { port, url: `http://127.0.0.1:${port}/`, heard }
}

async function started(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return (server.address() as AddressInfo).port
}

function headOf({ method, url, rawHeaders }: IncomingMessage): string {
  const lines = rawHeaders.flatMap((name, i) => (i % 2 === 0 ? [`${name}: ${rawHeaders[i + 1]}`] : []))
  return [`${method} ${url}`, ...lines].join('\n')
}

function credentialsOf({ headers: { authorization = '' } }: IncomingMessage): string[] {
  const [scheme, value = ''] = authorization.split(' ')
  const text = scheme === 'Basic' ? Buffer.from(value, 'base64').toString() : `token:${value}`
  const colon = text.indexOf(':')
  return [text.slice(0, colon), text.slice(colon + 1)]
}
