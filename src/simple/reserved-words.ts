/** First segments of addresses that we serve ourselves: no index is called so, and no project is looked for there. */
export const RESERVED_WORDS: ReadonlySet<string> = new Set([
  'simple',
  'files',
  'projects',
  'pypi',
  'mirrors',
  'last-modified',
  'local-stats',
  'stats',
  'healthz',
  'readyz',
  'metrics',
])
