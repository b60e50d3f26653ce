/** What a running Unidex is made with. */
import type { LookupFunction } from 'node:net'
import type { Config } from '../config/config.ts'
import type { Report } from '../log/report.ts'
import type { Family } from '../metrics/exposition.ts'
import type { Metrics } from '../metrics/metrics.ts'
import type { ProjectName } from '../simple/name.ts'
import type { DownloadStats } from '../stats/download-stats.ts'
import type { FileStore } from '../store/file-store.ts'
import type { PageStore } from '../store/page-store.ts'
import type { State } from '../store/state.ts'

export interface AssembleOptions {
  readonly config: Config
  readonly pages: PageStore
  readonly files: FileStore
  readonly state: State
  /** Where downloads are counted. Default: nowhere. */
  readonly stats?: DownloadStats
  readonly report: Report
  /** What is counted, where `report` is one that counts. Default: only what is not reported. */
  readonly metrics?: Metrics
  /** What `/metrics` shows. Default: what `metrics` counts. */
  readonly figures?: () => Promise<readonly Family[]>
  readonly environment: Readonly<Record<string, string | undefined>>
  /** What upstreams are told of us. */
  readonly userAgent: string
  /** Nobody is asked. */
  readonly offline: boolean
  /** Offline, what an upstream is taken not to have; whatever else is not kept of it stays a failure. Default: nothing. */
  readonly lacks?: (upstream: string, project: ProjectName) => boolean
  readonly loopbackOnly: boolean
  /** How host names become addresses. Default: as the system does it. */
  readonly lookup?: LookupFunction
  readonly now: () => number
}
