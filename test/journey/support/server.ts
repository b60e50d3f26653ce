/** The server as a user starts it: a process of its own, on a free port. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CHECKOUT, type Ended, type RunOptions, type Running, run, start } from './programs.ts'

export const MAIN = join(CHECKOUT, 'src/cli/main.ts')

export interface ServeOptions {
  /** Holds its data, and its rules file where it has one. */
  readonly folder: string
  /** The rules file's content; without it the built-in rules are meant. */
  readonly rules?: unknown
  readonly environment?: NodeJS.ProcessEnv
  readonly port?: number
  /** Further words of the command line. */
  readonly words?: readonly string[]
}

export interface RunningServer extends Running {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string
  /** Address of the index `default`. */
  readonly indexUrl: string
}

/** Starts `unidex serve` and waits for the line that says that it is ready. */
export async function serve({
  folder,
  rules,
  environment = {},
  port = 0,
  words: more = [],
}: ServeOptions): Promise<RunningServer> {
  const words = ['serve', '--port', String(port), '--data', join(folder, 'data'), ...more]
  if (rules !== undefined) words.push('--rules', writeRules(folder, rules))
  const running = start(process.execPath, [MAIN, ...words], { environment: { ...environment, HOME: folder } })
  const [, origin = ''] = await running.says(/^Unidex serves (http:\/\/\S+)\/simple\/$/m)
  return { ...running, origin, indexUrl: `${origin}/simple/` }
}

export function writeRules(folder: string, rules: unknown): string {
  const file = join(folder, 'merge-rules.json')
  writeFileSync(file, typeof rules === 'string' ? rules : JSON.stringify(rules, null, 2))
  return file
}

/** Runs the command line to its end. */
export function unidex(words: readonly string[], options: RunOptions = {}): Promise<Ended> {
  return run(process.execPath, [MAIN, ...words], options)
}
