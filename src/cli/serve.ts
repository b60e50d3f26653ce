/** `unidex serve`: from a command line to a port that answers, until a signal ends it. */
import { type ServeOptions, readServeOptions } from './options.ts'
import { findServedRules, onNewRules, readServedRules, reload, sayWarnings } from './rules.ts'
import { startServing } from './serving.ts'
import { untilEnded } from './signals.ts'
import { announce, openServerLog } from './standard-streams.ts'

/** Resolves when the server has ended. @throws CheckError, StateError, UsageError, RefusedError where nothing was started */
export async function serve(words: string[]): Promise<0> {
  const options = readServeOptions(words)
  return serveAlone(options)
}

/** The server that is one process. */
async function serveAlone(options: ServeOptions): Promise<0> {
  const read = () => readServedRules(findServedRules(options), options)
  const config = await read()
  const { report, flush } = openServerLog(options)
  // However the process ends: what was said is written.
  process.once('exit', flush)
  sayWarnings(config, report)
  const { origin, unidex, end } = await startServing(options, { config, report })
  const stopWatching = onNewRules(config, () =>
    reload(async () => {
      const changed = await read()
      unidex.reload(changed)
      return changed
    }, report),
  )
  const ended = untilEnded()
  // Whoever reads the line may send a signal the moment after.
  announce(origin, config)
  await ended
  stopWatching()
  const cut = await end()
  report('info', 'ended', { cut })
  flush()
  return 0
}
