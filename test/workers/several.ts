/** A server of several processes, and a way to ask the one that is meant. */
import { execFileSync } from 'node:child_process'
import { get } from 'node:http'
import { onTestFinished } from 'vitest'
import { type RunningServer, type ServeOptions, serve } from '../journey/support/server.ts'

export interface Answer {
  readonly status: number
  readonly body: string
}

/** Started with `--workers 2`, and ended after the test. */
export async function serveWithTwo({ words = [], ...options }: ServeOptions): Promise<RunningServer> {
  const server = await serve({ ...options, words: ['--workers', '2', ...words] })
  onTestFinished(() => {
    for (const pid of workersOf(server)) signal(pid, 'SIGKILL')
    server.process.kill('SIGKILL')
  })
  return server
}

/** Process ids, oldest first. */
export function workersOf({ process: { pid } }: RunningServer): number[] {
  return execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' })
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .flatMap(([child = 0, parent]) => (parent === pid ? [child] : []))
    .toSorted((one, other) => one - other)
}

/** Asks on a connection of its own, while all workers but `pid` stand still. */
export async function askAt(server: RunningServer, pid: number, path: string): Promise<Answer> {
  const others = workersOf(server).filter((other) => other !== pid)
  for (const other of others) signal(other, 'SIGSTOP')
  try {
    return await ask(server, path)
  } finally {
    for (const other of others) signal(other, 'SIGCONT')
  }
}

/** Asks whoever takes it, on a connection of its own. */
export function ask({ origin }: RunningServer, path: string): Promise<Answer> {
  const headers = { accept: 'application/vnd.pypi.simple.v1+json' }
  return new Promise((resolve, reject) => {
    get(`${origin}${path}`, { agent: false, headers }, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => (body += chunk))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }))
      response.on('error', reject)
    }).on('error', reject)
  })
}

/** Filenames of a page, or the status. */
export function filesIn({ status, body }: Answer): string[] | number {
  if (status !== 200) return status
  return (JSON.parse(body) as { files: { filename: string }[] }).files.map(({ filename }) => filename)
}

export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // It is gone.
  }
}
