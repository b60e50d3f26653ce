/** Programs that journeys start: found where `npm run journey:clients` put them, run to their end or until they are ready. */
import { randomInt } from 'node:crypto'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, onTestFinished } from 'vitest'

export const CHECKOUT = fileURLToPath(new URL('../../../', import.meta.url))
const INSTALLED = join(CHECKOUT, 'node_modules/.journey')

export const PROGRAMS = {
  uv: join(INSTALLED, 'tools/bin/uv'),
  /** With the newest pip and pypiserver. */
  python: join(INSTALLED, 'tools/bin/python'),
  pythonOfPip22: join(INSTALLED, 'pip-22/bin/python'),
  pythonOfOldestPip: join(INSTALLED, 'pip-oldest/bin/python'),
  poetry: join(INSTALLED, 'clients-bin/poetry'),
  pdm: join(INSTALLED, 'clients-bin/pdm'),
  pipenv: join(INSTALLED, 'clients-bin/pipenv'),
  pipCompile: join(INSTALLED, 'clients-bin/pip-compile'),
  hatch: join(INSTALLED, 'clients-bin/hatch'),
  tox: join(INSTALLED, 'clients-bin/tox'),
  nox: join(INSTALLED, 'clients-bin/nox'),
  node24: join(INSTALLED, 'node-24/node_modules/.bin/node'),
  nginx: 'nginx',
} as const

export type ProgramName = keyof typeof PROGRAMS

/** `describe` where the programs are there. Elsewhere the journey is skipped and its title says why; in CI it is run, and fails. */
export function describeWith(needed: readonly ProgramName[]): (title: string, journeys: () => void) => void {
  const missing = needed.filter((name) => !isThere(PROGRAMS[name]))
  const skips = missing.length > 0 && process.env['CI'] === undefined
  const why = skips ? ` (missing: ${missing.join(', ')}; see npm run journey:clients)` : ''
  return (title, journeys) => describe.skipIf(skips)(`${title}${why}`, () => journeys())
}

/** Programs without a path are part of the system. */
export function isThere(program: string): boolean {
  return program.includes('/') ? existsSync(program) : spawnSync(program, ['-v']).error === undefined
}

/** Removed when the test is over, or when `whenOver` says. */
export function temporaryFolder(whenOver: (remove: () => void) => void = onTestFinished): string {
  const folder = mkdtempSync(join(tmpdir(), 'unidex-journey-'))
  whenOver(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** This process's environment without what would make a client go around the server. Trusted certificates stay. */
export function cleanEnvironment(more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(?:PIP|UV|UNIDEX|XDG|npm)_|^(?:VIRTUAL_ENV|PYTHONPATH|NETRC|NODE_OPTIONS)$/i.test(name),
  )
  return { ...Object.fromEntries(kept), NO_PROXY: '127.0.0.1', ...more }
}

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  /** Both, for messages and for looking something up. */
  readonly output: string
}

export interface RunOptions {
  readonly environment?: NodeJS.ProcessEnv
  readonly folder?: string
}

/** Runs a program to its end, whatever its exit code. */
export async function run(program: string, words: readonly string[], options: RunOptions = {}): Promise<Ended> {
  return start(program, words, options).ended
}

/** @throws with the output where the program did not exit with 0 */
export async function runWell(program: string, words: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const ended = await run(program, words, options)
  if (ended.code !== 0) throw new Error(`${[program, ...words].join(' ')} ended with ${ended.code}:\n${ended.output}`)
  return ended
}

export interface Running {
  readonly process: ChildProcess
  readonly stdout: () => string
  readonly stderr: () => string
  readonly ended: Promise<Ended>
  /** Waits for the end after `signal`. */
  readonly end: (signal?: NodeJS.Signals) => Promise<Ended>
  /** Resolves as soon as standard output matches. @throws with all output where the program ends before */
  readonly says: (pattern: RegExp) => Promise<RegExpExecArray>
}

export function start(
  program: string,
  words: readonly string[],
  { environment = {}, folder }: RunOptions = {},
): Running {
  const child = spawn(program, words, {
    cwd: folder ?? tmpdir(),
    env: cleanEnvironment(environment),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, stdout, stderr, output: stdout + stderr }))
  })
  ended.catch(() => undefined)
  return {
    process: child,
    stdout: () => stdout,
    stderr: () => stderr,
    ended,
    end: (signal = 'SIGTERM') => {
      child.kill(signal)
      return ended
    },
    says: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const match = pattern.exec(stdout)
          if (match !== null) resolve(match)
        }
        look()
        child.stdout.on('data', look)
        ended.then(
          ({ code, output }) =>
            reject(new Error(`${program} ended with ${code} before it said ${pattern}:\n${output}`)),
          reject,
        )
      }),
  }
}

/**
 * A port that was free a moment ago, for programs that cannot choose one themselves: below those that the system gives to
 * whoever asks for any, so that it still is when a slow one listens.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(10_000, 30_000)
    const server = createServer()
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true))
    })
    if (!isFree) continue
    await new Promise((resolve) => server.close(resolve))
    return port
  }
}
