/** What every topic does: start servers with a private folder, measure contenders in turns, print its table, leave nothing behind. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { SMALL_ALLOCATOR, SMALL_FLAG } from '../src/cli/small-process.ts'
import { type Row, table } from './figures.ts'

const READY_WITHIN_MS = 60_000
const ENDS_WITHIN_MS = 5000

export interface Program {
  readonly name: string
  readonly command: readonly [program: string, ...words: string[]]
  readonly environment?: Readonly<Record<string, string>>
  /** Asked until it is answered. Without it the program prints its address: "… serves URL". */
  readonly url?: string
  /** It is a script that answers messages. */
  readonly talks?: boolean
}

export interface Running {
  readonly url: string
  /** The leader of a process group that holds all that the program starts. */
  readonly pid: number
  /** Sends a message to a program that talks; gives its answer. */
  tell<Answer>(): Promise<Answer>
  /** Waits for its end. */
  stop(): Promise<void>
}

export interface Bench {
  /** Gone when the topic is over. */
  readonly folder: string
  /** What the program writes to stderr goes to a file. @throws with its end where it does not become ready */
  start(program: Program): Promise<Running>
}

/** Runs a topic, prints its rows, and writes them to the file of `--json`. */
export async function topic(measure: (bench: Bench) => Promise<readonly Row[]>): Promise<void> {
  const { json } = parseArgs({ options: { json: { type: 'string' } } }).values
  const rows = await withBench(measure)
  console.log(table(rows))
  if (json !== undefined) writeFileSync(json, JSON.stringify(rows, undefined, 2))
}

async function withBench<T>(work: (bench: Bench) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'unidex-bench-'))
  const groups = new Map<number, Promise<unknown>>()
  // What was killed may still write for a moment.
  const remove = () => rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  const interrupted = () => {
    for (const pid of groups.keys()) signal(pid, 'SIGKILL')
    process.exitCode = 1
    try {
      remove()
    } finally {
      process.exit()
    }
  }
  for (const each of ['SIGINT', 'SIGTERM'] as const) process.once(each, interrupted)
  try {
    return await work({ folder, start: (program) => start(program, { folder, groups }) })
  } finally {
    for (const pid of groups.keys()) signal(pid, 'SIGTERM')
    await Promise.race([Promise.all(groups.values()), sleep(ENDS_WITHIN_MS, undefined, { ref: false })])
    for (const pid of groups.keys()) signal(pid, 'SIGKILL')
    remove()
  }
}

async function start(
  { name, command: [program, ...words], environment = {}, url, talks = false }: Program,
  { folder, groups }: { folder: string; groups: Map<number, Promise<unknown>> },
): Promise<Running> {
  const log = join(folder, `${name}-${groups.size}.log`)
  const errors = openSync(log, 'a')
  const child = spawn(program, words, {
    // A group of its own, so that workers end with the one that started them.
    detached: true,
    stdio: ['ignore', url === undefined ? 'pipe' : errors, errors, ...(talks ? (['ipc'] as const) : [])],
    env: { ...cleanEnvironment(), ...environment },
    cwd: folder,
  })
  const ended = once(child, 'exit')
  // It may have failed to start at all, which `once` turns into a rejection.
  ended.catch(() => undefined)
  if (child.pid !== undefined) groups.set(child.pid, ended)
  const failed = (why: string) => new Error(`${name} ${why}:\n${readFileSync(log, 'utf8').slice(-2000)}`)
  const found = url === undefined ? printed(child.stdout) : answered(url)
  const ready = await Promise.race([
    found,
    ended.then(
      ([code]) => Promise.reject(failed(`ended with ${code}`)),
      (cause: unknown) => Promise.reject(new Error(`Cannot start ${name}`, { cause })),
    ),
    sleep(READY_WITHIN_MS, undefined, { ref: false }).then(() => Promise.reject(failed('did not become ready'))),
  ])
  return {
    url: ready,
    pid: child.pid ?? 0,
    tell: <Answer>() =>
      new Promise<Answer>((resolve) => {
        child.once('message', (message) => resolve(message as Answer))
        child.send('tell')
      }),
    async stop() {
      signal(child.pid ?? 0, 'SIGTERM')
      await ended
    },
  }
}

/** Goes on reading to the end, so that the program is never held up by what it prints. */
function printed(output: NodeJS.ReadableStream | null): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    output?.on('data', (piece: Buffer) => {
      text = (text + piece.toString()).slice(-1000)
      const url = /serves (\S+)\n/i.exec(text)?.[1]
      if (url !== undefined) resolve(url)
    })
  })
}

async function answered(url: string): Promise<string> {
  for (;;) {
    const response = await fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(2000) }).catch(() => undefined)
    if (response !== undefined) return url
    await sleep(50)
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(-pid, name)
  } catch {
    // It is gone already.
  }
}

/** This process's environment without what would change how a contender behaves. Trusted certificates stay. */
export function cleanEnvironment(): Record<string, string> {
  const kept = Object.entries(process.env).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined &&
      !/^(?:PIP|UV|UNIDEX|PROXPI|PYPIRON|DEVPI\w*|XDG|npm)_|^(?:VIRTUAL_ENV|PYTHONPATH|NETRC|NODE_OPTIONS)$/i.test(
        entry[0],
      ),
  )
  return { ...Object.fromEntries(kept), NO_PROXY: '127.0.0.1' }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('There is no free port')
  return address.port
}

function here(relative: string): string {
  return fileURLToPath(new URL(relative, import.meta.url))
}

/** The compiled program of this checkout, which `npm run bench` makes first: what users run, without the types to take out. */
export const MAIN = here('../dist/cli/main.js')

/** A server as users start it, its log written to a file. */
export function unidex(bench: Bench, name: string, rules: object, ...words: string[]): Promise<Running> {
  return bench.start({ name, command: [process.execPath, ...served(bench, name, rules), ...words] })
}

/** The same with `watch-process.ts` in it, which tells how it fares. */
export function watchedUnidex(bench: Bench, name: string, rules: object): Promise<Running> {
  // What a server that does not talk to its parent begins itself with.
  const watch = [SMALL_FLAG, '--import', here('./watch-process.ts')]
  return bench.start({
    name,
    command: [process.execPath, ...watch, ...served(bench, name, rules)],
    environment: SMALL_ALLOCATOR,
    talks: true,
  })
}

function served(bench: Bench, name: string, rules: object): readonly string[] {
  const file = join(bench.folder, `${name}.json`)
  writeFileSync(file, JSON.stringify(rules))
  const data = join(bench.folder, `${name}-data`)
  return [MAIN, 'serve', '--port', '0', '--data', data, '--rules', file]
}

/** A script of this folder, which says what it serves. */
export function script(bench: Bench, name: string, ...words: string[]): Promise<Running> {
  return bench.start({ name, command: [process.execPath, here(`./${name}.ts`), ...words], talks: true })
}

/** Measures each contender once a round, in turns. Gives the rounds' values by contender. */
export async function inTurns<Name extends string>(
  rounds: number,
  contenders: ReadonlyMap<Name, (round: number) => Promise<number>>,
): Promise<Map<Name, number[]>> {
  const values = new Map<Name, number[]>([...contenders.keys()].map((name) => [name, []]))
  for (let round = 0; round < rounds; round += 1)
    for (const [name, measure] of contenders) values.get(name)?.push(await measure(round))
  return values
}
