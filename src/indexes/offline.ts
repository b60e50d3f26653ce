/** Nobody is asked: the index of a machine without a network. */
import type { ProjectName } from '../simple/name.ts'
import { UpstreamError } from '../upstream/error.ts'
import type { Index } from './contract.ts'

export interface OfflineOptions {
  /** What it is taken not to have, as long as nothing is kept of it. Default: nothing. */
  readonly lacks?: (project: ProjectName) => boolean
  readonly now?: () => number
}

/** A held absence is all that is known, so it is the answer; a held page is left to whoever holds it. */
export function offlineIndex(upstream: string, { lacks = () => false, now = Date.now }: OfflineOptions = {}): Index {
  const refuse = (why: string) => Promise.reject(new UpstreamError(upstream, 'offline', why))
  return {
    async getProject(name, { held } = {}) {
      if (held?.page !== undefined) return refuse('not asked because of --offline')
      if (held !== undefined) return held
      if (!lacks(name)) return refuse(`the page of ${name} is not kept, and nobody is asked because of --offline`)
      return { page: undefined, checkedAt: now(), freshUntil: now() }
    },
    listProjects: () => refuse('not asked because of --offline'),
  }
}
