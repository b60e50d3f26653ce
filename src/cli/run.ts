/** Which command was typed, and what its end means as an exit code. */
import { CheckError } from '../config/config.ts'
import { StateError } from '../store/state.ts'
import { RefusedError, UsageError } from './usage-error.ts'
import { version } from './version.ts'

/** 0: fine. 1: it failed while running, or what was asked about is not served. 2: wrong usage, or refused before anything was started. */
type ExitCode = 0 | 1 | 2

/** Each is loaded when it is meant: most need little of what the others need. */
const COMMANDS = new Map<string, (words: string[]) => Promise<ExitCode>>([
  ['serve', async (words) => (await import('./serve.ts')).serve(words)],
  ['explain', async (words) => (await import('./explain.ts')).explain(words)],
  ['check', async (words) => (await import('./check.ts')).check(words)],
  ['mirrors', async (words) => (await import('./mirrors.ts')).mirrors(words)],
  ['forget', async (words) => (await import('./forget.ts')).forget(words)],
  ['accept', async (words) => (await import('./accept.ts')).accept(words)],
  ['stats', async (words) => (await import('./stats.ts')).stats(words)],
  ['refresh', async (words) => (await import('./refresh.ts')).refresh(words)],
])

const USAGE = `Unidex ${version}: one simple index out of many

  unidex serve [--rules FILE] [--data DIR] [--host 127.0.0.1] [--port 8642] [--offline]
               [--strict] [--cache-size 20GB] [--log text|json] [--new-state] [--workers 1]
  unidex explain PROJECT[==VERSION]|FILENAME [--index default[@DATE]] [--all] [--json]
                 [--offline] [--rules FILE] [--data DIR]
                            why this file, and why not that version; 1: it is not served
  unidex check [FILE] [--strict] [--online] [--against OLD [--all]] [--data DIR]
                            is it right, what does it mean, what can the upstreams do, and what
                            of what is kept would change
  unidex mirrors [--json] [--rules FILE] [--data DIR]
                            the addresses of each upstream, in the order in which they would be
                            asked now, and why; 1: one of the upstreams cannot be reached
  unidex forget PROJECT     let a name go that a private upstream holds
  unidex accept FILENAME    serve a file whose hash has changed since it was delivered
  unidex refresh PROJECT    ask the upstreams again, whatever is kept
  unidex stats [PROJECT] [--days 30] [--json] [--rules FILE] [--data DIR]
                            what was downloaded, by version, client and upstream
  unidex stats import LOG… [--as-new] [--rules FILE] [--data DIR]
                            count the downloads in access logs
  unidex stats fetch [--rules FILE] [--data DIR]
                            read the counts of the peers now
  unidex stats export FOLDER [--data DIR]
                            the files of /local-stats/, for any web server

forget, accept and refresh take --rules FILE and --data DIR as serve does;
a running server notices within a second.

Without a command, serve is meant. --help and --version work everywhere.
`

export async function main(words: readonly string[]): Promise<void> {
  // Whoever reads what is written may go away at any moment, and a server goes on.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
  const [first = 'serve', ...rest] = words
  if (words.includes('--help') || first === 'help') {
    process.stdout.write(USAGE)
    return
  }
  if (words.includes('--version')) {
    process.stdout.write(`${version}\n`)
    return
  }
  process.exitCode = await exitCodeOf(first, rest)
}

async function exitCodeOf(first: string, rest: string[]): Promise<ExitCode> {
  const command = COMMANDS.get(first.startsWith('-') ? 'serve' : first)
  try {
    if (command === undefined) throw new UsageError(`There is no command "${first}"`)
    return await command(first.startsWith('-') ? [first, ...rest] : rest)
  } catch (error) {
    if (error instanceof UsageError) {
      process.stderr.write(`unidex: ${error.message}\n\n${USAGE}`)
      return 2
    }
    if (error instanceof CheckError || error instanceof StateError || error instanceof RefusedError) {
      process.stderr.write(`${error.message}\n`)
      return 2
    }
    process.stderr.write(`unidex: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
    return 1
  }
}
