/** What proxies hold in memory: idle, and after a thousand projects of usual size were asked for. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Row, row } from './figures.ts'
import { type Running, topic, unidex } from './harness.ts'
import { ask } from './page-answers.ts'
import { PEERS } from './peers.ts'
import { usage } from './processes.ts'
import { JSON_TYPE, realPage, renamed, size } from './real-pages.ts'
import { startUpstream } from './upstream.ts'

const PROJECTS = 1000
const AT_ONCE = 8
/** Where a server takes longer, what it holds is told of the projects that it got to. */
const WITHIN_MS = 60_000
const SETTLES_MS = 2000

await topic(async (bench) => {
  const page = await realPage('requests')
  const names = Array.from({ length: PROJECTS }, (_, i) => `requests-${i}`)
  const upstream = await startUpstream(new Map(names.map((name) => [name, renamed(page, 'requests', name)])))
  const pypi = { url: upstream.url, filesAt: ['https://files.pythonhosted.org/'] }
  const servers = new Map<string, Running>([
    ['Unidex', await unidex(bench, 'unidex', { upstreams: { pypi }, indexes: { default: { upstreams: ['pypi'] } } })],
  ])
  for (const peer of PEERS) servers.set(peer.name, await peer.start(bench, [upstream.url]))
  const rows: Row[] = []
  for (const [contender, { url, pid }] of servers) {
    await sleep(SETTLES_MS)
    const idle = memory(pid)
    const asked = await askAll(url, names)
    await sleep(SETTLES_MS)
    const what = { topic: 'memory, peers', contender, unit: 'MB' }
    const goal = (text: string) => (contender === 'Unidex' ? text : undefined)
    rows.push(
      row({ ...what, case: 'idle', values: idle, goal: goal('≤ 80 MB') }),
      row({
        ...what,
        case: `after ${asked.toLocaleString('en')} projects of ${size(page)}`,
        values: memory(pid),
        goal: goal('≤ 200 MB'),
      }),
    )
  }
  upstream.close()
  return rows
})

/** How many were asked for in the time there is. */
async function askAll(index: string, names: readonly string[]): Promise<number> {
  const end = performance.now() + WITHIN_MS
  const left = [...names]
  let asked = 0
  const one = async () => {
    for (let name = left.pop(); name !== undefined && performance.now() < end; name = left.pop()) {
      const { status } = await ask(`${index}${name}/`, { Accept: JSON_TYPE, 'Accept-Encoding': 'gzip' })
      if (status !== 200) throw new Error(`${index}${name}/ answers ${status}`)
      asked += 1
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, one))
  return asked
}

/** @throws where the system does not tell */
function memory(group: number): number[] {
  const bytes = usage(group)?.rssBytes
  if (bytes === undefined) throw new Error('This system does not tell how much memory a process holds')
  return [bytes / 1e6]
}
