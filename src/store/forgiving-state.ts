/** A state whose writes may fail: the request that caused one is answered all the same, and the failure is said loudly. */
import type { Report } from '../log/report.ts'
import type { State } from './state.ts'

export function forgivingState(inner: State, report: Report): State {
  function trying(write: () => void): void {
    try {
      write()
    } catch (error) {
      report('error', 'state_write_failed', { reason: error instanceof Error ? error.message : String(error) })
    }
  }
  return {
    ...inner,
    own: (upstream, project) => trying(() => inner.own(upstream, project)),
    keepList: (upstream, list) => trying(() => inner.keepList(upstream, list)),
    served: (upstream, project, filename, sha256) => trying(() => inner.served(upstream, project, filename, sha256)),
  }
}
