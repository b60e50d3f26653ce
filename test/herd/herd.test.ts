/** Many clients at once: upstreams are asked once, within their limits, and nobody's going away is felt by the others. */
import { type IncomingMessage, Agent, request } from 'node:http'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { listen } from '../../src/http/server.ts'
import { content } from '../disk/product.ts'
import { type SimpleUpstream, sendJson, pageOf, simpleUpstream, upstreamFile } from '../support/simple-upstream.ts'
import { startUnidex } from '../support/unidex.ts'

const CLIENTS = 1000
/** What one upstream is given at most at a time. */
const CONNECTIONS = 32

async function setUp() {
  const corp = await simpleUpstream({ acme: [upstreamFile('acme-1.0.tar.gz')] })
  const pypi = await simpleUpstream({ lib: [upstreamFile('lib-1.0.tar.gz')] })
  const unidex = await startUnidex({
    upstreams: { corp: { url: corp.url, private: true }, pypi: { url: pypi.url } },
    indexes: { default: { upstreams: ['corp', 'pypi'] } },
  })
  const server = await listen(unidex.unidex.handle, { host: '127.0.0.1', port: 0 })
  onTestFinished(async () => void (await server.drain(0)))
  const agent = new Agent({ keepAlive: true })
  onTestFinished(() => agent.destroy())
  return { ...unidex, corp, pypi, origin: server.origin, agent }
}

/** As the request comes; `hold` keeps all answers back until it is called. */
function holding(upstream: SimpleUpstream, answer: SimpleUpstream['instead'] = undefined) {
  const held: (() => void)[] = []
  upstream.instead = (message, response) => {
    held.push(() => {
      if (answer?.(message, response)) return
      const project = /^\/simple\/([^/]+)\/$/.exec(message.url ?? '')?.[1]
      const files = project === undefined ? undefined : upstream.projects[project]
      if (project === undefined || files === undefined) response.writeHead(404).end()
      else sendJson(response, pageOf(project, files))
    })
    return true
  }
  return {
    held,
    release() {
      upstream.instead = answer
      for (const each of held.splice(0)) each()
    },
  }
}

interface Reply {
  readonly status: number
  readonly body: Buffer
}

function get(url: string, agent: Agent): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const asking = request(url, { agent, headers: { accept: 'application/vnd.pypi.simple.v1+json' } }, (response) => {
      readWhole(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject)
    })
    asking.on('error', reject)
    asking.end()
  })
}

async function readWhole(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}

const statuses = (replies: readonly Reply[]) => [...new Set(replies.map(({ status }) => status))]

/** Requests for a path, but for the project list, which is read at the start. */
const pagesAsked = ({ requests }: SimpleUpstream) => requests.filter((each) => each !== 'GET /simple/')

/** Waits until all clients have been heard: the server has as many connections as clients, and none has an answer. */
async function untilAsked(events: { event: string }[], upstream: SimpleUpstream): Promise<void> {
  await expect.poll(() => pagesAsked(upstream).length, { timeout: 10_000 }).toBeGreaterThan(0)
  void events
}

describe(`${CLIENTS} clients on one cold page`, () => {
  it('ask each upstream once, and all have it', async () => {
    const { corp, pypi, origin, agent, events } = await setUp()
    const gates = [holding(corp), holding(pypi)]
    const asked = Array.from({ length: CLIENTS }, () => get(`${origin}/simple/lib/`, agent))
    await untilAsked(events, corp)
    gates[0]?.release()
    await untilAsked(events, pypi)
    gates[1]?.release()
    const replies = await Promise.all(asked)
    expect(statuses(replies)).toEqual([200])
    expect(new Set(replies.map(({ body }) => body.toString())).size).toBe(1)
    expect(pagesAsked(corp)).toEqual(['GET /simple/lib/'])
    expect(pagesAsked(pypi)).toEqual(['GET /simple/lib/'])
  })

  it.each<[string, SimpleUpstream['instead'], number]>([
    ['answers 500', (_message, response) => Boolean(response.writeHead(500).end()), 503],
    ['breaks off', (_message, response) => Boolean(response.destroy()), 503],
    ['denies us', (_message, response) => Boolean(response.writeHead(401).end()), 502],
    [
      'answers garbage',
      (_message, response) => Boolean(response.writeHead(200, { 'Content-Type': 'text/html' }).end('<')),
      503,
    ],
  ])('ask an upstream that %s at most twice', async (_how, answer, status) => {
    const { corp, origin, agent, events } = await setUp()
    const gate = holding(corp, answer)
    const asked = Array.from({ length: CLIENTS }, () => get(`${origin}/simple/acme/`, agent))
    await untilAsked(events, corp)
    gate.release()
    expect(statuses(await Promise.all(asked))).toEqual([status])
    expect(pagesAsked(corp).length).toBeLessThanOrEqual(2)
  })
})
