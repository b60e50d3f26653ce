/** A state whose writes may fail: the request that caused one is answered all the same, and the failure is said loudly. */
import type { Report } from '../log/report.ts'
import type { ProjectName } from '../simple/name.ts'
import type { State } from './state.ts'

export function forgivingState(inner: State, report: Report): State {
  // Owners that could not be written down: known as long as this process lives, so that a full disk frees no name.
  const unwritten = new Map<ProjectName, Set<string>>()

  function trying(write: () => void): boolean {
    try {
      write()
      return true
    } catch (error) {
      report('error', 'state_write_failed', { reason: error instanceof Error ? error.message : String(error) })
      return false
    }
  }
  return {
    ...inner,
    ownersOf(project) {
      const more = unwritten.get(project)
      return more === undefined ? inner.ownersOf(project) : [...new Set([...inner.ownersOf(project), ...more])]
    },
    own(upstream, project) {
      const written = trying(() => inner.own(upstream, project))
      if (!written) unwritten.set(project, new Set([...(unwritten.get(project) ?? []), upstream]))
    },
    keepList: (upstream, list) => void trying(() => inner.keepList(upstream, list)),
    served: (upstream, project, filename, sha256) =>
      void trying(() => inner.served(upstream, project, filename, sha256)),
  }
}
