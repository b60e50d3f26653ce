/** A server on a port with two upstreams whose answers a test can hold back, and clients who may leave. */
import { type ClientRequest, type IncomingMessage, Agent, request } from 'node:http'
import { onTestFinished } from 'vitest'
import { listen } from '../../src/http/server.ts'
import { type SimpleUpstream, pageOf, sendJson, simpleUpstream, upstreamFile } from '../support/simple-upstream.ts'
import { startUnidex } from '../support/unidex.ts'

/** What a product does soon, on a machine that is busy. */
export const SOON = { timeout: 10_000, interval: 20 }

export async function openCrowd() {
  const corp = await simpleUpstream({ acme: [upstreamFile('acme-1.0.tar.gz')] })
  const pypi = await simpleUpstream({ lib: [upstreamFile('lib-1.0.tar.gz')] })
  const product = await startUnidex({
    upstreams: { corp: { url: corp.url, private: true }, pypi: { url: pypi.url } },
    indexes: { default: { upstreams: ['corp', 'pypi'] } },
  })
  const server = await listen(product.unidex.handle, { host: '127.0.0.1', port: 0 })
  const agent = new Agent({ keepAlive: true })
  onTestFinished(async () => {
    agent.destroy()
    await server.drain(0)
  })
  return { ...product, corp, pypi, visit: (path: string) => visit(server.origin + path, agent) }
}

export interface Visit {
  readonly status: number
  readonly body: Buffer
}

/** A client. `begun` resolves with the head of its answer; `leave` is closing the window. */
export interface Visitor {
  readonly begun: Promise<number>
  readonly whole: Promise<Visit>
  leave(): void
}

function visit(url: string, agent: Agent): Visitor {
  const asking: ClientRequest = request(url, { agent, headers: { accept: 'application/vnd.pypi.simple.v1+json' } })
  const head = new Promise<IncomingMessage>((resolve, reject) => {
    asking.on('response', resolve)
    asking.on('error', reject)
  })
  asking.end()
  const begun = head.then(({ statusCode = 0 }) => statusCode)
  const whole = head.then(async (response) => ({ status: response.statusCode ?? 0, body: await readWhole(response) }))
  for (const each of [begun, whole]) each.catch(() => undefined)
  return { begun, whole, leave: () => void asking.destroy() }
}

async function readWhole(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}

export interface Gate {
  /** Questions that wait. */
  readonly waiting: () => number
  /** Lets those who wait, and all who come, have their answer. */
  open(): void
}

/** Holds back the pages of an upstream, or what `answer` says in their place. */
export function hold(upstream: SimpleUpstream, answer?: SimpleUpstream['instead']): Gate {
  const held: (() => void)[] = []
  const isPage = (message: IncomingMessage) => projectIn(message.url) !== undefined
  upstream.instead = (message, response) => {
    const project = projectIn(message.url)
    if (project === undefined) return false
    held.push(() => {
      if (answer?.(message, response)) return
      const files = upstream.projects[project]
      if (files === undefined) response.writeHead(404).end()
      else sendJson(response, pageOf(project, files))
    })
    return true
  }
  return {
    waiting: () => held.length,
    open() {
      upstream.instead = (message, response) => isPage(message) && answer?.(message, response)
      for (const each of held.splice(0)) each()
    },
  }
}

export function projectIn(path: string | undefined): string | undefined {
  return /^\/simple\/([^/]+)\/$/.exec(path ?? '')?.[1]
}

/** Requests for pages; the project list is read at the start anyway. */
export function pagesAsked({ requests }: SimpleUpstream): string[] {
  return requests.filter((each) => each !== 'GET /simple/')
}
