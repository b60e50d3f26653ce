/** Nobody is asked: the index of a machine without a network. */
import type { ProjectName } from '../simple/name.ts'
import { UpstreamError } from '../upstream/error.ts'
import type { Index } from './contract.ts'

export interface OfflineOptions {
  /** What it is taken not to have, as long as nothing is kept of it. Default: nothing. */
  readonly lacks?: (project: ProjectName) => boolean
  readonly now?: () => number
}

export function offlineIndex(upstream: string, { lacks = () => false, now = Date.now }: OfflineOptions = {}): Index {
  const refuse = () =>
    Promise.reject(new UpstreamError(upstream, 'offline', 'not asked, because Unidex was started with --offline'))
  return {
    async getProject(name, { held } = {}) {
      if (held?.page !== undefined || !lacks(name)) return refuse()
      return { page: undefined, checkedAt: now(), freshUntil: now() }
    },
    listProjects: refuse,
  }
}
