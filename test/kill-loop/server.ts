/** The server of a kill loop: a process of its own, started on a kept data folder and ended by a signal. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

export interface ServerOptions {
  readonly rules: string
  readonly data: string
  readonly more?: readonly string[]
}

export interface Server {
  readonly pid: number
  /** Resolves with `http://127.0.0.1:PORT` as soon as requests are accepted; undefined: it ended before. */
  readonly origin: Promise<string | undefined>
  /** Sends the signal, and waits until the process is gone. Its exit code; undefined: the signal ended it. */
  end(signal: NodeJS.Signals): Promise<number | undefined>
  /** Lines of its log so far. */
  readonly log: readonly string[]
}

/** More room than this is taken back by a sweep: small, so that files come and go. */
const CACHE_SIZE = '25MB'

export function startServer({ rules, data, more = [] }: ServerOptions): Server {
  const words = ['serve', '--port', '0', '--log', 'json', '--cache-size', CACHE_SIZE, '--rules', rules, '--data', data]
  const child = spawn(process.execPath, [MAIN, ...words, ...more], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, UNIDEX_LOG_LEVEL: 'warn' },
  })
  const log: string[] = []
  createInterface({ input: child.stderr }).on('line', (line) => log.push(line))
  const closed = once(child, 'close')
  const origin = new Promise<string | undefined>((resolve) => {
    createInterface({ input: child.stdout }).once('line', (line) =>
      resolve(line.replace('Unidex serves ', '').replace(/\/simple\/$/, '')),
    )
    void closed.then(() => resolve(undefined))
  })
  return {
    pid: child.pid ?? 0,
    origin,
    log,
    async end(signal) {
      child.kill(signal)
      await closed
      return child.exitCode ?? undefined
    },
  }
}
