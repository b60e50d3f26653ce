/** Unidex for one command: the same as what serves, but it says nothing and nobody else asks it. */
import { type AssembleOptions, type Unidex, assemble } from '../assemble.ts'
import { silent } from '../log/report.ts'
import { version } from './version.ts'

type Given = Pick<AssembleOptions, 'config' | 'pages' | 'files' | 'state' | 'offline' | 'lacks'>

/** `now`: default the clock. Whoever opens it closes it. @throws Error where something that the rules name cannot be had */
export function unidexToAsk({ now = Date.now, ...given }: Given & { readonly now?: () => number }): Unidex {
  return assemble({
    ...given,
    report: silent,
    environment: process.env,
    userAgent: `unidex/${version}`,
    loopbackOnly: true,
    now,
  })
}
