/** `unidex serve`: from a command line to a port that answers, until a signal ends it. */
import { unwatchFile, watchFile } from 'node:fs'
import { type AssembleOptions, type Unidex, assemble } from '../assemble.ts'
import { CheckError, type Config } from '../config/config.ts'
import { BUILT_IN } from '../config/built-in.ts'
import { userRulesFile } from '../config/directories.ts'
import { loadConfig } from '../config/load.ts'
import { type RunningServer, listen } from '../http/server.ts'
import { openLog } from '../log/log.ts'
import type { Level, Report } from '../log/report.ts'
import { openData } from './data.ts'
import { type ServeOptions, readServeOptions } from './options.ts'
import { refuseOpenHost } from './open-host.ts'
import { RefusedError } from './usage-error.ts'
import { version } from './version.ts'

/** How long requests under way may take to end after the first signal. */
const DRAIN_MS = 30_000
/** How often the cache of files is brought back under its bound, beside what its own writes do for that. */
const SWEEP_EVERY_MS = 10 * 60_000
/** How often the rules file is looked at. */
const WATCH_EVERY_MS = 1000

/** Resolves when the server has ended. @throws CheckError, StateError, UsageError, RefusedError where nothing was started */
export async function serve(words: string[]): Promise<0> {
  const options = readServeOptions(words)
  const read = () => readConfig(options)
  const config = read()
  const log = openLog({ format: options.log, level: logLevel(), write: writeToStandardError, now: Date.now })
  const { report } = log
  // However the process ends: what was said is written.
  process.once('exit', log.flush)
  for (const warning of config.warnings) report('warn', 'rules_warning', { reason: warning })

  const data = await openData(options, { report, environment: process.env })
  const unidex = assembled({
    config,
    ...data,
    report,
    environment: process.env,
    userAgent: `unidex/${version}`,
    offline: options.offline,
    loopbackOnly: isLoopback(options.host),
    now: Date.now,
  })
  let server: RunningServer
  try {
    const { handle, atHand } = unidex
    server = await listen(handle, { host: options.host, port: options.port, atHand, report })
  } catch (error) {
    await unidex.close()
    await data.close()
    throw new RefusedError(cannotListen(error, options))
  }
  const sweeping = setInterval(() => void data.files.sweep(), SWEEP_EVERY_MS)
  const stopWatching = onChange(fileOf(config), () => reload(read, unidex.reload, report))
  const ended = untilEnded()
  // Whoever reads the line may send a signal the moment after.
  announce(server.origin, config)
  await ended
  stopWatching()
  clearInterval(sweeping)
  const cut = await server.drain(DRAIN_MS)
  await unidex.close()
  await data.close()
  report('info', 'ended', { cut })
  log.flush()
  return 0
}

/** What cannot be had although the rules are right (a file of certificates, the address of a proxy) is said, not thrown. */
function assembled(options: AssembleOptions): Unidex {
  try {
    return assemble(options)
  } catch (error) {
    throw new RefusedError(error instanceof Error ? error.message : String(error))
  }
}

function readConfig(options: ServeOptions): Config {
  const { rules, strict, host } = options
  const config = loadConfig({ ...(rules !== undefined && { rules }), environment: process.env, strict })
  if (!isLoopback(host)) refuseOpenHost(config, host)
  return config
}

/** The old rules stay where the new ones are refused. */
function reload(read: () => Config, use: (config: Config) => void, report: Report): void {
  try {
    const config = read()
    use(config)
    report('info', 'rules_loaded', { file: config.source })
    for (const warning of config.warnings) report('warn', 'rules_warning', { reason: warning })
  } catch (error) {
    const reasons =
      error instanceof CheckError ? error.message.split('\n') : [error instanceof Error ? error.message : String(error)]
    for (const reason of reasons) report('error', 'rules_refused', { reason })
    report('warn', 'rules_kept', { reason: 'the rules of before stay' })
  }
}

/** Where there is no rules file, the one that the user may come to write. */
function fileOf({ source }: Config): string {
  return source === BUILT_IN ? userRulesFile(process.env) : source
}

/** On SIGHUP, and when the file was written or replaced. Looking at it again and again also sees what is mounted over it. */
function onChange(file: string, act: () => void): () => void {
  process.on('SIGHUP', act)
  watchFile(file, { interval: WATCH_EVERY_MS, persistent: false }, (now, before) => {
    if (now.mtimeMs !== before.mtimeMs || now.ino !== before.ino) act()
  })
  return () => {
    process.off('SIGHUP', act)
    unwatchFile(file)
  }
}

/** The first SIGTERM or SIGINT; a second one ends the process at once. */
function untilEnded(): Promise<void> {
  return new Promise((resolve) => {
    let asked = false
    const end = () => {
      if (asked) process.exit(0)
      asked = true
      resolve()
    }
    process.on('SIGTERM', end)
    process.on('SIGINT', end)
  })
}

/** One line for programs, in a terminal followed by lines for people. */
function announce(origin: string, config: Config): void {
  const url = `${origin}/simple/`
  process.stdout.write(`Unidex serves ${url}\n`)
  if (!process.stdout.isTTY) return
  process.stdout.write(`
  pip install --index-url ${url} PROJECT
  uv pip install --default-index ${url} PROJECT

Rules: ${config.source}. Ctrl+C ends it.
`)
}

function cannotListen(error: unknown, { host, port }: ServeOptions): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'EADDRINUSE')
    return `Port ${port} of ${host} is taken by another program: choose another with --port, or 0 for a free one`
  if (code === 'EACCES')
    return `Port ${port} needs rights that this user does not have: choose one above 1023 with --port`
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return `--host is "${host}", which is no address of this machine`
  return `Cannot listen on ${host}, port ${port}: ${error instanceof Error ? error.message : String(error)}`
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host)
}

function logLevel(): Level {
  const wanted = process.env['UNIDEX_LOG_LEVEL']
  return wanted === 'error' || wanted === 'warn' || wanted === 'debug' ? wanted : 'info'
}

/** A log that nobody reads any more must not end the server. */
function writeToStandardError(lines: string): void {
  process.stderr.write(lines, () => undefined)
}
