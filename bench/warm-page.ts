/** How fast a warm project page is, beside a bare hono route that returns the same bytes with the same headers. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Prepared } from './bare-hono.ts'
import { type Row, row } from './figures.ts'
import { type Bench, type Running, inTurns, topic, unidex } from './harness.ts'
import { requestsPerSecond } from './load.ts'
import { ANSWERS, type AnswerKind, ask, headersFor } from './page-answers.ts'
import { endedCpuSeconds, usage } from './processes.ts'
import { PROJECTS, realPage, size } from './real-pages.ts'
import { startUpstream } from './upstream.ts'

const ROUNDS = 3
const SECONDS = 1
const CONNECTIONS = [1, 16, 64]

await topic(async (bench) => {
  const pages = new Map(await Promise.all(PROJECTS.map(async (each) => [each, await realPage(each)] as const)))
  const upstream = await startUpstream(pages)
  const pypi = { url: upstream.url, filesAt: ['https://files.pythonhosted.org/'] }
  const ours = await unidex(bench, 'unidex', { upstreams: { pypi }, indexes: { default: { upstreams: ['pypi'] } } })
  const rows: Row[] = []
  for (const [project, page] of pages) {
    const bare = await startBare(bench, `${ours.url}${project}/`)
    for (const answer of ANSWERS)
      for (const connections of CONNECTIONS)
        rows.push(...(await measure({ ours, bare, project, answer, connections, pageSize: size(page) })))
  }
  upstream.close()
  return rows
})

interface Case {
  readonly ours: Running
  readonly bare: Running
  readonly project: string
  readonly answer: AnswerKind
  readonly connections: number
  readonly pageSize: string
}

async function measure({ ours, bare, project, answer, connections, pageSize }: Case): Promise<Row[]> {
  const headers = await headersFor(answer, `${ours.url}${project}/`)
  if (headers === undefined) throw new Error(`Unidex gives no ${answer} of ${project}`)
  await mustAgree(`${bare.url}${project}/`, `${ours.url}${project}/`, headers)
  const loadBound = new Set<string>()
  const load = (name: string, server: Running) => async () => {
    const before = [endedCpuSeconds(), usage(server.pid)?.cpuSeconds]
    const url = `${server.url}${project}/`
    const rate = await requestsPerSecond({ url, headers, connections, seconds: SECONDS })
    const [theirs = 0, own = 0] = [endedCpuSeconds(), usage(server.pid)?.cpuSeconds].map(
      (after = 0, i) => after - (before[i] ?? 0),
    )
    // Of the two, the one that works more is what holds up the other.
    if (connections > 1 && theirs > own) loadBound.add(name)
    return rate
  }
  const values = await inTurns(
    ROUNDS,
    new Map([
      ['bare hono', load('bare hono', bare)],
      ['Unidex', load('Unidex', ours)],
    ]),
  )
  const [theirs = [], own = []] = [values.get('bare hono'), values.get('Unidex')]
  const name = (contender: string) => {
    const limit = loadBound.has(contender) ? ', the load is the limit' : ''
    return `${project}, ${pageSize}, ${answer}, ${connections} connection${connections === 1 ? '' : 's'}${limit}`
  }
  const both = { topic: 'warm page', unit: 'req/s' }
  return [
    row({ ...both, case: name('bare hono'), contender: 'bare hono', values: theirs }),
    row({
      ...both,
      case: name('Unidex'),
      contender: 'Unidex',
      values: own,
      against: { name: 'bare hono', values: theirs },
      goal: '≥ 0.85',
    }),
  ]
}

/** Gives it what Unidex answers, once that is what it will go on answering. */
async function startBare(bench: Bench, url: string): Promise<Running> {
  const all = async () => {
    const answers = ANSWERS.map(async (kind) => {
      const headers = await headersFor(kind, url)
      if (headers === undefined) throw new Error(`${url} has no ${kind}`)
      const { headers: given, body } = await ask(url, headers)
      // What the server adds by itself.
      const kept = Object.entries(given).filter(([name]) => !/^(?:date|connection|keep-alive)$/.test(name))
      return [kind, { headers: Object.fromEntries(kept), base64: body.toString('base64') }] as const
    })
    return Object.fromEntries(await Promise.all(answers)) as Prepared
  }
  // A page is compressed quickly first and well behind; and code that has run is faster.
  const headers = await headersFor('gzip', url)
  await requestsPerSecond({ url, headers: headers ?? {}, connections: 16, seconds: 2 })
  const file = join(bench.folder, `prepared-${Date.now()}.json`)
  writeFileSync(file, JSON.stringify(await all()))
  const program = fileURLToPath(new URL('./bare-hono.ts', import.meta.url))
  const bare = await bench.start({ name: 'bare-hono', command: [process.execPath, program, file] })
  await requestsPerSecond({ url: `${bare.url}page/`, headers: headers ?? {}, connections: 16, seconds: 2 })
  return bare
}

/** A comparison of different answers would say nothing. */
async function mustAgree(one: string, other: string, headers: Record<string, string>): Promise<void> {
  const [a, b] = await Promise.all([one, other].map((url) => ask(url, headers)))
  if (a?.status !== b?.status || a?.body.equals(b?.body ?? Buffer.alloc(0)) !== true)
    throw new Error(`${one} and ${other} answer differently`)
}
