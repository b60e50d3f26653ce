/** The port: accepts requests within limits, and ends without cutting one off. */
import { type Server, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type HttpBindings, getRequestListener } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { type Report, silent } from '../log/report.ts'
import type { Handler } from './app.ts'
import type { AtHand, WholeAnswer } from './at-hand.ts'
import { type ConnectionLimits, type Connections, trackConnections } from './connections.ts'
import { refusal } from './request-line.ts'
import { send } from './send.ts'
import { isStreamed } from './streamed.ts'

export interface ServerOptions {
  readonly host: string
  /** 0: a free one. */
  readonly port: number
  readonly limits?: Partial<ServerLimits>
  /** Looked at first: what it has is written at once. Default: nothing is at hand. */
  readonly atHand?: AtHand
  readonly report?: Report
}

/** What a client may take its time for, and how much there may be of it. Times in ms. */
export interface ServerLimits extends ConnectionLimits {
  /** From the first moment of a connection, or the first byte of a later request, to the end of its head. */
  readonly headersTimeout: number
  /** The same for a whole request; no request that we answer has a body. */
  readonly requestTimeout: number
  /** How long a connection may wait for its next request. */
  readonly keepAliveTimeout: number
  /** How often the first two are looked at. */
  readonly connectionsCheckingInterval: number
  /** How long a client may take nothing of what it asked for. */
  readonly stallMs: number
}

const LIMITS: ServerLimits = {
  headersTimeout: 10_000,
  requestTimeout: 10_000,
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 1000,
  stallMs: 30_000,
  maxRequestsPerSocket: 1000,
  maxConnections: 10_000,
  graceMs: 1000,
}

/** Bytes of a request's head, its target among them. */
const MAX_HEADER_BYTES = 16 * 1024

export interface RunningServer {
  /** `http://127.0.0.1:8642`, without a slash at the end. */
  readonly origin: string
  /** What its connections are, and have sent. */
  traffic: Connections['traffic']
  /** Accepts nothing more, waits for requests under way, and cuts what is left after `deadlineMs`. How many that were. */
  drain(deadlineMs: number): Promise<number>
}

/** Resolves as soon as requests are accepted. @throws the system's error where the port cannot be had */
export function listen(
  handler: Handler,
  { host, port, limits, atHand = () => undefined, report = silent }: ServerOptions,
): Promise<RunningServer> {
  const { server, connections } = openServer({ handler, atHand, limits: { ...LIMITS, ...limits }, report })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      const address = server.address() as AddressInfo
      const name = address.family === 'IPv6' ? `[${address.address}]` : address.address
      const { traffic, drain } = connections
      resolve({ origin: `http://${name}:${address.port}`, traffic, drain })
    })
  })
}

/** Both ends speak HTTP/1.1 without TLS: what stands in front of a company's proxy does that. */
function openServer({
  handler,
  atHand,
  limits,
  report,
}: {
  readonly handler: Handler
  readonly atHand: AtHand
  readonly limits: ServerLimits
  readonly report: Report
}): { readonly server: Server; readonly connections: Connections } {
  const answer = answering(handler, limits)
  const { headersTimeout, requestTimeout, keepAliveTimeout, connectionsCheckingInterval } = limits
  const server = createServer({
    headersTimeout,
    requestTimeout,
    keepAliveTimeout,
    connectionsCheckingInterval,
    maxHeaderSize: MAX_HEADER_BYTES,
    // Whatever the process was started with.
    insecureHTTPParser: false,
  })
  const connections = trackConnections(server, limits)
  server.on('timeout', (socket) => {
    const [outgoing] = connections.underway(socket)
    if (outgoing !== undefined) report('info', 'client_slow', { path: outgoing.req.url?.replace(/\?.*/s, '') })
    socket.destroy()
  })
  server.on('request', (incoming, outgoing) => {
    connections.began(outgoing)
    const refused = refusal(incoming)
    if (refused === undefined) {
      const whole = atHand(incoming)
      if (whole === undefined) void answer(incoming, outgoing)
      else sendWhole(whole, outgoing, limits.stallMs)
      return
    }
    const { status, code, reason } = refused
    report('warn', 'request_refused', { code, status })
    refuse(outgoing, status, reason)
  })
  return { server, connections }
}

/**
 * From Node's messages to the handler's and back. An answer that is at hand is handed over in one go, by the adapter, which
 * is fastest where nothing is awaited; what comes bit by bit is sent as fast as its reader takes it.
 */
function answering(handler: Handler, { stallMs }: ServerLimits) {
  return getRequestListener((request, bindings) => {
    // The other bindings are those of HTTP/2.
    const { outgoing } = bindings as HttpBindings
    function hand(response: Response): Response | Promise<Response> {
      // What the adapter leaves out. Looked at for errors alone: they are the ones that have words of their own.
      if (response.status >= 400 && response.statusText !== '') outgoing.statusMessage = response.statusText
      if (isStreamed(response)) return send(response, outgoing, stallMs).then(() => RESPONSE_ALREADY_SENT)
      // Only from here on it is the client that is waited for.
      outgoing.setTimeout(stallMs)
      return response
    }
    const response = handler(request)
    return response instanceof Promise ? response.then(hand) : hand(response)
  })
}

function sendWhole({ status, headers, body }: WholeAnswer, outgoing: ServerResponse, stallMs: number): void {
  outgoing.writeHead(status, headers).end(body)
  if (!outgoing.writableFinished) outgoing.setTimeout(stallMs)
}

/** The connection ends with it: where a request was not understood, nobody knows where the next one begins. */
function refuse(outgoing: ServerResponse, status: number, reason: string): void {
  const text = `${reason}\n`
  outgoing
    .writeHead(status, {
      'Content-Type': 'text/plain; charset=utf-8',
      'Content-Length': text.length,
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
      Connection: 'close',
    })
    .end(text)
}
