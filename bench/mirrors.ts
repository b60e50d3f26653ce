/** What an outage costs an upstream at six addresses: the first pages, those once it is known, and until the own one is used again. */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { assemble } from '../src/assemble.ts'
import { openData } from '../src/cli/data.ts'
import { readRules } from '../src/config/read-rules.ts'
import { listen } from '../src/http/server.ts'
import { silent } from '../src/log/report.ts'
import { type FailingUpstream, NO_OUTAGE, OUTAGES } from './failing-upstream.ts'
import { type Row, row } from './figures.ts'
import { topic } from './harness.ts'
import { ask } from './page-answers.ts'
import { JSON_TYPE } from './real-pages.ts'

const TOPIC = 'mirrors'
const MIRRORS = 5
const BEFORE = 40
const FIRST = 5
const OUT_FOR_MS = 12_000
const EVERY_MS = 25
const BACK_WITHIN_MS = 15_000

/** How many of the six are out; the own address is one of them. */
const SIZES = { 'its own address': 1, 'half of six addresses, its own among them': 3, 'all but one': 6 - 1 }

interface Measured {
  readonly beforeMs: readonly number[]
  readonly firstMs: readonly number[]
  readonly laterMs: readonly number[]
  readonly failed: number
  readonly backMs: number
}

await topic(async (bench) => {
  const outages = ['accepts and says nothing', 'refuses connections', 'answers 503', 'resets the connection']
  const cases = outages.flatMap((outage) => Object.entries(SIZES).map(([who, count]) => ({ outage, who, count })))
  const rows: Row[] = []
  for (const [i, { outage, who, count }] of cases.entries()) {
    const open = OUTAGES[outage]
    if (open === undefined) continue
    const servers = await Promise.all(
      Array.from({ length: MIRRORS + 1 }, (_, at) => (at < count ? open() : NO_OUTAGE())),
    )
    const measured = await measure(servers, count, join(bench.folder, String(i)))
    rows.push(...rowsOf(`${who} ${outage}`, measured))
  }
  return rows
})

function rowsOf(what: string, { beforeMs, firstMs, laterMs, failed, backMs }: Measured): Row[] {
  const made = (title: string, values: readonly number[], { goal, against, unit = 'ms' }: Made = {}) =>
    row({
      topic: TOPIC,
      case: `${what}: ${title}`,
      contender: 'Unidex',
      unit,
      values,
      goal,
      against: against && { name: 'before', values: against },
    })
  return [
    made(`slowest of the first ${FIRST} cold pages`, [Math.max(...firstMs)], {
      goal: '≤ before + 1200 ms',
      against: [Math.max(...beforeMs)],
    }),
    made('cold pages later', laterMs, { goal: '≤ before + 5 ms', against: beforeMs }),
    made('99 of 100 cold pages later', [most(laterMs)], { against: [most(beforeMs)] }),
    made('pages that failed', [failed], { goal: '≤ 0 pages', unit: 'pages' }),
    made('until its own address is used again', [backMs], { goal: '≤ 5000 ms' }),
  ]
}

interface Made {
  readonly goal?: string
  readonly against?: readonly number[]
  readonly unit?: string
}

/** What 99 of 100 are below. */
function most(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * 0.99)] ?? Number.NaN
}

async function measure(servers: readonly FailingUpstream[], out: number, folder: string): Promise<Measured> {
  const [own, ...mirrors] = servers.map(({ url }) => url)
  const text = JSON.stringify({
    upstreams: { up: { url: own, mirrors } },
    indexes: { default: { upstreams: ['up'] } },
  })
  const opened = await openData(
    { data: folder, cacheBytes: Infinity, newState: false },
    { report: silent, environment: {} },
  )
  const unidex = assemble({
    config: readRules(text, { file: 'merge-rules.json', strict: false }),
    ...opened,
    report: silent,
    environment: {},
    userAgent: 'unidex/bench',
    offline: false,
    loopbackOnly: true,
    now: Date.now,
  })
  const server = await listen(unidex.handle, { host: '127.0.0.1', port: 0 })
  let project = 0
  let failed = 0
  /** Of a project that nobody asked for before. */
  async function coldPage(): Promise<number> {
    const startedAt = performance.now()
    project += 1
    const answer = await ask(`${server.origin}/simple/lib-${project}/`, { Accept: JSON_TYPE })
    if (answer.status !== 200) failed += 1
    return performance.now() - startedAt
  }
  async function pages(count: number): Promise<number[]> {
    const all: number[] = []
    for (let i = 0; i < count; i += 1) all.push(await coldPage())
    return all
  }
  const stateOfOwn = () =>
    unidex
      .current()
      .upstreams[0]?.mirrors()
      .find(({ isOwn }) => isOwn)?.state

  try {
    const beforeMs = (await pages(BEFORE)).slice(10)
    await Promise.all(servers.slice(0, out).map((each) => each.fail()))
    const outAt = performance.now()
    const firstMs = await pages(FIRST)
    const laterMs: number[] = []
    while (performance.now() < outAt + OUT_FOR_MS) {
      laterMs.push(await coldPage())
      await sleep(EVERY_MS)
    }
    await Promise.all(servers.slice(0, out).map((each) => each.recover()))
    const backAt = performance.now()
    while (stateOfOwn() !== 'ready' && performance.now() < backAt + BACK_WITHIN_MS) {
      await coldPage()
      await sleep(EVERY_MS)
    }
    return { beforeMs, firstMs, laterMs, failed, backMs: performance.now() - backAt }
  } finally {
    await server.drain(0)
    for (const each of servers) each.close()
    await unidex.close(0)
    await opened.close()
  }
}
