/** `unidex serve`: one process that serves, or one that supervises several. */
import { readServeOptions } from './options.ts'

/** Resolves when the server has ended. @throws CheckError, StateError, UsageError, RefusedError where nothing was started */
export async function serve(words: string[]): Promise<0 | 1 | 2> {
  const options = readServeOptions(words)
  // Each is loaded by itself: the supervisor needs little of what serves.
  if (options.workers === 1) return (await import('./alone.ts')).serveAlone(options)
  const { default: cluster } = await import('node:cluster')
  if (cluster.isWorker) return (await import('./worker.ts')).work(options)
  return (await import('./supervisor.ts')).supervise(options)
}
