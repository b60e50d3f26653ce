/** What a proxy adds to a project page that nobody asked for before, one, two and twenty upstreams 50 ms away. */
import { type Row, row } from './figures.ts'
import { type Bench, topic, unidex } from './harness.ts'
import { ask } from './page-answers.ts'
import { PEERS } from './peers.ts'
import { JSON_TYPE, PROJECTS, realPage, renamed, size } from './real-pages.ts'
import { type Upstream, startUpstream } from './upstream.ts'

const DELAY_MS = 50
const COUNTS = [1, 2, 20]
const ROUNDS = 5
/** One that adds more, in ms, is not asked again. */
const SLOW_MS = 1000
/** Of the time that is added, of whichever strategy: a page of all files is to come as soon. */
const GOALS = { requests: '≤ 5 ms', numpy: '≤ 40 ms' }

await topic(async (bench) => {
  const pages = new Map<string, Buffer>()
  for (const project of PROJECTS) {
    const page = await realPage(project)
    for (const count of COUNTS)
      // The first of a case is asked before anything is measured: connections, code that has not run, and what a peer
      // learns of an upstream once.
      for (let round = -1; round < ROUNDS; round += 1) {
        const name = coldName(project, count, round)
        pages.set(name, renamed(page, project, name))
      }
  }
  const upstreams: Upstream[] = []
  for (let i = 0; i < Math.max(...COUNTS); i += 1) upstreams.push(await startUpstream(pages, DELAY_MS))
  const rows: Row[] = []
  for (const count of COUNTS) {
    const urls = upstreams.slice(0, count).map(({ url }) => url)
    const indexes = await startAll(bench, urls)
    for (const project of PROJECTS) {
      const added = await measure(urls[0] ?? '', indexes, (round) => coldName(project, count, round))
      for (const [contender, values] of added)
        rows.push(
          row({
            topic: 'cold page, peers',
            case: `added to ${project}, ${size(await realPage(project))}, ${count} upstream${count === 1 ? '' : 's'}`,
            contender,
            unit: 'ms',
            values,
            goal: contender.startsWith('Unidex') ? GOALS[project] : undefined,
          }),
        )
    }
  }
  for (const each of upstreams) each.close()
  return rows
})

function coldName(project: string, count: number, round: number): string {
  return `${project}-of-${count}-${round + 1}`
}

/** The indexes of those that can put as many upstreams behind one. */
async function startAll(bench: Bench, urls: readonly string[]): Promise<Map<string, string>> {
  const names = urls.map((_, i) => `upstream${i}`)
  const upstreams = Object.fromEntries(
    urls.map((url, i) => [`upstream${i}`, { url, filesAt: ['https://files.pythonhosted.org/'] }]),
  )
  const start = async (strategy: string) => {
    const rules = { upstreams, indexes: { default: { upstreams: names, rules: [{ projects: ['*'], strategy }] } } }
    // One server each, since an upstream's page is kept for all indexes of a server.
    return (await unidex(bench, `unidex-${strategy}-${urls.length}`, rules)).url
  }
  const indexes = new Map([['Unidex, the first that has it', await start('first-index')]])
  // As proxpi and devpi do; simple-repository-server gives the first that has it.
  if (urls.length > 1) indexes.set('Unidex, the files of all', await start('by-file'))
  for (const peer of PEERS)
    if (peer.merges || urls.length === 1) indexes.set(peer.name, (await peer.start(bench, urls)).url)
  return indexes
}

/** ms that each adds to asking the upstream, by round. */
async function measure(
  upstream: string,
  indexes: ReadonlyMap<string, string>,
  name: (round: number) => string,
): Promise<Map<string, number[]>> {
  const added = new Map<string, number[]>([...indexes.keys()].map((each) => [each, []]))
  for (let round = -1; round < ROUNDS; round += 1) {
    const direct = await timed(`${upstream}${name(round)}/`)
    for (const [contender, index] of indexes) {
      const values = added.get(contender) ?? []
      if (values.some((ms) => ms > SLOW_MS)) continue
      const ms = (await timed(`${index}${name(round)}/`)) - direct
      if (round >= 0 || ms > SLOW_MS) values.push(ms)
    }
  }
  return added
}

/** ms until the whole page is there. @throws where there is none */
async function timed(url: string): Promise<number> {
  const start = performance.now()
  const { status, body } = await ask(url, { Accept: JSON_TYPE, 'Accept-Encoding': 'gzip' })
  const ms = performance.now() - start
  if (status !== 200) throw new Error(`${url} answers ${status}: ${body.toString().slice(0, 500)}`)
  return ms
}
