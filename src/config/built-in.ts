/** What is meant where there is no rules file: PyPI, on a laptop. */
import type { Config } from './config.ts'
import { DAY } from './duration.ts'
import { upstreamConfig } from './upstream-entry.ts'

/** A laptop may be without a network for longer than a company's server. */
const STALE_FOR_MS = 30 * DAY

/** Stands for the file where there is none. */
export const BUILT_IN = 'built-in'

/** One upstream, `pypi`, and one index, `default`. */
export function builtInConfig(): Config {
  const pypi = upstreamConfig('pypi', { url: { url: 'https://pypi.org/simple/' } }, (path) => path)
  const upstreams = new Map([['pypi', pypi]])
  return {
    source: BUILT_IN,
    upstreams,
    policy: { upstreams, indexes: new Map([['default', { name: 'default', upstreams: ['pypi'], rules: [] }]]) },
    expectations: [],
    openIndexes: new Set(),
    hosts: [],
    peers: [],
    staleForMs: STALE_FOR_MS,
    warnings: [],
  }
}
