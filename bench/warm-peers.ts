/** How fast a warm project page is, beside other proxies for the same upstream and nginx with the page as a file. */
import { type Row, row } from './figures.ts'
import { type Running, inTurns, topic, unidex } from './harness.ts'
import { requestsPerSecond } from './load.ts'
import { startNginx } from './nginx.ts'
import { ANSWERS, type AnswerKind, ask, headersFor } from './page-answers.ts'
import { PEERS } from './peers.ts'
import { PROJECTS, realPage, size } from './real-pages.ts'
import { startUpstream } from './upstream.ts'

const ROUNDS = 3
const CONNECTIONS = 16
/** One that takes longer for a page, in ms, gets fewer requests at once and one round: its rate needs no more. */
const SLOW_MS = 60
const SLOW_CONNECTIONS = 4

/** How many times as fast as the peer Unidex is to be. */
const GOALS: Readonly<Record<string, (project: string, answer: AnswerKind) => string | undefined>> = {
  proxpi: () => '≥ 20',
  devpi: () => '≥ 100',
  pypiron: (project, answer) => {
    if (answer === '304') return '> 1'
    if (answer === 'identity') return undefined
    return project === 'numpy' ? '≥ 2.5' : '≥ 1.5'
  },
}

await topic(async (bench) => {
  const pages = new Map(await Promise.all(PROJECTS.map(async (each) => [each, await realPage(each)] as const)))
  const upstream = await startUpstream(pages)
  const pypi = { url: upstream.url, filesAt: ['https://files.pythonhosted.org/'] }
  const ours = await unidex(bench, 'unidex', { upstreams: { pypi }, indexes: { default: { upstreams: ['pypi'] } } })
  const servers = new Map<string, Running>([['Unidex', ours]])
  for (const peer of PEERS) servers.set(peer.name, await peer.start(bench, [upstream.url]))
  const nginx = await startNginx(bench, pages)
  if (nginx !== undefined) servers.set('nginx, a file', nginx)
  const rows: Row[] = []
  // Code that has run is faster.
  const headers = await headersFor('gzip', `${ours.url}requests/`)
  await requestsPerSecond({ url: `${ours.url}requests/`, headers: headers ?? {}, connections: CONNECTIONS, seconds: 3 })
  for (const [project, page] of pages)
    for (const answer of ANSWERS) rows.push(...(await measure(servers, { project, answer, page })))
  upstream.close()
  return rows
})

async function measure(
  servers: ReadonlyMap<string, Running>,
  { project, answer, page }: { project: string; answer: AnswerKind; page: Buffer },
): Promise<Row[]> {
  const [fast, slow] = [new Map<string, () => Promise<number>>(), new Map<string, () => Promise<number>>()]
  const codings = new Map<string, string>()
  for (const [name, server] of servers) {
    const url = `${server.url}${project}/`
    const headers = await headersFor(answer, url)
    if (headers === undefined) continue
    const start = performance.now()
    const given = await ask(url, headers)
    const isSlow = performance.now() - start > SLOW_MS
    const coded = given.headers['content-encoding'] === 'gzip'
    codings.set(name, answer === 'gzip' && !coded ? ' (does not compress)' : '')
    const connections = isSlow ? SLOW_CONNECTIONS : CONNECTIONS
    const load = () => requestsPerSecond({ url, headers, connections, seconds: 1, slow: isSlow })
    ;(isSlow ? slow : fast).set(name, load)
  }
  const values = new Map([...(await inTurns(ROUNDS, fast)), ...(await inTurns(1, slow))])
  const ours = values.get('Unidex') ?? []
  return [...values].flatMap(([name, theirs]) => {
    const what = { topic: 'warm page, peers', case: `${project}, ${size(page)}, ${answer}`, unit: 'req/s' }
    if (name === 'Unidex') return []
    const goal = GOALS[name]?.(project, answer)
    return [
      row({ ...what, contender: `${name}${codings.get(name)}`, values: theirs }),
      row({ ...what, contender: 'Unidex', values: ours, against: { name, values: theirs }, goal }),
    ]
  })
}
