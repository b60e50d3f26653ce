/** Says what an upstream did: how long it took, and why it failed. */
import { UpstreamError } from '../upstream/error.ts'
import type { Report } from '../log/report.ts'
import type { Index } from './contract.ts'

export interface ObservedOptions {
  readonly upstream: string
  readonly report: Report
  readonly now: () => number
}

/** Belongs around what is really asked, inside the cache: an answer from the cache is no event. */
export function observed(inner: Index, { upstream, report, now }: ObservedOptions): Index {
  async function watched<T>(
    { kind, what }: { readonly kind: 'page' | 'list'; readonly what: string },
    ask: () => Promise<T>,
    describe: (answer: T) => Record<string, string | number>,
  ): Promise<T> {
    const startedAt = now()
    try {
      const answer = await ask()
      report('debug', 'upstream_answered', { upstream, kind, what, ...describe(answer), ms: now() - startedAt })
      return answer
    } catch (error) {
      if (error instanceof UpstreamError) {
        // It lacks the name, or does not know us: whether that is a failure is found out above.
        const isForwarded = error.code === 'forwarded'
        const level = isForwarded ? 'info' : error.mayHeal ? 'warn' : 'error'
        report(level, isForwarded ? 'upstream_forwards' : 'upstream_failed', {
          upstream,
          kind,
          what,
          code: error.code,
          status: error.status,
          reason: error.message,
          ms: now() - startedAt,
        })
      }
      throw error
    }
  }
  let hasSaidLater = false

  /** Once: all pages of an upstream are of one version. */
  function sayLaterVersion(version: string): void {
    if (hasSaidLater) return
    hasSaidLater = true
    const reason = 'what this version of the simple repository API adds is not known and not passed on'
    report('warn', 'later_api_version', { upstream, version, reason })
  }

  return {
    getProject: (name, ask) =>
      watched(
        { kind: 'page', what: name },
        () => inner.getProject(name, ask),
        ({ page }) => {
          if (page === undefined) return { answer: 'absent' }
          if (page.laterVersion !== undefined) sayLaterVersion(page.laterVersion)
          if (page.droppedCount > 0) {
            const first = page.dropped[0]
            report('debug', 'page_entries_dropped', {
              upstream,
              what: name,
              n: page.droppedCount,
              first: `${first?.what}: ${first?.why}`,
            })
          }
          return { answer: 'page', files: page.files.length }
        },
      ),
    listProjects: (held) =>
      watched(
        { kind: 'list', what: 'project list' },
        () => inner.listProjects(held),
        ({ listed, names }) => ({ answer: listed ? 'list' : 'absent', names: names.count }),
      ),
  }
}
