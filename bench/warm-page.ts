/** How fast a warm project page is, beside a bare hono route that returns the same bytes: `npm run bench`. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type Server, createServer } from 'node:http'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { largePage } from './large-page.ts'
import { generator, requestsPerSecond } from './load.ts'

const ROUNDS = 3
const SECONDS = 1
const CONNECTIONS = [1, 16, 64]
const JSON_TYPE = 'application/vnd.pypi.simple.v1+json'

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))

/** Upstream pages by project. */
const PAGES: Readonly<Record<string, Buffer>> = {
  requests: readFileSync(path('../test/fixtures/pages/pypi.org/requests.json')),
  numpy: largePage('numpy'),
}

interface Case {
  readonly project: string
  readonly answer: 'identity' | 'gzip' | '304'
  readonly connections: number
}

const folder = mkdtempSync(join(tmpdir(), 'unidex-bench-'))
const children: ChildProcess[] = []
const upstream = await startUpstream()
try {
  await measureAll()
} finally {
  for (const child of children) child.kill()
  upstream.server.close()
  upstream.server.closeAllConnections()
  rmSync(folder, { recursive: true, force: true })
}

async function measureAll(): Promise<void> {
  const unidex = await startUnidex()
  console.log(
    `${new Date().toISOString().slice(0, 10)}, Node ${process.versions.node}, ${cpus().length} cores, load by ${generator} on the same machine`,
  )
  console.log(`Requests per second: median (least–most) of ${ROUNDS} rounds of ${SECONDS} s, in turns.\n`)
  console.log('| page | answer | connections | bare hono | Unidex | ratio |')
  console.log('|---|---|--:|--:|--:|--:|')
  for (const project of Object.keys(PAGES)) {
    const page = await fetch(`${unidex}${project}/`, { headers: { Accept: JSON_TYPE, 'Accept-Encoding': 'identity' } })
    if (page.status !== 200) throw new Error(`${project}: ${page.status} ${await page.text()}`)
    const bytes = Buffer.from(await page.arrayBuffer())
    const etag = page.headers.get('etag') ?? ''
    const bare = await startBare(project, bytes, etag)
    const headers = { Accept: JSON_TYPE }
    for (const [answer, more] of [
      ['identity', { 'Accept-Encoding': 'identity' }],
      ['gzip', { 'Accept-Encoding': 'gzip' }],
      ['304', { 'If-None-Match': etag, 'Accept-Encoding': 'identity' }],
    ] as const) {
      await mustAgree(`${bare}${project}/`, `${unidex}${project}/`, { ...headers, ...more })
      for (const connections of CONNECTIONS) {
        const load = (origin: string) =>
          requestsPerSecond({
            url: `${origin}${project}/`,
            headers: { ...headers, ...more },
            connections,
            seconds: SECONDS,
          })
        const [theirs, ours]: [number[], number[]] = [[], []]
        for (let round = 0; round < ROUNDS; round += 1) {
          theirs.push(await load(bare))
          ours.push(await load(unidex))
        }
        console.log(row({ project: `${project}, ${kilobytes(bytes)}`, answer, connections }, theirs, ours))
      }
    }
  }
}

function row({ project, answer, connections }: Case, theirs: readonly number[], ours: readonly number[]): string {
  const ratio = (median(ours) / median(theirs)).toFixed(2)
  return `| ${project} | ${answer} | ${connections} | ${spread(theirs)} | ${spread(ours)} | ${ratio} |`
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}

function spread(values: readonly number[]): string {
  const [middle, least, most] = [median(values), Math.min(...values), Math.max(...values)].map((each) =>
    Math.round(each).toLocaleString('en'),
  )
  return `${middle} (${least}–${most})`
}

function kilobytes(bytes: Buffer): string {
  return `${Math.round(bytes.length / 1000).toLocaleString('en')} kB`
}

/** A comparison of different answers would say nothing. */
async function mustAgree(one: string, other: string, headers: Record<string, string>): Promise<void> {
  const [a, b] = await Promise.all(
    [one, other].map(async (url) => {
      const response = await fetch(url, { headers })
      return `${response.status} ${Buffer.from(await response.arrayBuffer()).toString('base64')}`
    }),
  )
  if (a !== b) throw new Error(`${one} and ${other} answer differently`)
}

/** A stand-in for PyPI, whose pages stay fresh for as long as this takes. */
async function startUpstream(): Promise<{ server: Server; url: string }> {
  const server = createServer((request, response) => {
    const page = PAGES[/^\/simple\/([a-z]+)\/$/.exec(request.url ?? '')?.[1] ?? '']
    if (page === undefined) response.writeHead(404).end()
    else response.writeHead(200, { 'Content-Type': JSON_TYPE, 'Cache-Control': 'max-age=600' }).end(page)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return { server, url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/simple/` }
}

/** As it is served to users, its log included. Gives the address of its index. */
function startUnidex(): Promise<string> {
  const rules = join(folder, 'merge-rules.json')
  const pypi = { url: upstream.url, filesAt: ['https://files.pythonhosted.org/'] }
  writeFileSync(rules, JSON.stringify({ upstreams: { pypi }, indexes: { default: { upstreams: ['pypi'] } } }))
  return startServer([
    path('../src/cli/main.ts'),
    'serve',
    '--port',
    '0',
    '--data',
    join(folder, 'data'),
    '--rules',
    rules,
  ])
}

function startBare(project: string, bytes: Buffer, etag: string): Promise<string> {
  const [plain, zipped] = [join(folder, project), join(folder, `${project}.gz`)]
  writeFileSync(plain, bytes)
  writeFileSync(zipped, gzipSync(bytes, { level: 6 }))
  return startServer([path('./bare-hono.ts'), plain, zipped, etag])
}

function startServer(words: readonly string[]): Promise<string> {
  const log = join(folder, `${children.length}.log`)
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', openSync(log, 'w')] })
  children.push(child)
  return new Promise((resolve, reject) => {
    const ended = (code: number | null) =>
      reject(new Error(`${words[0]} ended with ${code}:\n${readFileSync(log, 'utf8')}`))
    child.once('exit', ended)
    child.stdout?.on('data', (line: Buffer) => {
      const url = /serves (\S+)/i.exec(line.toString())?.[1]
      if (url === undefined) return
      child.off('exit', ended)
      resolve(url)
    })
  })
}
