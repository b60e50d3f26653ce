/** A thousand clients at once on a thousand cold pages of an upstream that is slow: what that costs those who ask for a kept page. */
import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { Agent, get } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type Row, row } from './figures.ts'
import { type Bench, MAIN, type Running, topic } from './harness.ts'
import { usage } from './processes.ts'
import { JSON_TYPE, realPage, renamed } from './real-pages.ts'
import { startUpstream } from './upstream.ts'

const TOPIC = 'crowd'
const CLIENTS = 1000
const SLOW_MS = 2000
const KEPT = 20
const EVERY_MS = 10
const CALM_ROUNDS = 300

interface Answered {
  readonly status: number
  readonly ms: number
}

/** The upstreams and the crowd have processes of their own, so that they keep nobody waiting who is measured. */
const [, file = '', part, ...words] = process.argv
if (part === 'upstream') await serveUpstream(words)
else if (part === 'crowd') console.log(JSON.stringify(await askAll(words)))
else await topic(measure)

async function measure(bench: Bench): Promise<Row[]> {
  const upstream = (kind: string, count: number, delayMs: number) =>
    bench.start({ name: kind, command: [process.execPath, file, 'upstream', kind, `${count}`, `${delayMs}`] })
  const [slow, quick] = [await upstream('cold', CLIENTS, SLOW_MS), await upstream('kept', KEPT, 0)]
  const { server, longestTurn } = await startServer(bench, { slow: slow.url, quick: quick.url })
  const agent = new Agent({ keepAlive: true })
  const kept: number[] = []
  const askKept = async (i: number) => kept.push((await ask(server.url, `kept-${i % KEPT}`, agent)).ms)

  for (let i = 0; i < 10 * KEPT; i += 1) await askKept(i)
  kept.length = 0
  // The start does not count.
  await longestTurn()
  for (let i = 0; i < CALM_ROUNDS; i += 1) await Promise.all([askKept(i), sleep(EVERY_MS)])
  const calm = kept.splice(0)
  const [calmTurn, calmBytes] = [await longestTurn(), usage(server.pid)?.rssBytes ?? Number.NaN]

  const crowd = promisify(execFile)(process.execPath, [file, 'crowd', server.url], { maxBuffer: 16 * 1024 * 1024 })
  const watch = { isOver: false, mostBytes: 0 }
  const answering = crowd
    .then(({ stdout }) => JSON.parse(stdout) as Answered[])
    .finally(() => {
      watch.isOver = true
    })
  for (let i = 0; !watch.isOver; i += 1) {
    await Promise.all([askKept(i), sleep(EVERY_MS)])
    if (i % 10 === 0) watch.mostBytes = Math.max(watch.mostBytes, usage(server.pid)?.rssBytes ?? Number.NaN)
  }
  const answers = await answering
  const turn = await longestTurn()
  agent.destroy()

  const made = (what: string, unit: string, values: number[], more: { calm?: number[]; goal?: string } = {}) =>
    row({
      topic: TOPIC,
      case: `${CLIENTS} clients, ${CLIENTS} cold pages, upstream ${SLOW_MS / 1000} s away: ${what}`,
      contender: 'Unidex',
      unit,
      values,
      goal: more.goal,
      against: more.calm && { name: 'without them', values: more.calm },
    })
  return [
    made('a kept page', 'ms', kept, { calm, goal: '≤ 50 ms' }),
    made('19 of 20 of a kept page', 'ms', [mostOf(kept)], { calm: [mostOf(calm)], goal: '≤ 50 ms' }),
    made("longest turn, of the processor's time", 'ms', [turn], { calm: [calmTurn], goal: '≤ 50 ms' }),
    made('memory at most', 'MB', [watch.mostBytes / 1e6], { calm: [calmBytes / 1e6] }),
    made(
      'one of them',
      'ms',
      answers.map(({ ms }) => ms),
    ),
    made('of them had their page', 'pages', [answers.filter(({ status }) => status === 200).length]),
  ]
}

/** The server, and what gives its longest turn since the last time, in ms of the processor's time. */
async function startServer(bench: Bench, { slow, quick }: { readonly slow: string; readonly quick: string }) {
  const rules = join(bench.folder, 'crowd.json')
  const filesAt = ['https://files.pythonhosted.org/']
  writeFileSync(
    rules,
    JSON.stringify({
      upstreams: { slow: { url: slow, filesAt }, quick: { url: quick, filesAt } },
      indexes: { default: { upstreams: ['slow'], rules: [{ projects: ['kept-*'], upstreams: ['quick'] }] } },
    }),
  )
  const preload = fileURLToPath(new URL('./longest-turn.ts', import.meta.url))
  const words = [MAIN, 'serve', '--port', '0', '--data', join(bench.folder, 'data'), '--rules', rules]
  const file = join(bench.folder, 'longest-turn')
  const server: Running = await bench.start({
    name: 'crowd',
    command: [process.execPath, '--import', preload, ...words],
    environment: { BENCH_LONGEST_TURN: file },
  })
  const longestTurn = async () => {
    process.kill(server.pid, 'SIGUSR2')
    await sleep(500)
    return Number(readFileSync(file, 'utf8'))
  }
  return { server, longestTurn }
}

async function serveUpstream([kind = '', count, delayMs]: readonly string[]): Promise<void> {
  const page = await realPage('requests')
  const pages = namesOf(kind, Number(count)).map((name) => [name, renamed(page, 'requests', name)] as const)
  console.log(`${kind} serves ${(await startUpstream(new Map(pages), Number(delayMs))).url}`)
}

function askAll([url = '']: readonly string[]): Promise<Answered[]> {
  const agent = new Agent({ keepAlive: false })
  return Promise.all(namesOf('cold', CLIENTS).map((name) => ask(url, name, agent)))
}

function namesOf(kind: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${kind}-${i}`)
}

/** What 19 of 20 are below. */
function mostOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * 0.95)] ?? Number.NaN
}

function ask(index: string, project: string, agent: Agent): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const startedAt = performance.now()
    get(`${index}${project}/`, { agent, headers: { Accept: JSON_TYPE } }, (response) => {
      response
        .resume()
        .on('end', () => resolve({ status: response.statusCode ?? 0, ms: performance.now() - startedAt }))
        .on('error', reject)
    }).on('error', reject)
  })
}
