/** The two upstreams of a kill loop, on loopback: a private index, and a public one that has its names too. */
import { once } from 'node:events'
import { type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { UpstreamName, World, WorldFile } from './world.ts'

export interface Upstream {
  readonly name: UpstreamName
  /** `127.0.0.1:PORT` */
  readonly host: string
  /** Paths that were asked for since the start. */
  readonly asked: readonly string[]
  stop(): Promise<void>
}

const SLICE_BYTES = 64 * 1024
/** Between two slices, so that a transfer takes long enough to be cut. */
const PAUSE_MS = 2

export async function startUpstream(name: UpstreamName, world: World): Promise<Upstream> {
  const projects = world.projects.get(name) ?? new Map<string, readonly WorldFile[]>()
  const asked: string[] = []

  const server = createServer((request, response) => {
    const path = request.url ?? ''
    asked.push(path)
    const [, project = '', filename = ''] = /^\/(?:simple\/([^/]+)\/|files\/([^/]+))$/.exec(path) ?? []
    const offered = projects.get(project)
    const file = projects.get(projectOf(filename))?.find((each) => each.filename === filename)
    if (path === '/simple/')
      sendJson(response, { ...META, projects: [...projects.keys()].map((each) => ({ name: each })) })
    else if (offered !== undefined) sendJson(response, pageOf(project, offered))
    else if (file === undefined) response.writeHead(404).end()
    else void sendFile(response, file)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')

  return {
    name,
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async stop() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

function projectOf(filename: string): string {
  return filename.slice(0, filename.lastIndexOf('-')).replaceAll('_', '-')
}

const META = { meta: { 'api-version': '1.1' } }

function sendJson(response: ServerResponse, body: unknown): void {
  response.writeHead(200, { 'Content-Type': 'application/vnd.pypi.simple.v1+json' }).end(JSON.stringify(body))
}

function pageOf(name: string, files: readonly WorldFile[]): unknown {
  return {
    ...META,
    name,
    versions: [],
    files: files.map(({ filename, sha256, bytes }, i) => ({
      filename,
      url: `/files/${filename}`,
      hashes: { sha256 },
      // Not every index says how large its files are.
      ...(i % 2 === 0 && { size: bytes.length }),
    })),
  }
}

async function sendFile(response: ServerResponse, { bytes }: WorldFile): Promise<void> {
  response.writeHead(200, { 'Content-Length': bytes.length })
  for (let at = 0; at < bytes.length && !response.destroyed; at += SLICE_BYTES) {
    response.write(bytes.subarray(at, at + SLICE_BYTES))
    if (bytes.length > SLICE_BYTES) await sleep(PAUSE_MS)
  }
  response.end()
}
