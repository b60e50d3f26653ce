/** An upstream with mirrors on loopback: the same projects everywhere, until a test says otherwise. */
import { onTestFinished } from 'vitest'
import { startUnidex, type TestOptions, type TestUnidex } from '../support/unidex.ts'
import { type SimpleUpstream, simpleUpstream, type UpstreamFile } from '../support/simple-upstream.ts'

export interface Group extends TestUnidex {
  readonly own: SimpleUpstream
  /** The first of its mirrors. */
  readonly mirror: SimpleUpstream
  readonly mirrors: readonly SimpleUpstream[]
}

export interface GroupOptions extends TestOptions {
  readonly mirrors?: number
  /** Further keys of the upstream. */
  readonly entry?: Readonly<Record<string, unknown>>
}

/** Nothing was asked yet. The upstream is called `up`. */
export async function group(
  projects: Record<string, readonly UpstreamFile[]>,
  { mirrors: count = 1, entry = {}, ...options }: GroupOptions = {},
): Promise<Group> {
  const own = await simpleUpstream({ ...projects })
  const mirrors = await Promise.all(Array.from({ length: count }, () => simpleUpstream({ ...projects })))
  const up = { url: own.url, mirrors: mirrors.map(({ url }) => url), ...entry }
  const unidex = await startUnidex({ upstreams: { up }, indexes: { default: { upstreams: ['up'] } } }, options)
  const [mirror] = mirrors
  if (mirror === undefined) throw new Error('A group has a mirror')
  return { ...unidex, own, mirror, mirrors }
}

/** It hangs, whatever it is asked, until the test is over. */
export function hang(...servers: readonly SimpleUpstream[]): void {
  for (const server of servers) {
    server.instead = () => true
    // Before all else is closed, which would wait for it.
    onTestFinished(() => server.stop())
  }
}

/** Requests for project pages. */
export function pagesAsked({ requests }: SimpleUpstream): string[] {
  return requests.filter((request) => /^GET \/simple\/[^/]+\/$/.test(request))
}
