/** A server that does exactly what a script says, byte by byte: scripts are data, so that a case can be printed and replayed. */
import { connect, createServer, type Socket } from 'node:net'
import { once } from 'node:events'
import { createSecureContext, TLSSocket } from 'node:tls'
import { gzipSync } from 'node:zlib'

/** One thing that a connection does. */
export type Step =
  /** Writes these bytes as they are. */
  | { readonly send: string | Buffer }
  /** Writes a few bytes at a time. */
  | { readonly drip: Buffer; readonly bytes: number; readonly everyMs: number }
  | { readonly waitMs: number }
  /** Reads up to an empty line and records it as a request. */
  | { readonly waitRequest: true }
  /** `fin` ends our side and then closes, `half` ends our side only, `rst` resets. */
  | { readonly close: 'fin' | 'rst' | 'half' }
  /** Does nothing more until the other side goes away. */
  | { readonly hang: true }
  | { readonly repeat: number | 'forever'; readonly steps: readonly Step[] }
  /** Answers every request by its path, and those to no path of the site with 404. Bytes that say `connection: close` end it. */
  | { readonly site: Site }
  /** Answers the request at hand with these bytes, from the place that it asks for (`Range: bytes=N-`). */
  | { readonly rest: Buffer; readonly headers?: Readonly<Record<string, string | undefined>> }

/** What a server has, by path: the bytes of an answer, or what is done once the request is there. */
export type Site = Readonly<Record<string, Buffer | readonly Step[]>>

/** A script for each connection, in the order in which they come. */
export interface Scenario {
  readonly connections: readonly (readonly Step[])[]
  /** What the connections after those meet: the last script again, or a reset. */
  readonly afterwards: 'repeat-last' | 'refuse'
}

/** A request as it was received. */
export interface ReceivedRequest {
  readonly method: string
  /** As it stood in the request line. */
  readonly path: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** Which connection it came on: 0 is the first. */
  readonly connection: number
  readonly raw: string
}

export interface HostileUpstream {
  /** `http://127.0.0.1:PORT/`, or https. */
  readonly url: string
  readonly port: number
  readonly requests: readonly ReceivedRequest[]
  /** How many connections there were. */
  readonly connections: () => number
  /** How many of them are open now. */
  readonly open: () => number
  /** From now on connections meet this script, counted anew; `tls` changes the certificate, or does without TLS (`undefined`). */
  become(script: Scenario | readonly Step[], options?: HostileOptions): void
  /** Ends every connection. */
  hangUp(): void
  /** Nobody listens any more, and nobody else can take the port. */
  refuse(): Promise<void>
  /** Listens again, at the same port. */
  accept(): Promise<void>
  close(): Promise<void>
}

export interface HostileOptions {
  /** Speaks TLS with this certificate (PEM). */
  readonly tls?: { readonly key: string; readonly cert: string } | undefined
}

/** Starts a server on a free port of 127.0.0.1. A list of steps alone is the script of every connection. */
export async function openHostileUpstream(
  script: Scenario | readonly Step[],
  options: HostileOptions = {},
): Promise<HostileUpstream> {
  const requests: ReceivedRequest[] = []
  const sockets = new Set<Socket>()
  let scenario = scenarioOf(script)
  let { tls } = options
  let count = 0
  let scenarioFrom = 0
  let placeholder: Socket | undefined

  function accept(socket: Socket): void {
    const connection = count
    count += 1
    // A client that leaves is what many scripts are about.
    socket.on('error', () => {})
    const { connections, afterwards } = scenario
    const steps =
      connections[connection - scenarioFrom] ?? (afterwards === 'repeat-last' ? connections.at(-1) : undefined)
    const conversation = converse(socket, (raw) => requests.push({ ...parseRequest(raw), connection, raw }))
    void conversation(steps ?? [{ close: 'rst' }])
  }

  function acceptTls(socket: Socket, { key, cert }: { readonly key: string; readonly cert: string }): void {
    socket.on('error', () => {})
    const secured = new TLSSocket(socket, { isServer: true, secureContext: createSecureContext({ key, cert }) })
    secured.on('error', () => {})
    secured.allowHalfOpen = true
    secured.once('secure', () => accept(secured))
  }

  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    // Below TLS, so that handshakes which fail are known too.
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    if (tls === undefined) accept(socket)
    else acceptTls(socket, tls)
  })
  const listen = (at: number) => once(server.listen(at, '127.0.0.1'), 'listening')
  await listen(0)
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}/`,
    port,
    requests,
    connections: () => count,
    open: () => sockets.size,
    become(next, more = { tls }) {
      scenario = scenarioOf(next)
      scenarioFrom = count
      tls = more.tls
    },
    hangUp() {
      for (const socket of sockets) socket.destroy()
    },
    async refuse() {
      // The system gives a port with an open connection to nobody else.
      scenario = scenarioOf([{ hang: true }])
      placeholder = connect(port, '127.0.0.1').on('error', () => {})
      await Promise.all([once(placeholder, 'connect'), once(server, 'connection')])
      server.close()
    },
    async accept() {
      await listen(port)
      placeholder?.destroy()
    },
    async close() {
      placeholder?.destroy()
      for (const socket of sockets) socket.destroy()
      if (!server.listening) return
      server.close()
      await once(server, 'close')
    },
  }
}

function scenarioOf(script: Scenario | readonly Step[]): Scenario {
  return 'connections' in script ? script : { connections: [script], afterwards: 'repeat-last' }
}

/** Goes through steps on `socket`; ends quietly as soon as the other side is gone. */
function converse(socket: Socket, record: (raw: string) => void): (steps: readonly Step[]) => Promise<void> {
  let received = ''
  let current: Pick<ReceivedRequest, 'path' | 'headers'> = { path: '', headers: {} }
  let wake: (() => void) | undefined
  const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()))
  socket.on('data', (chunk) => {
    received += chunk.toString('latin1')
    wake?.()
  })
  socket.on('end', () => wake?.())

  /** false: it will not come any more. */
  async function request(): Promise<boolean> {
    let end = received.indexOf('\r\n\r\n')
    while (end === -1) {
      if (socket.readableEnded || socket.destroyed) {
        socket.end()
        return false
      }
      await Promise.race([closed, new Promise<void>((resolve) => (wake = resolve))])
      end = received.indexOf('\r\n\r\n')
    }
    record(received.slice(0, end))
    current = parseRequest(received.slice(0, end))
    received = received.slice(end + 4)
    return true
  }

  async function write(bytes: string | Buffer): Promise<void> {
    if (!socket.write(bytes))
      await Promise.race([closed, new Promise<void>((resolve) => socket.once('drain', resolve))])
  }

  async function pause(ms: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    await Promise.race([closed, new Promise((resolve) => (timer = setTimeout(resolve, ms)))])
    clearTimeout(timer)
  }

  /** false: the conversation is over. */
  async function perform(step: Step): Promise<boolean> {
    if (socket.destroyed) return false
    if ('send' in step) await write(step.send)
    else if ('drip' in step) {
      for (let at = 0; at < step.drip.length && !socket.destroyed; at += step.bytes) {
        await write(step.drip.subarray(at, at + step.bytes))
        await pause(step.everyMs)
      }
    } else if ('waitMs' in step) await pause(step.waitMs)
    else if ('waitRequest' in step) return request()
    else if ('hang' in step) await closed
    else if ('site' in step) return visit(step.site)
    else if ('rest' in step) await write(restOf(step.rest, current.headers['range'], step.headers))
    else if ('close' in step) {
      if (step.close === 'rst') socket.resetAndDestroy()
      else socket.end()
      if (step.close === 'fin') socket.destroySoon()
      return step.close === 'half'
    } else {
      for (let round = 0; step.repeat === 'forever' || round < step.repeat; round += 1) {
        for (const inner of step.steps) if (!(await perform(inner))) return false
        // A script without waiting must not keep everybody else from their turn.
        await new Promise(setImmediate)
      }
    }
    return !socket.destroyed
  }

  /** Answers until the connection is over, which is what false says. */
  async function visit(site: Site): Promise<boolean> {
    while (await request()) {
      const there = site[current.path] ?? NOT_THERE
      const steps: readonly Step[] = Buffer.isBuffer(there)
        ? [{ send: there }, ...(says(there, 'connection: close') ? [{ close: 'fin' } as const] : [])]
        : there
      for (const step of steps) if (!(await perform(step))) return false
    }
    return false
  }

  return async (steps) => {
    for (const step of steps) if (!(await perform(step))) return
  }
}

function restOf(
  bytes: Buffer,
  range: string | undefined,
  headers: Readonly<Record<string, string | undefined>> = {},
): Buffer {
  const from = /^bytes=(\d+)-$/.exec(range ?? '')?.[1]
  if (from === undefined) return answer(200, headers, bytes)
  const contentRange = `bytes ${from}-${bytes.length - 1}/${bytes.length}`
  return answer(206, { 'content-range': contentRange, ...headers }, bytes.subarray(Number(from)))
}

function says(answer: Buffer, field: string): boolean {
  return answer.subarray(0, answer.indexOf('\r\n\r\n')).includes(`\r\n${field}`)
}

function parseRequest(raw: string): Pick<ReceivedRequest, 'method' | 'path' | 'headers'> {
  const [start = '', ...lines] = raw.split('\r\n')
  const [method = '', path = ''] = start.split(' ')
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  )
  return { method, path, headers }
}

/** The bytes of an answer. `content-length` is added where neither it nor `transfer-encoding` is given; undefined leaves a header out. */
export function answer(
  status: number,
  headers: Readonly<Record<string, string | undefined>> = {},
  body: string | Buffer = '',
): Buffer {
  const bytes = Buffer.from(body)
  const all = { ...('transfer-encoding' in headers ? {} : { 'content-length': String(bytes.length) }), ...headers }
  const lines = Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]))
  return Buffer.concat([Buffer.from([`HTTP/1.1 ${status} .`, ...lines, '', ''].join('\r\n'), 'latin1'), bytes])
}

const NOT_THERE = answer(404, { connection: 'close' })

/** Answers each request of a connection with the next of `answers`, and the last one for ever. */
export function serve(...answers: readonly (string | Buffer)[]): Step[] {
  const steps = answers.map((bytes): Step[] => [{ waitRequest: true }, { send: bytes }])
  return [...steps.slice(0, -1).flat(), { repeat: 'forever', steps: steps.at(-1) ?? [] }]
}

export const JSON_TYPE = 'application/vnd.pypi.simple.v1+json'
export const HTML_TYPE = 'application/vnd.pypi.simple.v1+html'

/** A project page in JSON that lists `filenames`, each at `files/NAME` beside the page's own folder. */
export function jsonPage(name: string, filenames: readonly string[] = []): string {
  const files = filenames.map((filename) => ({ filename, url: `../../files/${filename}`, hashes: {} }))
  return JSON.stringify({ meta: { 'api-version': '1.1' }, name, versions: [], files })
}

/** The same page in HTML. */
export function htmlPage(name: string, filenames: readonly string[] = []): string {
  const links = filenames.map((filename) => `<a href="../../files/${filename}">${filename}</a><br>`).join('\n')
  return `<!DOCTYPE html>\n<html><head><title>Links for ${name}</title></head><body>\n<h1>Links for ${name}</h1>\n${links}\n</body></html>\n`
}

/** The answer with a project page in JSON. */
export function jsonAnswer(
  name: string,
  filenames?: readonly string[],
  headers: Readonly<Record<string, string>> = {},
): Buffer {
  return answer(200, { 'content-type': JSON_TYPE, ...headers }, jsonPage(name, filenames))
}

/** The answer with a page that is compressed. */
export function gzipped(page: string | Buffer, headers: Readonly<Record<string, string>> = {}): Buffer {
  return answer(200, { 'content-type': JSON_TYPE, 'content-encoding': 'gzip', ...headers }, gzipSync(page))
}

/** The first `bytes` of the body of `whole`, under the headers of all of it; the connection must be closed after it. */
export function truncated(whole: Buffer, bytes: number): Buffer {
  return whole.subarray(0, whole.indexOf('\r\n\r\n') + 4 + bytes)
}

/** A chunked answer; `bad` makes its end wrong: a size that is no number, or no last chunk. */
export function chunked(
  body: string | Buffer,
  options: { readonly bad?: 'size' | 'noend'; readonly headers?: Readonly<Record<string, string>> } = {},
): Buffer {
  const bytes = Buffer.from(body)
  const end = options.bad === 'size' ? 'xyz\r\n' : options.bad === 'noend' ? '' : '0\r\n\r\n'
  const head = answer(200, { 'content-type': JSON_TYPE, ...options.headers, 'transfer-encoding': 'chunked' })
  return Buffer.concat([head, Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from(`\r\n${end}`)])
}
