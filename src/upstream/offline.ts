/** Nobody is asked: the client of a machine without a network. */
import type { UpstreamClient } from './contract.ts'
import { UpstreamError } from './error.ts'

export function offlineClient(upstream: string): UpstreamClient {
  const refuse = (url: string) =>
    Promise.reject(
      new UpstreamError(
        upstream,
        'offline',
        `${lastSegment(url)} is not kept, and nobody is asked because of --offline`,
      ),
    )
  return {
    getPage: refuse,
    streamPage: refuse,
    openFile: refuse,
    readPart: refuse,
    headFile: refuse,
    close: () => Promise.resolve(),
  }
}

/** What somebody looks for; queries may hold a secret. */
function lastSegment(url: string): string {
  const { pathname } = new URL(url)
  return pathname.slice(pathname.lastIndexOf('/') + 1)
}
