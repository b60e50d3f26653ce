/** What a second worker gives, beside one process. Load, upstream and workers share the machine's cores: with two, there is little to have. */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { type Server, createServer } from 'node:http'
import { cpus } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Row, median, row } from './figures.ts'
import { readFiles } from './file-reader.ts'
import { type Bench, type Running, inTurns, topic, unidex } from './harness.ts'
import { requestsPerSecond } from './load.ts'
import { ask } from './page-answers.ts'
import { usage } from './processes.ts'
import { JSON_TYPE, realPage, renamed } from './real-pages.ts'
import { startUpstream } from './upstream.ts'

const TOPIC = 'workers'
const ROUNDS = 5
const SECONDS = 1
const FILE = 'large-1.0-py3-none-any.whl'
const FILE_BYTES = 100_000_000
/** Cold pages of 4,400 files that are asked for in a round, one after the other. */
const LARGE_PAGES = 10
/** Of that, so that upstream and load fit into memory. */
const LARGE_ROUNDS = 3
const GZIP = { Accept: JSON_TYPE, 'Accept-Encoding': 'gzip' }
const ONE = '1 process'
const TWO = '2 workers'

await topic(async (bench) => {
  const numpy = await realPage('numpy')
  const large = Array.from({ length: LARGE_PAGES * LARGE_ROUNDS }, (_, i) => `num${letter(i / 26)}${letter(i % 26)}`)
  const pages = new Map([
    ['requests', await realPage('requests')],
    ...large.map((name) => [name, renamed(numpy, 'numpy', name)] as const),
  ])
  const upstream = await startUpstream(pages)
  const files = await startFileUpstream()
  try {
    return await measureAll(bench, { pages: upstream.url, files: files.url, large })
  } finally {
    upstream.close()
    files.server.close().closeAllConnections()
  }
})

function letter(i: number): string {
  return String.fromCharCode(97 + Math.floor(i))
}

interface Upstreams {
  readonly pages: string
  readonly files: string
  /** Projects. */
  readonly large: readonly string[]
}

async function measureAll(bench: Bench, { pages, files, large }: Upstreams): Promise<Row[]> {
  const rules = {
    upstreams: { pypi: { url: pages, filesAt: ['https://files.pythonhosted.org/'] }, files: { url: files } },
    indexes: { default: { upstreams: ['pypi'] }, large: { upstreams: ['files'] } },
  }
  const servers = new Map<string, Running>([
    [ONE, await unidex(bench, 'one', rules)],
    [TWO, await unidex(bench, 'two', rules, '--workers', '2')],
  ])
  const rows: Row[] = []

  async function compare(
    name: string,
    unit: string,
    rounds: number,
    measure: (server: Running, round: number) => Promise<number>,
  ) {
    const contenders = [...servers].map(([each, server]) => [each, (round: number) => measure(server, round)] as const)
    const values = await inTurns(rounds, new Map(contenders))
    const [one = [], two = []] = [values.get(ONE), values.get(TWO)]
    const common = { topic: TOPIC, case: `${name}, ${cpus().length} cores for all`, unit }
    rows.push(row({ ...common, contender: ONE, values: one }))
    rows.push(row({ ...common, contender: TWO, values: two, against: { name: ONE, values: one } }))
  }

  const memory = (server: Running) => (usage(server.pid)?.rssBytes ?? 0) / 1e6
  await sleep(1000)
  await compare('resident memory when idle, all processes', 'MB', 1, async (server) => memory(server))

  const page = (server: Running, connections: number, more: Record<string, string> = {}) =>
    requestsPerSecond({ url: `${server.url}requests/`, headers: { ...GZIP, ...more }, connections, seconds: SECONDS })
  // Each worker has to have made it once, and the better compressed one as well.
  for (const server of servers.values()) for (let i = 0; i < 3; i += 1) await page(server, 16, { Connection: 'close' })
  for (const connections of [1, 16, 64])
    await compare(`warm page, gzip, ${connections} at once`, 'req/s', ROUNDS, (server) => page(server, connections))
  await compare('warm page, gzip, 16 at once, a connection each time', 'req/s', ROUNDS, (server) =>
    page(server, 16, { Connection: 'close' }),
  )

  const path = `/large/files/files/${new URL(files).host}/${FILE}`
  for (const readers of [1, 4])
    await compare(`warm file of 100 MB, ${readers} at once`, 'MB/s', ROUNDS, async (server) => {
      const paths = Array.from({ length: readers }, () => path)
      const { bytes, ms } = await readFiles({ origin: new URL(server.url).origin, paths, connections: readers })
      return bytes / ms / 1000
    })

  await compare(
    'warm page on a new connection while large ones are made, 99th percentile',
    'ms',
    LARGE_ROUNDS,
    (server, round) => latencyBeside(server, large.slice(round * LARGE_PAGES, (round + 1) * LARGE_PAGES)),
  )
  await compare('resident memory afterwards, all processes', 'MB', 1, async (server) => memory(server))
  return rows
}

/** How long one client in a hundred waits for a small page at most, while the others are asked for the first time. */
async function latencyBeside({ url }: Running, large: readonly string[]): Promise<number> {
  const over = new AbortController()
  const waits: number[] = []
  async function askSmall(): Promise<void> {
    while (!over.signal.aborted) {
      const startedAt = performance.now()
      await ask(`${url}requests/`, GZIP)
      waits.push(performance.now() - startedAt)
      await sleep(2)
    }
  }
  const asking = askSmall()
  for (const project of large) await ask(`${url}${project}/`, GZIP)
  over.abort()
  await asking
  if (waits.length < 20)
    throw new Error(`Only ${waits.length} requests were answered meanwhile: ${median(waits)} ms each`)
  return waits.toSorted((a, b) => a - b)[Math.floor(waits.length * 0.99)] ?? Number.NaN
}

/** An upstream with one project of one large file. */
async function startFileUpstream(): Promise<{ server: Server; url: string }> {
  const bytes = Buffer.alloc(FILE_BYTES, 'wheel')
  const hashes = { sha256: createHash('sha256').update(bytes).digest('hex') }
  const file = { filename: FILE, url: `/${FILE}`, hashes, size: bytes.length }
  const page = JSON.stringify({ meta: { 'api-version': '1.1' }, name: 'large', versions: ['1.0'], files: [file] })
  const server = createServer((request, response) => {
    if (request.url === '/simple/large/')
      response.writeHead(200, { 'Content-Type': JSON_TYPE, 'Cache-Control': 'max-age=600' }).end(page)
    else if (request.url === `/${FILE}`) response.writeHead(200, { 'Content-Length': bytes.length }).end(bytes)
    else response.writeHead(404).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The upstream has no port')
  return { server, url: `http://127.0.0.1:${address.port}/simple/` }
}
