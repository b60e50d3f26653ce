/** What kind of thing a path asks for, whatever comes of it: for figures, which know no names. */
import type { Route } from '../metrics/metrics.ts'

/** Lowest first of those that a longer path may begin like. A first segment may be an index. */
const ROUTES: readonly (readonly [Route, RegExp])[] = [
  ['list', /^\/(?:[^/]+\/)?simple\/?$/],
  ['page', /^\/(?:[^/]+\/)?simple\/[^/]+\/?$/],
  ['metadata', /^\/(?:[^/]+\/)?files\/.*\.metadata$/],
  ['file', /^\/(?:[^/]+\/)?files\//],
  ['people', /^\/(?:$|-\/|stats\/(?:$|projects\/)|(?:[^/]+\/)?projects\/)/],
  ['json', /^\/(?:[^/]+\/){1,5}json$/],
]

export function routeOf(path: string): Route {
  return ROUTES.find(([, pattern]) => pattern.test(path))?.[0] ?? 'other'
}
