/** A fault in one upstream of a rules file. */
import type { Path } from './document.ts'
import type { Wrong } from './text-value.ts'

/** `at` leads on from the upstream, to its name where it leads nowhere. */
export interface UpstreamFault extends Wrong {
  readonly at: Path
  readonly part?: 'key'
}
