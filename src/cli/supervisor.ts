/** The process above several that serve: reads the rules, hears the signals, keeps the cache within its bound, serves nothing. */
import { SWEEP_EVERY_MS, prepareData } from './data.ts'
import type { ServeOptions } from './options.ts'
import { findServedRules, readServedRules, reload, sayWarnings, watchRules } from './rules.ts'
import { untilEnded } from './signals.ts'
import { announce, openServerLog, writeSharedLines } from './standard-streams.ts'
import { RefusedError } from './usage-error.ts'
import { openWorkerPool } from './worker-pool.ts'

/** What the workers may store before the files are counted again, as a part of the cache's bound. */
const COUNT_AFTER = 0.02

/**
 * Resolves when the server has ended; with 1 where its workers could not be kept alive.
 * @throws CheckError, StateError, RefusedError where nothing was started
 */
export async function supervise(options: ServeOptions): Promise<0 | 1> {
  const onNewRules = await watchRules(options)
  const rules = findServedRules(options)
  const config = await readServedRules(rules, options)
  const report = openServerLog(options, writeSharedLines)
  sayWarnings(config, report)
  const files = await prepareData(options, { report, environment: process.env })

  // The first file that is stored has them counted.
  let uncounted = options.cacheBytes
  function onStored(bytes: number): void {
    uncounted += bytes
    if (uncounted <= options.cacheBytes * COUNT_AFTER) return
    uncounted = 0
    void files.sweep()
  }

  const pool = openWorkerPool({ count: options.workers, port: options.port, rules, report, onStored })
  const started = await Promise.race([pool.ready, pool.failed])
  if (started instanceof RefusedError) throw started
  if (started instanceof Error) {
    process.stderr.write(`${started.message}\n`)
    return 1
  }
  const sweeping = setInterval(() => void files.sweep(), SWEEP_EVERY_MS)
  const stopWatching = onNewRules(() =>
    reload(async () => {
      const changed = findServedRules(options)
      const meaning = await readServedRules(changed, options)
      await pool.use(changed)
      return meaning
    }, report),
  )
  const ended = untilEnded(pool.kill)
  // Whoever reads the line may send a signal the moment after.
  announce(started, config)
  const failure = await Promise.race([ended, pool.failed])
  stopWatching()
  clearInterval(sweeping)
  if (failure) report('error', 'given_up', { reason: failure.message })
  const cut = await pool.end()
  report('info', 'ended', { cut })
  return failure ? 1 : 0
}
