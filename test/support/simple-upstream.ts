/** A small simple index on loopback whose projects the test writes down; it can fail in every plain way. */
import { createHash } from 'node:crypto'
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

/** A file and its bytes; `listed` overrules or adds what the page says of it. */
export interface UpstreamFile {
  readonly filename: string
  readonly bytes: Buffer
  readonly listed?: Readonly<Record<string, unknown>>
}

export interface SimpleUpstream {
  /** Base URL of its index. */
  readonly url: string
  /** `method path`, in order. */
  readonly requests: string[]
  readonly headersSeen: IncomingMessage['headers'][]
  projects: Record<string, readonly UpstreamFile[]>
  /** Answers in its place, when it returns true. */
  instead: ((request: IncomingMessage, response: ServerResponse) => boolean | undefined) | undefined
  stop(): Promise<void>
}

export function upstreamFile(
  filename: string,
  content: string | Buffer = filename,
  listed?: UpstreamFile['listed'],
): UpstreamFile {
  return { filename, bytes: Buffer.from(content), ...(listed && { listed }) }
}

/** Started for one test, and stopped after it, or when `whenOver` says. */
export async function simpleUpstream(
  projects: SimpleUpstream['projects'] = {},
  whenOver: (end: () => Promise<void>) => void = onTestFinished,
): Promise<SimpleUpstream> {
  const server = createServer((request, response) => {
    upstream.requests.push(`${request.method} ${request.url}`)
    upstream.headersSeen.push(request.headers)
    if (upstream.instead?.(request, response)) return
    const [, project, filename] = /^\/simple\/(?:([^/]+)\/)?$|^\/files\/([^/]+)$/.exec(request.url ?? '') ?? []
    if (request.url === '/simple/') {
      sendJson(response, {
        meta: { 'api-version': '1.1' },
        projects: Object.keys(upstream.projects).map((name) => ({ name })),
      })
    } else if (project !== undefined && upstream.projects[project] !== undefined) {
      sendJson(response, pageOf(project, upstream.projects[project]))
    } else {
      const file = Object.values(upstream.projects)
        .flat()
        .find((each) => encodeURIComponent(each.filename) === filename)
      if (file === undefined) response.writeHead(404).end()
      else
        response
          .writeHead(200, { 'Content-Length': file.bytes.length })
          .end(request.method === 'HEAD' ? undefined : file.bytes)
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const upstream: SimpleUpstream = {
    url: `http://127.0.0.1:${port}/simple/`,
    requests: [],
    headersSeen: [],
    projects,
    instead: undefined,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  whenOver(() => upstream.stop())
  return upstream
}

export function sendJson(response: ServerResponse, body: unknown): void {
  response.writeHead(200, { 'Content-Type': 'application/vnd.pypi.simple.v1+json' }).end(JSON.stringify(body))
}

export function pageOf(project: string, files: readonly UpstreamFile[]): unknown {
  return {
    meta: { 'api-version': '1.1' },
    name: project,
    versions: [],
    files: files.map(({ filename, bytes, listed }) => ({
      filename,
      url: `/files/${encodeURIComponent(filename)}`,
      hashes: { sha256: createHash('sha256').update(bytes).digest('hex') },
      size: bytes.length,
      ...listed,
    })),
  }
}
