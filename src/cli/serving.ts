/** One process that serves: from a configuration to a port that answers, and to a good end. */
import { type AssembleOptions, type Unidex, assemble } from '../assemble.ts'
import type { Config } from '../config/config.ts'
import { listen } from '../http/server.ts'
import type { Report } from '../log/report.ts'
import type { Family } from '../metrics/exposition.ts'
import { type Metrics, openMetrics } from '../metrics/metrics.ts'
import { SWEEP_EVERY_MS, openData } from './data.ts'
import { isLoopback } from './open-host.ts'
import type { ServeOptions } from './options.ts'
import { servingFigures } from './serving-figures.ts'
import { RefusedError } from './usage-error.ts'
import { version } from './version.ts'

/** How long requests under way may take to end. */
const DRAIN_MS = 30_000

/** A port that answers. */
export interface Serving {
  /** `http://127.0.0.1:8642`, without a slash at the end. */
  readonly origin: string
  readonly unidex: Unidex
  /** Accepts nothing new and lets what is under way end; how many answers had to be cut. */
  end(): Promise<number>
}

export interface ServingContext {
  readonly config: Config
  readonly report: Report
  /** Default: its own. */
  readonly metrics?: Metrics
  /** What `/metrics` shows. Default: what this process counts. */
  readonly figures?: () => Promise<readonly Family[]>
  /** Told the bytes of each file that is stored: then somebody else keeps the cache under its bound. */
  readonly onStored?: (bytes: number) => void
}

/** Resolves as soon as requests are accepted. @throws StateError, RefusedError where nothing was started */
export async function startServing(options: ServeOptions, context: ServingContext): Promise<Serving> {
  const { config, onStored, metrics = openMetrics(), figures } = context
  const report = metrics.counting(context.report)
  const data = await openData({ ...options, ...(onStored && { onStored }) }, { report, environment: process.env })
  let unidex: Unidex | undefined
  try {
    unidex = assembled({
      config,
      ...data,
      report,
      metrics,
      ...(figures && { figures }),
      environment: process.env,
      userAgent: `unidex/${version}`,
      offline: options.offline,
      loopbackOnly: isLoopback(options.host),
      now: Date.now,
    })
    const server = await listening(unidex, options, report)
    metrics.watch(() => servingFigures(server, data))
    const sweeping = onStored === undefined ? setInterval(() => void data.files.sweep(), SWEEP_EVERY_MS) : undefined
    return { origin: server.origin, unidex, end }

    async function end(): Promise<number> {
      clearInterval(sweeping)
      const cut = await server.drain(DRAIN_MS)
      await unidex?.close()
      await data.close()
      return cut
    }
  } catch (error) {
    await unidex?.close()
    await data.close()
    throw error
  }
}

/** What cannot be had although the rules are right (a file of certificates, the address of a proxy) is said, not thrown. */
function assembled(options: AssembleOptions): Unidex {
  try {
    return assemble(options)
  } catch (error) {
    throw new RefusedError(error instanceof Error ? error.message : String(error))
  }
}

async function listening({ handle, atHand }: Unidex, options: ServeOptions, report: Report) {
  try {
    return await listen(handle, { host: options.host, port: options.port, atHand, report })
  } catch (error) {
    throw new RefusedError(cannotListen(error, options))
  }
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
