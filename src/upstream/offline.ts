/** Nobody is asked: the client of a machine without a network. */
import type { UpstreamClient } from './contract.ts'
import { UpstreamError } from './error.ts'

export function offlineClient(upstream: string): UpstreamClient {
  const refuse = () =>
    Promise.reject(new UpstreamError(upstream, 'offline', 'not asked, because Unidex was started with --offline'))
  return {
    getPage: refuse,
    streamPage: refuse,
    openFile: refuse,
    readPart: refuse,
    headFile: refuse,
    close: () => Promise.resolve(),
  }
}
