/** How long a kept page takes while its upstream hangs or is down, and how soon a fresh one comes when it is back. */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { assemble } from '../src/assemble.ts'
import { openData } from '../src/cli/data.ts'
import { readRules } from '../src/config/read-rules.ts'
import { listen } from '../src/http/server.ts'
import { silent } from '../src/log/report.ts'
import { type FailingUpstream, NO_OUTAGE, OUTAGES, smallPage } from './failing-upstream.ts'
import { type Row, row } from './figures.ts'
import { topic } from './harness.ts'
import { type RawAnswer, ask } from './page-answers.ts'
import { JSON_TYPE } from './real-pages.ts'
import { startUpstream } from './upstream.ts'

const TOPIC = 'hung-upstream'
const PROJECTS = 40
/** Asked at the same time when the outage begins; the others come one by one. */
const FIRST_WAVE = 10
const OUT_FOR_MS = 14_000
const EVERY_MS = 50
const RECOVERED_WITHIN_MS = 15_000

const CALM = 'answers as ever'

/** Whose page it is that is kept, and from when on the outage is known. */
const KINDS = {
  'a private page': { knownAfterMs: 2500, isWaitedFor: false },
  'a public page': { knownAfterMs: 2500, isWaitedFor: false },
  // A private upstream that says nothing may be slow, so that all names wait for it until its time is over.
  'a public page behind a private upstream': { knownAfterMs: 9000, isWaitedFor: true },
} as const

type Kind = keyof typeof KINDS

interface Latencies {
  readonly firstMs: readonly number[]
  readonly laterMs: readonly number[]
  readonly backMs: number
}

await topic(async (bench) => {
  const outages = Object.entries({ ...OUTAGES, [CALM]: NO_OUTAGE })
  const rows: Row[] = []
  for (const kind of Object.keys(KINDS) as Kind[]) {
    // At the same time: nearly all of it is waiting.
    const measured = await Promise.all(
      outages.map(async ([outage, open], i) => {
        const latencies = await measure(await open(), kind, join(bench.folder, `${kind}-${i}`))
        return [outage, latencies] as const
      }),
    )
    const calm = measured.find(([outage]) => outage === CALM)?.[1]
    rows.push(...measured.flatMap(([outage, each]) => (each === calm ? [] : rowsOf({ kind, outage, ...each }, calm))))
  }
  return rows
})

function rowsOf(
  { kind, outage, firstMs, laterMs, backMs }: Latencies & { readonly kind: Kind; readonly outage: string },
  calm: Latencies | undefined,
): Row[] {
  const made = (
    what: string,
    values: readonly number[],
    { goal, against }: { readonly goal?: string | undefined; readonly against?: readonly number[] | undefined } = {},
  ) =>
    row({
      topic: TOPIC,
      case: `${kind}, upstream ${outage}: ${what}`,
      contender: 'Unidex',
      unit: 'ms',
      values,
      goal,
      against: against && { name: 'without an outage', values: against },
    })
  const { isWaitedFor } = KINDS[kind]
  const firstGoal = isWaitedFor ? undefined : '≤ 2000 ms'
  return [
    made(`slowest of the first ${FIRST_WAVE}`, [Math.max(...firstMs)], { goal: firstGoal }),
    made('once it is known', laterMs, { goal: '≤ 50 ms', against: calm?.laterMs }),
    made('19 of 20 once it is known', [mostOf(laterMs)], { goal: '≤ 50 ms', against: calm && [mostOf(calm.laterMs)] }),
    made('slowest once it is known, who finds out whether it is back', [Math.max(...laterMs)], { goal: firstGoal }),
    ...(isWaitedFor ? [] : [made('a fresh page after it is back', [backMs], { goal: '≤ 5000 ms' })]),
  ]
}

/** What 19 of 20 are below. */
function mostOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * 0.95)] ?? Number.NaN
}

async function measure(upstream: FailingUpstream, kind: Kind, folder: string): Promise<Latencies> {
  const isBehind = KINDS[kind].isWaitedFor
  // The private one has none of the names that the other has.
  const prefix = isBehind ? 'other' : 'lib'
  const names = Array.from({ length: PROJECTS }, (_, i) => `${prefix}-${i}`)
  const other = await startUpstream(new Map(names.map((name) => [name, smallPage(name)])))
  const text = JSON.stringify({
    upstreams: {
      failing: { url: upstream.url, private: kind !== 'a public page' },
      ...(isBehind && { other: { url: other.url } }),
    },
    indexes: { default: { upstreams: isBehind ? ['failing', 'other'] : ['failing'] } },
  })
  let offsetMs = 0
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
    ...(upstream.lookup && { lookup: upstream.lookup }),
    now: () => Date.now() + offsetMs,
  })
  const server = await listen(unidex.handle, { host: '127.0.0.1', port: 0 })
  const get = async (i: number) => {
    const startedAt = performance.now()
    const answer = await ask(`${server.origin}/simple/${names[i % PROJECTS]}/`, { Accept: JSON_TYPE })
    if (answer.status !== 200) throw new Error(`${kind}: ${answer.status} ${answer.body.toString()}`)
    return { startedAt, ms: performance.now() - startedAt, answer }
  }
  const together = (count: number) => Promise.all(Array.from({ length: count }, (_, i) => get(i)))

  try {
    await together(PROJECTS)
    // Past what a public page may be given for unasked; a list shows for an hour what a private upstream lacks.
    offsetMs = 1_200_000
    await upstream.fail()
    const outAt = performance.now()
    const first = await together(FIRST_WAVE)
    const asking: ReturnType<typeof get>[] = []
    for (let i = FIRST_WAVE; performance.now() < outAt + OUT_FOR_MS; i += 1) {
      asking.push(get(i))
      await sleep(EVERY_MS)
    }
    const later = (await Promise.all(asking)).filter(({ startedAt }) => startedAt - outAt > KINDS[kind].knownAfterMs)

    await upstream.recover()
    const backAt = performance.now()
    while (!isFresh((await get(0)).answer) && performance.now() < backAt + RECOVERED_WITHIN_MS) await sleep(EVERY_MS)
    const backMs = performance.now() - backAt
    return { firstMs: first.map(({ ms }) => ms), laterMs: later.map(({ ms }) => ms), backMs }
  } finally {
    await server.drain(0)
    upstream.close()
    other.close()
    await unidex.close()
    await opened.close()
  }
}

function isFresh({ headers }: RawAnswer): boolean {
  return String(headers['x-unidex-sources']).endsWith(';fresh')
}
