/** Nobody is asked: the index of a machine without a network. */
import { UpstreamError } from '../upstream/error.ts'
import type { Index } from './contract.ts'

export function offlineIndex(upstream: string): Index {
  const refuse = () =>
    Promise.reject(new UpstreamError(upstream, 'offline', 'not asked, because Unidex was started with --offline'))
  return { getProject: refuse, listProjects: refuse }
}
