/** The port: accepts requests, and ends without cutting one off. */
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import type { Handler } from './app.ts'

export interface ServerOptions {
  readonly host: string
  /** 0: a free one. */
  readonly port: number
}

export interface RunningServer {
  /** `http://127.0.0.1:8642`, without a slash at the end. */
  readonly origin: string
  /** Accepts nothing more, waits for requests under way, and cuts what is left after `deadlineMs`. How many that were. */
  drain(deadlineMs: number): Promise<number>
}

/** A client that sends slower than this is not one that we can serve. All in ms. */
const LIMITS = {
  headersTimeout: 10_000,
  requestTimeout: 15_000,
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 1000,
}

/** Resolves as soon as requests are accepted. @throws the system's error where the port cannot be had */
export function listen(handler: Handler, { host, port }: ServerOptions): Promise<RunningServer> {
  // Both ends speak HTTP/1.1 without TLS: what stands in front of a company's proxy does that.
  const server = createAdaptorServer({ fetch: handler, overrideGlobalObjects: false, serverOptions: LIMITS }) as Server
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      const address = server.address() as AddressInfo
      const name = address.family === 'IPv6' ? `[${address.address}]` : address.address
      resolve({ origin: `http://${name}:${address.port}`, drain: (deadlineMs) => drain(server, deadlineMs) })
    })
  })
}

function drain(server: Server, deadlineMs: number): Promise<number> {
  return new Promise((resolve) => {
    let cut = 0
    const timer = setTimeout(() => {
      server.getConnections((_error, count) => {
        cut = count
        server.closeAllConnections()
      })
    }, deadlineMs)
    server.close(() => {
      clearTimeout(timer)
      resolve(cut)
    })
    server.closeIdleConnections()
  })
}
