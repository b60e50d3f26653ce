/** Which private upstreams have PyPI in them, by what they give: a virtual, group or proxy repository lists what it has cached, or nothing. */
import type { Index } from '../indexes/contract.ts'
import type { Report } from '../log/report.ts'
import { givesPublicProjects } from './public-projects.ts'

export interface PublicWithin {
  has(upstream: string): boolean
  /** Asks the upstream, once for all who want to know, until `forget`. One that cannot say is asked again. */
  lookInto(upstream: string): Promise<void>
  /** Upstreams change: what was found out of those without PyPI in them is found out anew. */
  forget(): void
  /** Grows whenever `has` says something else. */
  generation(): number
}

export interface PublicWithinOptions {
  readonly upstreams: ReadonlyMap<string, Index>
  readonly report: Report
}

export function openPublicWithin({ upstreams, report }: PublicWithinOptions): PublicWithin {
  const giving = new Set<string>()
  const lookedInto = new Map<string, Promise<void>>()
  let generation = 0

  function say(upstream: string, gives: boolean): void {
    if (giving.has(upstream) === gives) return
    generation += 1
    if (!gives) {
      giving.delete(upstream)
      return
    }
    giving.add(upstream)
    report('error', 'private_is_public_copy', {
      upstream,
      reason:
        'it is declared private and gives pip and setuptools, as a virtual, group or proxy repository with PyPI in it does, so nothing that it gives or lists becomes its own: point it at the repository of your own projects, or remove "private" and write their names into "owns"',
    })
  }

  async function look(upstream: string, index: Index): Promise<void> {
    const gives = await givesPublicProjects(index)
    if (gives === undefined) lookedInto.delete(upstream)
    else say(upstream, gives)
  }

  return {
    has: (upstream) => giving.has(upstream),
    lookInto(upstream) {
      const index = upstreams.get(upstream)
      if (index === undefined) return Promise.resolve()
      const looking = lookedInto.get(upstream) ?? look(upstream, index)
      lookedInto.set(upstream, looking)
      return looking
    },
    forget: () => lookedInto.clear(),
    generation: () => generation,
  }
}
