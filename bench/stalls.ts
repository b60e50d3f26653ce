/** What others notice while pages are made that are as large as any that is accepted, or refused for being junk of that size. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Row, row } from './figures.ts'
import { type Running, script, topic, watchedUnidex } from './harness.ts'
import { ask } from './page-answers.ts'
import { JSON_TYPE } from './real-pages.ts'
import type { Watched } from './watch-process.ts'

const HTML_TYPE = 'application/vnd.pypi.simple.v1+html'
/** Of anything else that somebody wants meanwhile. */
const GOAL = '≤ 50 ms'

interface Case {
  readonly what: string
  readonly project: string
  readonly accept?: string
  readonly coding?: string
  /** The server is another process, on the same data. */
  readonly restarted?: boolean
  readonly status: number
}

const CASES: readonly Case[] = [
  { what: 'nothing else', project: 'warm', status: 200 },
  { what: '64 MiB of JSON, in gzip', project: 'huge-json', coding: 'gzip', status: 200 },
  { what: 'the same as HTML', project: 'huge-json', accept: HTML_TYPE, status: 200 },
  { what: 'the same from the store', project: 'huge-json', coding: 'gzip', restarted: true, status: 200 },
  { what: '64 MiB of HTML', project: 'huge-html', coding: 'gzip', status: 200 },
  ...['brackets', 'arrays', 'entries', 'members', 'blanks', 'text', 'tags', 'markup'].map((junk) => ({
    what: `junk: ${junk}`,
    project: `junk-${junk}`,
    status: 503,
  })),
]

/** Until V8 has cleared up after the case before. */
const REST_MS = 500

await topic(async (bench) => {
  const upstream = await script(bench, 'huge-upstream')
  const pypi = { url: upstream.url, filesAt: ['https://files.pythonhosted.org/'] }
  const rules = { upstreams: { pypi }, indexes: { default: { upstreams: ['pypi'] } } }
  const start = async () => {
    const server = await watchedUnidex(bench, 'unidex', rules)
    const probe = await script(bench, 'probe', `${server.url}warm/`)
    await sleep(REST_MS)
    return { server, probe }
  }
  let { server, probe } = await start()
  const rows: Row[] = []
  for (const each of CASES) {
    if (each.restarted) {
      await Promise.all([server.stop(), probe.stop()])
      ;({ server, probe } = await start())
    }
    rows.push(...(await measure(each, server, probe, upstream.url)))
  }
  return rows
})

async function measure(
  { what, project, accept = JSON_TYPE, coding = 'identity', status }: Case,
  server: Running,
  probe: Running,
  upstream: string,
): Promise<Row[]> {
  // It makes a page when it is asked for it.
  await ask(`${upstream}${project}/`, {})
  await sleep(REST_MS)
  await Promise.all([server.tell<Watched>(), probe.tell<Probed>()])
  const startedAt = performance.now()
  const answer = await ask(`${server.url}${project}/`, { Accept: accept, 'Accept-Encoding': coding })
  const tookMs = performance.now() - startedAt
  if (answer.status !== status) throw new Error(`${project}: ${answer.status} ${answer.body.toString('utf8', 0, 500)}`)
  await sleep(REST_MS)
  const [{ stallMs, busyMs, rss }, { slowestMs }] = await Promise.all([server.tell<Watched>(), probe.tell<Probed>()])
  const common = { topic: 'stalls', contender: 'Unidex' }
  return [
    row({ ...common, case: `${what}: slowest other answer`, unit: 'ms', values: [slowestMs], goal: GOAL }),
    row({ ...common, case: `${what}: longest stall of the event loop`, unit: 'ms', values: [stallMs], goal: GOAL }),
    row({ ...common, case: `${what}: … in processor time`, unit: 'ms', values: [busyMs], goal: GOAL }),
    row({ ...common, case: `${what}: its answer`, unit: 'ms', values: [tookMs] }),
    row({ ...common, case: `${what}: memory afterwards`, unit: 'MB', values: [rss / 1e6] }),
  ]
}

interface Probed {
  readonly slowestMs: number
}
