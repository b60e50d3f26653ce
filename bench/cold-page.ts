/** What a page costs that nobody asked for before, beside asking those of its upstreams that are needed directly. */
import { Agent, type IncomingMessage, get } from 'node:http'
import { type Row, row } from './figures.ts'
import { script, topic, unidex } from './harness.ts'
import { JSON_TYPE, PROJECTS, realPage, size } from './real-pages.ts'

const COUNTS = [1, 2, 5, 20]
const MOST = Math.max(...COUNTS)
/** Before the first round: code that runs for the first time is slow. */
const WARM_UPS = 4

const ROUNDS = 7

const CASES = [
  { strategy: 'first-index', parts: false, what: 'the first has it', judged: true },
  { strategy: 'by-version', parts: true, what: 'each has a part of it', judged: true },
  // Twenty times as much is to be read, by one thread: no goal can be meant for it.
  { strategy: 'by-version', parts: false, what: 'each has all of it', judged: false },
] as const

const GOALS = { requests: '≤ 5 ms', numpy: '≤ 40 ms' }

/** Nobody keeps more connections than are needed at once. */
const agent = new Agent({ keepAlive: true })

await topic(async (bench) => {
  const { url: origin } = await script(bench, 'away-upstreams')
  const names = Array.from({ length: MOST }, (_, i) => `u${i}`)
  const base = (i: number) => `${origin}${i}/simple/`
  const index = (strategy: string, count: number) => `${strategy}-${count}`
  const { url } = await unidex(bench, 'unidex', {
    upstreams: Object.fromEntries(
      names.map((name, i) => [name, { url: base(i), filesAt: ['https://files.pythonhosted.org/'] }]),
    ),
    indexes: Object.fromEntries([
      ['default', { upstreams: ['u0'] }],
      ...['first-index', 'by-version'].flatMap((strategy) =>
        COUNTS.map((count) => [
          index(strategy, count),
          { upstreams: names.slice(0, count), rules: [{ projects: ['*'], strategy }] },
        ]),
      ),
    ]),
  })
  const rows: Row[] = []
  let asked = 0
  for (const project of PROJECTS) {
    const page = `${project}, ${size(await realPage(project))}`
    for (const { strategy, parts, what, judged } of CASES) {
      const taken = new Map(COUNTS.map((count) => [count, { added: [] as number[], all: [] as number[] }]))
      for (let round = -WARM_UPS; round < ROUNDS; round += 1) {
        for (const [count, { added, all }] of taken) {
          const name = `${project}-${String((asked += 1)).padStart(4, '0')}`
          await fetched(`${origin}prepare/${name}/${parts ? count : 1}`)
          const needed = strategy === 'first-index' ? 1 : count
          const direct = await timed(names.slice(0, needed).map((_, i) => `${base(i)}${name}/`))
          const through = await timed([`${url.replace('/simple/', '')}/${index(strategy, count)}/simple/${name}/`])
          if (round < 0) continue
          added.push(through - direct)
          all.push(through)
        }
      }
      const common = { topic: 'cold-page', contender: 'Unidex', unit: 'ms' }
      for (const [count, { added }] of taken)
        rows.push(
          row({
            ...common,
            case: `${page}, added to the slowest needed of ${count}, ${what}`,
            values: added,
            goal: judged ? GOALS[project] : undefined,
          }),
        )
      const [two, twenty] = [2, MOST].map((count) => taken.get(count)?.all ?? [])
      rows.push(
        row({
          ...common,
          case: `${page}, in all, ${MOST} upstreams, ${what}`,
          values: twenty ?? [],
          against: { name: '2 upstreams', values: two ?? [] },
          goal: judged ? '≤ 1.2' : undefined,
        }),
      )
    }
  }
  agent.destroy()
  return rows
})

/** Until the last of the answers is there as a whole, in ms. */
async function timed(urls: readonly string[]): Promise<number> {
  const startedAt = performance.now()
  await Promise.all(urls.map(fetched))
  return performance.now() - startedAt
}

async function fetched(url: string): Promise<void> {
  const headers = { Accept: JSON_TYPE, 'Accept-Encoding': 'gzip' }
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    get(url, { agent, headers }, resolve).on('error', reject)
  })
  for await (const _ of response);
  if (response.statusCode !== 200) throw new Error(`${url} answers ${response.statusCode}`)
}
