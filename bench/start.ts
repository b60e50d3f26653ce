/** How long a start takes, from the spawn of the process to its first answer, and what it then holds, beside a bare hono route. */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { openSqlitePageStore } from '../src/store/sqlite-page-store.ts'
import { openState } from '../src/store/sqlite-state.ts'
import type { Prepared } from './bare-hono.ts'
import { type Row, row } from './figures.ts'
import { type Bench, cleanEnvironment, inTurns, topic } from './harness.ts'
import { ask } from './page-answers.ts'
import { usage } from './processes.ts'
import { JSON_TYPE, realPage } from './real-pages.ts'
import { startUpstream } from './upstream.ts'

const TOPIC = 'start'
const ROUNDS = 20
const KEPT = 100_000
const IDLE_AFTER_MS = 3000
const READY_WITHIN_MS = 30_000
const ROOT = fileURLToPath(new URL('..', import.meta.url))

await topic(async (bench) => {
  const upstream = await startUpstream(new Map([['requests', await realPage('requests')]]))
  try {
    return await measureAll(bench, upstream.url)
  } finally {
    upstream.close()
  }
})

/** A program to start, and the path that is asked first. */
interface Start {
  readonly words: readonly string[]
  readonly path: string
}

async function measureAll({ folder }: Bench, upstream: string): Promise<Row[]> {
  const start = (each: Start) => startOnce(folder, each)
  const full = join(folder, 'full')
  await fill(full)
  const rules = join(folder, 'rules.json')
  const pypi = { url: upstream, filesAt: ['https://files.pythonhosted.org/'] }
  writeFileSync(rules, JSON.stringify({ upstreams: { pypi }, indexes: { default: { upstreams: ['pypi'] } } }))
  const programs = new Map([
    ['Unidex (checkout)', join(ROOT, 'src/cli/main.ts')],
    ['Unidex (package)', await build(join(folder, 'package'))],
  ])

  const bare = { words: [join(ROOT, 'bench/bare-hono.ts'), prepared(folder)], path: '/simple/x/' }
  const starts = new Map<string, Start | (() => Start)>([['bare hono', bare]])
  for (const [name, main] of programs) {
    const serve = (data: string, ...more: string[]) => [main, 'serve', '--port', '0', '--data', data, ...more]
    starts.set(`${name}|empty folder`, () => {
      rmSync(join(folder, 'empty'), { recursive: true, force: true })
      return { words: serve(join(folder, 'empty')), path: '/healthz' }
    })
    starts.set(`${name}|${KEPT.toLocaleString('en')} kept pages`, { words: serve(full), path: '/healthz' })
    starts.set(`${name}|the same, a rules file, first answer a kept page`, {
      words: serve(full, '--rules', rules),
      path: '/simple/requests/',
    })
  }
  const measures = new Map(
    [...starts].map(([name, each]) => [name, () => start(typeof each === 'function' ? each() : each)]),
  )
  // What is compiled is kept, and the page too.
  await inTurns(1, measures)
  const values = await inTurns(ROUNDS, measures)
  const against = { name: 'bare hono', values: values.get('bare hono') ?? [] }
  const rows = [...values].map(([name, each]) => {
    const [contender = '', of = 'nothing to open'] = name.split('|')
    const common = { topic: TOPIC, contender, case: of, unit: 'ms', values: each }
    return row(contender === 'bare hono' ? common : { ...common, against, goal: '≤ 250 ms' })
  })
  for (const [name, each] of starts) {
    const [contender = '', of = ''] = name.split('|')
    if (of.includes('kept')) continue
    const held = await heldWhenIdle(folder, typeof each === 'function' ? each() : each)
    if (held === undefined) continue
    const goal = contender === 'bare hono' ? undefined : '≤ 80 MB'
    rows.push(row({ topic: TOPIC, contender, case: 'memory when idle', unit: 'MB', values: [held], goal }))
  }
  return rows
}

/** As it is published: compiled, beside the packages that it needs. Gives its main file. */
async function build(folder: string): Promise<string> {
  mkdirSync(folder)
  copyFileSync(join(ROOT, 'package.json'), join(folder, 'package.json'))
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  const words = ['-p', join(ROOT, 'src/tsconfig.build.json'), '--outDir', join(folder, 'dist')]
  await promisify(execFile)(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), ...words])
  return join(folder, 'dist/cli/main.js')
}

/** What bare hono answers. */
function prepared(folder: string): string {
  const file = join(folder, 'prepared.json')
  const answer = { headers: { etag: '"x"' }, base64: '' }
  writeFileSync(file, JSON.stringify({ identity: answer, gzip: answer, 304: answer } satisfies Prepared))
  return file
}

/** A data folder that was used for long: pages of some files each, as many files delivered, and a tenth of the names owned. */
async function fill(data: string): Promise<void> {
  const pages = openSqlitePageStore(join(data, 'cache'))
  for (let i = 0; i < KEPT; i += 1)
    await pages.set({ upstream: 'pypi', fingerprint: 'bench', page: `project-${i}` }, pageOf(i))
  await pages.close()
  openState(join(data, 'state'), { create: true }).close()
  const state = new DatabaseSync(join(data, 'state', 'state.sqlite'))
  state.exec(`
    with recursive each (i) as (select 1 union all select i + 1 from each where i < ${KEPT})
    insert into served (project, upstream, filename, sha256, since)
    select 'project-' || i, 'pypi', 'project_' || i || '-1.0-py3-none-any.whl', hex(randomblob(32)), 0 from each;
    insert into owners (project, upstream, since) select project, 'corp', 0 from served where id % 10 = 0;
  `)
  state.close()
}

function pageOf(i: number): unknown {
  const files = Array.from({ length: 8 }, (_, at) => ({
    filename: `project_${i}-1.${at}-py3-none-any.whl`,
    hashes: { sha256: Buffer.from(`${i} ${at}`.padStart(32, '0')).toString('hex') },
  }))
  return { name: `project-${i}`, files }
}

/** Ms until the first answer. */
async function startOnce(folder: string, start: Start): Promise<number> {
  const { ms, end } = await started(folder, start)
  await end()
  return ms
}

/** Resident megabytes a while after the first answer; undefined where the system does not tell. */
async function heldWhenIdle(folder: string, start: Start): Promise<number | undefined> {
  const { pid, end } = await started(folder, start)
  await sleep(IDLE_AFTER_MS)
  const held = usage(pid)?.rssBytes
  await end()
  return held === undefined ? undefined : held / 1e6
}

/** With a home of its own, so that nobody's rules are read. */
async function started(folder: string, { words, path }: Start) {
  const startedAt = performance.now()
  const child = spawn(process.execPath, words, {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...cleanEnvironment(), HOME: folder },
    detached: true,
  })
  const ended = once(child, 'exit')
  try {
    const [line] = (await once(child.stdout, 'data', { signal: AbortSignal.timeout(READY_WITHIN_MS) })) as [Buffer]
    const origin = /http:\/\/[^/\s]+/.exec(line.toString())?.[0] ?? ''
    const { status, body } = await ask(`${origin}${path}`, { Accept: JSON_TYPE })
    if (status !== 200) throw new Error(`The first answer is ${status}: ${body.toString()}`)
  } catch (error) {
    child.kill('SIGKILL')
    throw error
  }
  const ms = performance.now() - startedAt
  return {
    ms,
    pid: child.pid ?? 0,
    async end() {
      child.kill('SIGTERM')
      await ended
    },
  }
}
