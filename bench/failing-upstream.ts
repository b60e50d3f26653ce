/** A small index on loopback that can be out in every way: answers, then hangs, refuses or vanishes, then answers again. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http'
import { type AddressInfo, type LookupFunction, type Socket, connect } from 'node:net'
import { fileURLToPath } from 'node:url'
import { setTimeout as sleep } from 'node:timers/promises'
import { JSON_TYPE } from './real-pages.ts'

export interface FailingUpstream {
  readonly url: string
  /** How its name becomes an address. */
  readonly lookup?: LookupFunction
  fail(): Promise<void>
  recover(): Promise<void>
  close(): void
}

type Answering = (request: IncomingMessage, response: ServerResponse) => void

/** A page of one file. */
export function smallPage(project: string): Buffer {
  const filename = `${project.replaceAll('-', '_')}-1.0.tar.gz`
  const files = [{ filename, url: `../../files/${filename}`, hashes: { sha256: '0'.repeat(64) }, size: 1000 }]
  return Buffer.from(JSON.stringify({ meta: META, name: project, versions: ['1.0'], files }))
}

const META = { 'api-version': '1.1' }

/** It has every project whose name begins with `lib-`, and lists none. */
function answer(request: IncomingMessage, response: ServerResponse): void {
  const project = /^\/simple\/(?:(lib-\d+)\/)?$/.exec(request.url ?? '')
  if (project === null) {
    response.writeHead(404).end()
    return
  }
  const body =
    project[1] === undefined ? Buffer.from(JSON.stringify({ meta: META, projects: [] })) : smallPage(project[1])
  response.writeHead(200, { 'Content-Type': JSON_TYPE, ETag: '"1"', 'Content-Length': body.length }).end(body)
}

export const NO_OUTAGE = () => answering(answer)

/** By what happens when it is asked. */
export const OUTAGES: Readonly<Record<string, () => Promise<FailingUpstream>>> = {
  'accepts and says nothing': () => answering(() => undefined),
  'stops within the head': () => answering((_, { socket }) => socket?.write('HTTP/1.1 200 OK\r\nContent-Ty')),
  'stops within the body': () =>
    answering((_, response) =>
      response.writeHead(200, { 'Content-Type': JSON_TYPE, 'Content-Length': 1000 }).write('{'),
    ),
  'answers 503': () => answering((_, response) => response.writeHead(503).end()),
  'resets the connection': () => answering(({ socket }) => socket.resetAndDestroy()),
  'refuses connections': refusing,
  'is stopped (SIGSTOP)': () => stopping({ fill: false }),
  'answers no SYN': () => stopping({ fill: true }),
  'has a name that DNS does not answer': unresolved,
}

async function serve(handler: Answering, port = 0) {
  const server = createServer((request, response) => handler(request, response))
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const at = (server.address() as AddressInfo).port
  const close = () => server.close().closeAllConnections()
  return { url: `http://127.0.0.1:${at}/simple/`, port: at, close }
}

async function answering(failing: Answering): Promise<FailingUpstream> {
  let current = answer
  const { url, close } = await serve((request, response) => current(request, response))
  const become = (next: Answering) => async () => void (current = next)
  return { url, fail: become(failing), recover: become(answer), close }
}

async function refusing(): Promise<FailingUpstream> {
  let server = await serve(answer)
  const { url, port } = server
  return {
    url,
    fail: async () => server.close(),
    recover: async () => void (server = await serve(answer, port)),
    close: () => server.close(),
  }
}

/** Its process stands still. `fill`: and so many wait to be accepted that the system answers nobody any more. */
async function stopping({ fill }: { fill: boolean }): Promise<FailingUpstream> {
  const child: ChildProcess = spawn(process.execPath, [fileURLToPath(import.meta.url), fill ? '1' : '511'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await once(child.stdout ?? child, 'data')) as [Buffer]
  const url = line.toString().trim()
  const waiting: Socket[] = []
  return {
    url,
    async fail() {
      child.kill('SIGSTOP')
      if (!fill) return
      for (let isFull = false; !isFull;) {
        const socket = connect(Number(new URL(url).port), '127.0.0.1').on('error', () => undefined)
        waiting.push(socket)
        isFull = await Promise.race([once(socket, 'connect').then(() => false), sleep(300, true)])
      }
    },
    async recover() {
      for (const socket of waiting.splice(0)) socket.destroy()
      child.kill('SIGCONT')
    },
    close: () => void child.kill('SIGKILL'),
  }
}

/** Connections are not kept, so that each question looks up the name. */
async function unresolved(): Promise<FailingUpstream> {
  const { port, close } = await serve((request, response) => answer(request, response.setHeader('Connection', 'close')))
  let isOut = false
  return {
    url: `http://packages.example:${port}/simple/`,
    lookup: (_name, { all }, done) => {
      if (isOut) return
      if (all) done(null, [{ address: '127.0.0.1', family: 4 }])
      else done(null, '127.0.0.1', 4)
    },
    fail: async () => void (isOut = true),
    recover: async () => void (isOut = false),
    close,
  }
}

/** The process that is stopped. */
if (import.meta.main) {
  const backlog = Number(process.argv[2])
  const server = createServer((request, response) => answer(request, response.setHeader('Connection', 'close')))
  server.listen({ port: 0, host: '127.0.0.1', backlog })
  await once(server, 'listening')
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}/simple/`)
}
