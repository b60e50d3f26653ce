/** How fast files are, beside nginx and beside fetching them directly: `node bench/files.ts [--json FILE] [--only WORD]`. */
import { type ChildProcess, fork, spawn, spawnSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { Read, Reading } from './file-reader.ts'

const LARGE_BYTES = 200_000_000
const WHEELS = 60
/** What uv downloads with at once is more, and what one machine reads with at once is less. */
const WHEEL_CONNECTIONS = 16
const ROUNDS = 5
const GIGABIT = 125_000_000
/** Files of a project such as numpy. */
const CROWD = 4400
const MEMORY_BYTES = 8_000_000_000
/** Of Linux: what `/proc/PID/stat` counts in. */
const TICKS_PER_SECOND = 100

const { values: options } = parseArgs({ options: { json: { type: 'string' }, only: { type: 'string' } } })

interface Row {
  readonly topic: 'files'
  readonly case: string
  readonly contender: string
  readonly value: number
  readonly unit: string
  /** Least and most. */
  readonly spread: readonly [number, number]
  readonly baseline: string
  readonly ratio: number
  readonly goal: string
}

interface Contender {
  readonly name: string
  readonly origin: string
  readonly pid: number
}

const folder = mkdtempSync(join(tmpdir(), 'unidex-bench-'))
const www = join(folder, 'www')
const data = join(folder, 'data')
const children: ChildProcess[] = []
const rows: Row[] = []
const notes: string[] = []
try {
  if (spawnSync('nginx', ['-v']).error === undefined) await measureAll()
  else notes.push('nginx is not installed: it is the baseline, so nothing was measured')
  print()
} finally {
  for (const child of children) child.kill()
  rmSync(folder, { recursive: true, force: true })
}

async function measureAll(): Promise<void> {
  makeFiles()
  const nginx = await startNginx()
  const hono = await startNode('bare hono', ['./bare-hono-files.ts', join(www, 'files')])
  const unidex = await startUnidex(nginx.origin)
  const read = startReader()
  const pathOf = (contender: Contender, file: string) =>
    contender === unidex ? `/files/pypi/${new URL(nginx.origin).host}/${file}` : `/${file}`
  const readFrom = (contender: Contender, files: readonly string[], connections: number, checks = false) =>
    read({ origin: contender.origin, paths: files.map((file) => pathOf(contender, file)), connections, checks })
  const wheels = readdirSync(join(www, 'files'))
    .filter((name) => name.startsWith('wheel'))
    .map((name) => `files/${name}`)
  const large = 'files/large-1.0-py3-none-any.whl'
  const gigabit = 'gigabit/gigabit-1.0-py3-none-any.whl'
  const crowded = 'files/crowded-1.0-py3-none-any.whl'

  for (const file of [large, gigabit, crowded, ...wheels])
    await mustAgree(`${nginx.origin}/${file}`, `${unidex.origin}${pathOf(unidex, file)}`)
  if (isWanted('warm')) await warm()
  if (isWanted('cold')) await cold()
  if (isWanted('wheels')) await manyWheels()
  if (isWanted('crowd')) await crowdedPage()
  if (isWanted('memory')) await memory()

  async function warm(): Promise<void> {
    const cpu = new Map<string, { seconds: number; bytes: number }>()
    for (const [readers, goal] of [
      [1, '≥ 0.9'],
      [4, '≥ 0.75'],
    ] as const) {
      const names = Array.from({ length: readers }, () => large)
      const speeds = await inTurns([nginx, hono, unidex], async (contender) => {
        const before = cpuSeconds(contender.pid)
        const { bytes, ms } = await readFrom(contender, names, readers)
        const used = cpu.get(contender.name) ?? { seconds: 0, bytes: 0 }
        used.seconds += cpuSeconds(contender.pid) - before
        used.bytes += bytes
        cpu.set(contender.name, used)
        return bytes / ms / 1000
      })
      add(`warm, 200 MB, ${readers} at once`, 'MB/s', speeds, nginx.name, goal)
    }
    const perGigabyte = new Map([...cpu].map(([name, { seconds, bytes }]) => [name, [(seconds / bytes) * 1e9]]))
    add('CPU per GB, warm', 's', perGigabyte, nginx.name, '≤ 5')
  }

  async function cold(): Promise<void> {
    for (const [file, speed, checks, goal] of [
      [large, 'at loopback speed', false, '≤ 1.5'],
      [large, 'at loopback speed, checked by its reader', true, '≤ 1.5'],
      [gigabit, 'held to 1 Gbit/s', false, '≤ 1.05'],
    ] as const) {
      const firstBytes = new Map<string, number[]>()
      const times = await inTurns([nginx, unidex], async (contender) => {
        await forget()
        const { ms, firstByteMs } = await readFrom(contender, [file], 1, checks)
        firstBytes.set(contender.name, [...(firstBytes.get(contender.name) ?? []), firstByteMs])
        return ms
      })
      add(`cold, 200 MB, upstream ${speed}`, 'ms', named(times), 'direct', goal)
      add(`first byte, upstream ${speed}`, 'ms', named(firstBytes), 'direct', '≤ direct + 10 ms')
    }
    const together = await inTurns([nginx, unidex], async (contender) => {
      await forget()
      return (await readFrom(contender, [gigabit, gigabit, gigabit, gigabit], 4)).ms
    })
    add('cold, 200 MB, 4 at once, upstream held to 1 Gbit/s each', 'ms', named(together), 'direct', '')
  }

  async function manyWheels(): Promise<void> {
    for (const [kind, goal] of [
      ['warm', '≤ 1.2'],
      ['cold', '≤ 1.5'],
    ] as const) {
      const times = await inTurns([nginx, unidex], async (contender) => {
        if (kind === 'cold') await forget()
        return (await readFrom(contender, wheels, WHEEL_CONNECTIONS)).ms
      })
      add(`${kind}, ${WHEELS} wheels, ${WHEEL_CONNECTIONS} at once`, 'ms', named(times), 'direct', goal)
    }
  }

  async function crowdedPage(): Promise<void> {
    const times = await inTurns([nginx, unidex], async (contender) => {
      const { ms } = await readFrom(
        contender,
        Array.from({ length: 200 }, () => crowded),
        1,
      )
      return ms / 200
    })
    add(`warm, 8 kB, the last of ${CROWD} files of its project`, 'ms', times, nginx.name, '')
  }

  async function memory(): Promise<void> {
    const sizes: number[] = []
    for (let bytes = 0; bytes < MEMORY_BYTES; bytes += 4 * LARGE_BYTES) {
      // One in three is cold.
      if ((bytes / LARGE_BYTES) % 3 === 0) await forget()
      await readFrom(unidex, [large, large, large, large], 4)
      sizes.push(residentMegabytes(unidex.pid))
    }
    const half = sizes.length / 2
    const [early, late] = [sizes.slice(0, half), sizes.slice(half)]
    const results = new Map([
      ['first half', early],
      ['second half', late],
    ])
    add('memory while 8 GB are downloaded', 'MB', results, 'first half', '≤ 1.1')
  }
}

/** Neither the files are kept any more, nor that they were delivered. What was fetched before is committed by then. */
async function forget(): Promise<void> {
  const files = join(data, 'cache', 'files')
  while (readdirSync(join(files, 'drafts')).length > 0) await sleep(5)
  // Moved away: ext4 searches long for a place where nothing was deleted a moment ago, and that would be measured.
  if (existsSync(join(files, 'sha256'))) renameSync(join(files, 'sha256'), mkdtempSync(join(folder, 'forgotten-')))
  const state = new DatabaseSync(join(data, 'state', 'state.sqlite'), { timeout: 1000 })
  state.exec('delete from served')
  state.close()
}

function isWanted(topic: string): boolean {
  return options.only === undefined || options.only === topic
}

/** One more round than counts: the first finds nothing warm. */
async function inTurns(
  contenders: readonly Contender[],
  measure: (contender: Contender) => Promise<number>,
): Promise<Map<string, number[]>> {
  const results = new Map(contenders.map(({ name }) => [name, [] as number[]]))
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const contender of contenders) {
      const value = await measure(contender)
      if (round > 0) results.get(contender.name)?.push(value)
    }
  }
  return results
}

/** Fetched from nginx without anybody between. */
function named(results: ReadonlyMap<string, number[]>): Map<string, number[]> {
  return new Map([...results].map(([name, values]) => [name === 'nginx' ? 'direct' : name, values]))
}

function add(what: string, unit: string, results: ReadonlyMap<string, number[]>, baseline: string, goal: string): void {
  const base = median(results.get(baseline) ?? [])
  for (const [contender, values] of results) {
    const value = median(values)
    const spread = [Math.min(...values), Math.max(...values)] as const
    const row = { topic: 'files', case: what, contender, value, unit, spread, baseline, ratio: value / base } as const
    rows.push({ ...row, goal: contender === 'Unidex' || baseline === 'first half' ? goal : '' })
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

function print(): void {
  const node = `Node ${process.versions.node}`
  console.log(`${new Date().toISOString().slice(0, 10)}, ${node}, ${cpus().length} cores, readers on the same machine`)
  console.log(`Median (least–most) of ${ROUNDS} rounds, in turns.\n`)
  for (const note of notes) console.log(`${note}\n`)
  console.log('| case | contender | measured | baseline | ratio | goal |')
  console.log('|---|---|--:|---|--:|---|')
  for (const { case: what, contender, value, unit, spread, baseline, ratio, goal } of rows) {
    const [middle, least, most] = [value, ...spread].map(shown)
    const measured = `${middle} ${unit} (${least}–${most})`
    console.log(`| ${what} | ${contender} | ${measured} | ${baseline} | ${ratio.toFixed(2)} | ${goal} |`)
  }
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(rows, undefined, 2)}\n`)
}

function shown(value: number): string {
  return value.toLocaleString('en', { maximumSignificantDigits: 3 })
}

/** A comparison of different files would say nothing. */
async function mustAgree(...urls: readonly string[]): Promise<void> {
  const found = new Set<string>()
  for (const url of urls) {
    const response = await fetch(url)
    if (response.status !== 200) throw new Error(`${url}: ${response.status} ${await response.text()}`)
    const hash = createHash('sha256')
    for await (const chunk of response.body ?? []) hash.update(chunk)
    found.add(hash.digest('hex'))
  }
  if (found.size !== 1) throw new Error(`${urls.join(' and ')} answer differently`)
}

/** Files and the pages that list them. */
function makeFiles(): void {
  makeFile('large', LARGE_BYTES, 'files')
  makeFile('gigabit', LARGE_BYTES, 'gigabit')
  makeFile('crowded', 8000, 'files', CROWD - 1)
  // From 8 kB to 12 MB, half of them below 300 kB.
  for (let i = 0; i < WHEELS; i += 1) makeFile(`wheel-${i}`, Math.round(8000 * 1500 ** (i / (WHEELS - 1))), 'files')
}

function makeFile(project: string, size: number, place: string, others = 0): void {
  const filename = `${project.replace('-', '_')}-1.0-py3-none-any.whl`
  const bytes = randomBytes(size)
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  for (const each of [place, join('simple', project)]) mkdirSync(join(www, each), { recursive: true })
  writeFileSync(join(www, place, filename), bytes)
  const names = [...Array.from({ length: others }, (_, i) => filename.replace('1.0', `0.${i}`)), filename]
  const files = names.map((name) => ({ filename: name, url: `../../${place}/${name}`, hashes: { sha256 }, size }))
  const detail = { meta: { 'api-version': '1.1' }, name: project, versions: [], files }
  writeFileSync(join(www, 'simple', project, 'index.json'), JSON.stringify(detail))
}

async function startNginx(): Promise<Contender> {
  const port = await freePort()
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${folder}/nginx-${name};`)
    .join('\n')
  const configuration = join(folder, 'nginx.conf')
  writeFileSync(
    configuration,
    `daemon off; master_process off; pid ${folder}/nginx.pid; error_log ${folder}/nginx.log;
events { worker_connections 512; }
http {
  ${temporary}
  access_log off; sendfile on; keepalive_requests 1000000; default_type application/octet-stream;
  server {
    listen 127.0.0.1:${port};
    root ${www};
    location /simple/ {
      index index.json; default_type application/vnd.pypi.simple.v1+json; add_header Cache-Control max-age=600;
    }
    location /gigabit/ { limit_rate ${GIGABIT}; }
  }
}`,
  )
  const child = spawn('nginx', ['-e', `${folder}/nginx.log`, '-p', folder, '-c', configuration], { stdio: 'inherit' })
  children.push(child)
  const origin = `http://127.0.0.1:${port}`
  while ((await fetch(`${origin}/simple/large/`).catch(() => undefined))?.status !== 200) await sleep(20)
  return { name: 'nginx', origin, pid: child.pid ?? 0 }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' ? (address?.port ?? 0) : 0
}

/** As it is served to users, its log included. */
function startUnidex(upstream: string): Promise<Contender> {
  const rules = join(folder, 'merge-rules.json')
  const pypi = { url: `${upstream}/simple/` }
  writeFileSync(rules, JSON.stringify({ upstreams: { pypi }, indexes: { default: { upstreams: ['pypi'] } } }))
  return startNode('Unidex', ['../dist/cli/main.js', 'serve', '--port', '0', '--data', data, '--rules', rules])
}

function startNode(name: string, [script = '', ...words]: readonly string[]): Promise<Contender> {
  const log = join(folder, `${children.length}.log`)
  const file = fileURLToPath(new URL(script, import.meta.url))
  const child = spawn(process.execPath, [file, ...words], { stdio: ['ignore', 'pipe', openSync(log, 'w')] })
  children.push(child)
  return new Promise((resolve, reject) => {
    const ended = (code: number | null) =>
      reject(new Error(`${name} ended with ${code}:\n${readFileSync(log, 'utf8')}`))
    child.once('exit', ended)
    child.stdout?.on('data', (line: Buffer) => {
      const url = /serves (\S+)/i.exec(line.toString())?.[1]
      if (url === undefined) return
      child.off('exit', ended)
      resolve({ name, origin: new URL(url).origin, pid: child.pid ?? 0 })
    })
  })
}

function startReader(): (reading: Reading) => Promise<Read> {
  const child = fork(fileURLToPath(new URL('./file-reader.ts', import.meta.url)))
  children.push(child)
  return (reading) =>
    new Promise((resolve, reject) => {
      child.once('message', (read: Read | { error: string }) => {
        if ('error' in read) reject(new Error(read.error))
        else resolve(read)
      })
      child.send(reading)
    })
}

/** Of all threads of a process, in and outside the kernel. */
function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}

function residentMegabytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
}
