/** How much memory a server takes when it is idle, and after a thousand large or five thousand usual projects were asked for. */
import { createServer } from 'node:http'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Row, row } from './figures.ts'
import { type Running, topic, watchedUnidex } from './harness.ts'
import { ask } from './page-answers.ts'
import { JSON_TYPE, type PROJECTS, realPage, renamed } from './real-pages.ts'
import type { Watched } from './watch-process.ts'

const CASES = [
  { what: '5,000 usual projects, of 150 files', project: 'requests', count: 5000 },
  { what: '1,000 large projects, of 4,400 files', project: 'numpy', count: 1000 },
] as const

/** Clients that ask at once. */
const CLIENTS = 4
/** On a busy machine, what it holds is told of the projects that it got to. */
const WITHIN_MS = 50_000
const SETTLES_MS = 3000

await topic(async (bench) => {
  const rows: Row[] = []
  for (const { what, project, count } of CASES) {
    const upstream = await startUpstream(project)
    const pypi = { url: upstream.url, filesAt: ['https://files.pythonhosted.org/'] }
    const rules = { upstreams: { pypi }, indexes: { default: { upstreams: ['pypi'] } } }
    const server = await watchedUnidex(bench, project, rules)
    const note = (name: string, bytes: number, goal?: string) =>
      rows.push(row({ topic: 'memory', case: name, contender: 'Unidex', unit: 'MB', values: [bytes / 1e6], goal }))
    await sleep(SETTLES_MS)
    note(`idle, before ${what}`, await resident(server), '≤ 80 MB')
    const asked = await askAll(server.url, project, count)
    const some = asked < count ? ` (${asked.toLocaleString('en')} of them)` : ''
    const { peakRss } = await server.tell<Watched>()
    await sleep(SETTLES_MS)
    note(`after ${what}${some}`, await resident(server), '≤ 200 MB')
    note(`at the peak of it${some}`, peakRss)
    await server.stop()
    upstream.close()
  }
  return rows
})

async function resident(server: Running): Promise<number> {
  return (await server.tell<Watched>()).rss
}

/** How many were asked for in the time there is. */
async function askAll(index: string, project: string, count: number): Promise<number> {
  const end = performance.now() + WITHIN_MS
  let asked = 0
  const client = async () => {
    while (asked < count && performance.now() < end) {
      const url = `${index}${project}-${(asked += 1)}/`
      const { status } = await ask(url, { Accept: JSON_TYPE, 'Accept-Encoding': 'gzip' })
      if (status !== 200) throw new Error(`${url} answers ${status}`)
    }
  }
  await Promise.all(Array.from({ length: CLIENTS }, client))
  return asked
}

/** Makes each page when it is asked for: all of them would take more memory than what is measured. */
async function startUpstream(project: (typeof PROJECTS)[number]): Promise<{ url: string; close(): void }> {
  const page = await realPage(project)
  const server = createServer((request, response) => {
    const name = /^\/simple\/([^/]+)\/$/.exec(request.url ?? '')?.[1]
    if (name === undefined) response.writeHead(404).end()
    else
      response
        .writeHead(200, { 'Content-Type': JSON_TYPE, 'Cache-Control': 'max-age=600' })
        .end(renamed(page, project, name))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/simple/`
  return { url, close: () => server.close().closeAllConnections() }
}
