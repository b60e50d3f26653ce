/** The server that is one process. */
import type { ServeOptions } from './options.ts'
import { refuseBroken, sayBroken } from './expectations.ts'
import { findServedRules, readServedRules, reload, sayWarnings, watchRules } from './rules.ts'
import { startServing } from './serving.ts'
import { untilEnded } from './signals.ts'
import { announce, openServerLog } from './standard-streams.ts'

/** Resolves when the server has ended. @throws CheckError, StateError, RefusedError where nothing was started */
export async function serveAlone(options: ServeOptions): Promise<0> {
  const onNewRules = await watchRules(options)
  const read = () => readServedRules(findServedRules(options), options)
  const config = await read()
  const report = openServerLog(options)
  sayWarnings(config, report)
  const { origin, unidex, end } = await startServing(options, { config, report })
  const stopWatching = onNewRules(() =>
    reload(async () => {
      const changed = await read()
      await refuseBroken(unidex, changed, report)
      unidex.reload(changed)
      return changed
    }, report),
  )
  const ended = untilEnded()
  // Whoever reads the line may send a signal the moment after.
  announce(origin, config)
  void sayBroken(unidex, config, report)
  await ended
  stopWatching()
  const cut = await end()
  report('info', 'ended', { cut })
  return 0
}
