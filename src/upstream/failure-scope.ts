/** What a failure is about: one page, ourselves, or the server; by its code. */
import type { FailureCode } from './error.ts'

/** These say nothing about other pages of the same upstream, but that it answers. */
export const OF_ONE_PAGE: ReadonlySet<FailureCode> = new Set([
  'bad-page',
  'api-version',
  'too-large',
  'bad-media-type',
  'bad-encoding',
  'truncated',
  'redirect-refused',
  'forwarded',
])
/** Nobody was asked. */
export const OF_OURSELVES: ReadonlySet<FailureCode> = new Set(['busy', 'offline'])
/** One is enough to know that the next will not do better. */
export const OF_THE_CONNECTION: ReadonlySet<FailureCode> = new Set([
  'connect',
  'dns',
  'timeout',
  'certificate',
  'throttled',
  'secret-unavailable',
])
