/** Says what became of questions about files, as `observed` says it of pages. */
import type { Report } from '../log/report.ts'
import type { UpstreamClient } from './contract.ts'
import { UpstreamError } from './error.ts'

export interface ObservedFilesOptions {
  readonly upstream: string
  readonly report: Report
  readonly now: () => number
}

/** Failures are no alarm here: some of them are met by asking again, and of all others those who wanted the file speak. */
export function observedFiles(client: UpstreamClient, { upstream, report, now }: ObservedFilesOptions): UpstreamClient {
  async function watched<T>(url: string, ask: () => Promise<T>, isThere: (reply: T) => boolean): Promise<T> {
    const startedAt = now()
    const asked = { upstream, kind: 'file', what: new URL(url).pathname.split('/').at(-1) }
    try {
      const reply = await ask()
      const answer = isThere(reply) ? 'file' : 'absent'
      report('debug', 'upstream_answered', { ...asked, answer, ms: now() - startedAt })
      return reply
    } catch (error) {
      if (error instanceof UpstreamError)
        report('debug', 'upstream_failed', { ...asked, code: error.code, reason: error.message, ms: now() - startedAt })
      throw error
    }
  }

  return {
    ...client,
    openFile: (url, options) =>
      watched(
        url,
        () => client.openFile(url, options),
        ({ kind }) => kind === 'file',
      ),
    headFile: (url) =>
      watched(
        url,
        () => client.headFile(url),
        (found) => found !== undefined,
      ),
  }
}
