/**
 * How fast a list of 780,000 projects is made, in how much memory, and what others notice of it:
 * `node bench/project-list.ts [--names FILE] [--against CHECKOUT] [--json FILE]`.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { Agent, get } from 'node:http'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { SMALL_ALLOCATOR, SMALL_FLAG } from '../src/cli/small-process.ts'
import type { Prepared } from './bare-hono.ts'
import { requestsPerSecond } from './load.ts'
import type { Watched } from './watch-process.ts'

const NAMES = 780_000
const JSON_TYPE = 'application/vnd.pypi.simple.v1+json'
const HTML_TYPE = 'application/vnd.pypi.simple.v1+html'
const MEGABYTE = 1024 * 1024

/** Long enough for a server to calm down after its start, and to see how a probe fares then. */
const QUIET_MS = 1000

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))

const { values: options } = parseArgs({
  options: {
    names: { type: 'string' },
    against: { type: 'string' },
    json: { type: 'string' },
    rounds: { type: 'string', default: '3' },
  },
})
const ROUNDS = Number(options.rounds)

/** What is asked for, of which upstream. */
interface Case {
  readonly name: string
  readonly upstream: 'json' | 'plain' | 'html'
  readonly accept: string
  readonly coding: string
}

const CASES: readonly Case[] = [
  { name: 'JSON in gzip, from JSON in gzip', upstream: 'json', accept: JSON_TYPE, coding: 'gzip' },
  { name: 'JSON in gzip, from plain JSON', upstream: 'plain', accept: JSON_TYPE, coding: 'gzip' },
  { name: 'HTML in gzip, from HTML in gzip', upstream: 'html', accept: HTML_TYPE, coding: 'gzip' },
]

interface Row {
  readonly topic: 'project-list'
  readonly case: string
  readonly contender: string
  readonly value: number
  readonly unit: string
  readonly spread: readonly [least: number, most: number]
  /** Of the same rounds, and how many times as much this is. */
  readonly baseline?: string
  readonly ratio?: number
  readonly goal: string
}

/** What is shown, beside what, and what is aimed at. */
const MEASURES: readonly (readonly [measure: string, unit: string, goal: string, baseline?: string])[] = [
  ['first answer', 'ms', '≤ 2,000'],
  ['processor time for it', 'ms', ''],
  ['memory before', 'MB', '≤ 80'],
  ['memory at its peak', 'MB', '≤ 250'],
  ['memory afterwards', 'MB', ''],
  ['longest stall of the event loop', 'ms', '≤ 50 ms'],
  ['… in processor time', 'ms', '≤ 50 ms'],
  ['slowest other answer', 'ms', '≤ 50 ms', 'slowest other answer, quiet'],
  ['first answer after a reload', 'ms', 'nothing made anew'],
  ['warm answers a second', '', '≥ 0.85', 'warm answers a second, bare hono'],
  ['plain answer', 'ms', '', 'plain answer, bare hono'],
]

/** Values of one measure in all rounds. */
type Samples = Map<string, number[]>

const contenders = [
  { name: 'Unidex', main: path('../dist/cli/main.js') },
  ...(options.against === undefined
    ? []
    : [{ name: options.against, main: join(options.against, 'dist/cli/main.js') }]),
]

const folder = mkdtempSync(join(tmpdir(), 'unidex-bench-'))
const children = new Set<ChildProcess>()
const rows: Row[] = []
try {
  await measureAll()
} finally {
  for (const child of children) child.kill()
  rmSync(folder, { recursive: true, force: true })
}
if (options.json !== undefined) writeFileSync(options.json, JSON.stringify(rows, undefined, 1))

async function measureAll(): Promise<void> {
  const upstream = await start([
    path('./list-upstream.ts'),
    String(NAMES),
    ...(options.names === undefined ? [] : [options.names]),
  ])
  const date = new Date().toISOString().slice(0, 10)
  console.log(`${date}, Node ${process.versions.node}, ${cpus().length} cores; the upstream ${upstream.line.slice(7)}`)
  console.log(`Median (least–most) of ${ROUNDS} rounds, in turns; all processes on one machine.\n`)
  console.log('| list | measure | contender | value | beside | ratio | goal |')
  console.log('|---|---|---|--:|---|--:|---|')
  for (const each of CASES) {
    const samples = new Map(contenders.map(({ name }) => [name, new Map<string, number[]>()]))
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const { name, main } of contenders) await measure(each, main, upstream.url, samples.get(name) ?? new Map())
    }
    for (const [contender, taken] of samples) report(each.name, contender, taken)
  }
}

/** A fresh server, the first list, and then what a warm one costs. */
async function measure(
  { upstream, accept, coding }: Case,
  main: string,
  origin: string,
  samples: Samples,
): Promise<void> {
  const note = (measure: string, value: number) => samples.set(measure, [...(samples.get(measure) ?? []), value])
  const own = mkdtempSync(join(folder, 'server-'))
  const rules = join(own, 'merge-rules.json')
  writeFileSync(
    rules,
    JSON.stringify({
      upstreams: {
        corp: { url: `${origin}corp/simple/`, private: true },
        pypi: { url: `${origin}${upstream}/simple/` },
      },
      indexes: { default: { upstreams: ['corp', 'pypi'] } },
    }),
  )
  const words = [main, 'serve', '--port', '0', '--data', join(own, 'data'), '--rules', rules]
  const server = await start([SMALL_FLAG, '--import', path('./watch-process.ts'), ...words])
  const list = () => fetched(server.url, { Accept: accept, 'Accept-Encoding': coding })
  // It is fresh at its upstream for as long as this takes; the other one is private, lacks it, and is asked every two seconds.
  const probe = await start([path('./probe.ts'), `${server.url}warm/`])
  await sleep(QUIET_MS)
  await ask<Watched>(server.child)
  await ask<Probed>(probe.child)
  await sleep(QUIET_MS)
  const idle = await ask<Watched>(server.child)
  note('memory before', idle.rss / MEGABYTE)
  note('slowest other answer, quiet', (await ask<Probed>(probe.child)).slowestMs)

  const first = await list()
  note('first answer', first.ms)
  await sleep(500)
  const busy = await ask<Watched>(server.child)
  note('processor time for it', busy.cpuMs)
  note('memory at its peak', busy.peakRss / MEGABYTE)
  note('longest stall of the event loop', busy.stallMs)
  note('… in processor time', busy.busyMs)
  note('slowest other answer', (await ask<Probed>(probe.child)).slowestMs)
  end(probe.child)

  server.child.kill('SIGHUP')
  await sleep(500)
  const again = await list()
  if (!again.body.equals(first.body)) throw new Error('The list is another one after a reload')
  note('first answer after a reload', again.ms)
  const plain = await fetched(server.url, { Accept: accept, 'Accept-Encoding': 'identity' })
  note('plain answer', plain.ms)

  const prepared: Prepared = {
    identity: { headers: { 'Content-Type': accept }, base64: plain.body.toString('base64') },
    gzip: { headers: { 'Content-Type': accept, 'Content-Encoding': 'gzip' }, base64: first.body.toString('base64') },
    '304': { headers: { ETag: '"tag"' }, base64: '' },
  }
  writeFileSync(join(own, 'prepared.json'), JSON.stringify(prepared))
  const bare = await start([path('./bare-hono.ts'), join(own, 'prepared.json')])
  const load = { headers: { Accept: accept, 'Accept-Encoding': coding }, connections: 4, seconds: 1 }
  note('warm answers a second', await requestsPerSecond({ ...load, url: server.url }))
  note('warm answers a second, bare hono', await requestsPerSecond({ ...load, url: `${bare.url}list/` }))
  note('plain answer, bare hono', (await fetched(`${bare.url}list/`, { 'Accept-Encoding': 'identity' })).ms)
  note('memory afterwards', (await ask<Watched>(server.child)).rss / MEGABYTE)
  end(bare.child)
  end(server.child)
  await once(server.child, 'exit')
}

interface Probed {
  readonly slowestMs: number
  readonly asked: number
}

function report(name: string, contender: string, samples: Samples): void {
  for (const [measure, unit, goal, baseline] of MEASURES) {
    const values = samples.get(measure) ?? []
    const value = median(values)
    const spread = [Math.min(...values), Math.max(...values)] as const
    const beside = baseline === undefined ? undefined : median(samples.get(baseline) ?? [])
    const shown = `${number(value)} (${number(spread[0])}–${number(spread[1])}) ${unit}`.trim()
    const other = beside === undefined ? ' | ' : `${baseline}: ${number(beside)} | ${(value / beside).toFixed(2)}`
    console.log(`| ${name} | ${measure} | ${contender} | ${shown} | ${other} | ${goal} |`)
    rows.push({
      topic: 'project-list',
      case: `${name}: ${measure}`,
      contender,
      value,
      unit,
      spread,
      ...(baseline !== undefined && beside !== undefined && { baseline, ratio: value / beside }),
      goal,
    })
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN
}

function number(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: value < 100 ? 1 : 0 })
}

/** Time until the last byte of an answer, in ms. */
function fetched(
  url: string,
  headers: Readonly<Record<string, string>>,
): Promise<{ readonly ms: number; readonly body: Buffer }> {
  const startedAt = performance.now()
  return new Promise((resolve, reject) => {
    get(url, { agent: new Agent(), headers }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', reject)
      response.on('end', () => {
        const body = Buffer.concat(chunks)
        if (response.statusCode === 200) resolve({ ms: performance.now() - startedAt, body })
        else reject(new Error(`${url}: ${response.statusCode} ${body.toString().slice(0, 500)}`))
      })
    }).on('error', reject)
  })
}

/** What a child answers to a message. */
async function ask<Answer>(child: ChildProcess): Promise<Answer> {
  child.send('say')
  const [answer] = (await once(child, 'message')) as [Answer]
  return answer
}

interface Started {
  readonly child: ChildProcess
  /** The line in which it says so, and the address in it. */
  readonly line: string
  readonly url: string
}

function start(words: readonly string[]): Promise<Started> {
  const log = join(folder, `${children.size}-${Date.now()}.log`)
  const errors = openSync(log, 'w')
  const child = spawn(process.execPath, words, {
    stdio: ['ignore', 'pipe', errors, 'ipc'],
    env: { ...process.env, ...SMALL_ALLOCATOR },
  })
  closeSync(errors)
  children.add(child)
  return new Promise((resolve, reject) => {
    const ended = (code: number | null) =>
      reject(new Error(`${words.join(' ')} ended with ${code}:\n${readFileSync(log, 'utf8')}`))
    child.once('exit', ended)
    child.stdout?.on('data', (data: Buffer) => {
      const line = data.toString()
      const url = /(?:serves|probes) (\S+)/i.exec(line)?.[1]
      if (url === undefined) return
      child.off('exit', ended)
      resolve({ child, line: line.trim(), url })
    })
  })
}

function end(child: ChildProcess): void {
  child.kill()
  children.delete(child)
}
