/** Which upstream owns a name because a pattern of its `owns` says so: found without a walk over all patterns. */
import type { ProjectName } from '../simple/name.ts'
import type { NamePattern } from './name-pattern.ts'
import { type PatternIndex, patternIndex } from './pattern-index.ts'

/** Upstreams by name; the first that owns a project is its owner. */
export type Owning = ReadonlyMap<string, { readonly owns?: readonly NamePattern[] }>

/** The owner of `project`, or undefined. What is made of `upstreams` is kept for as long as they are. */
export function ownerByPattern(upstreams: Owning, project: ProjectName): string | undefined {
  const { names, matching } = ownersOf(upstreams)
  // No owner has a position, so that the least of none has no name.
  return names[Math.min(...matching(project))]
}

interface Owners {
  readonly names: readonly string[]
  /** Gives positions in `names`. */
  readonly matching: PatternIndex<number>
}

const made = new WeakMap<Owning, Owners>()

function ownersOf(upstreams: Owning): Owners {
  const before = made.get(upstreams)
  if (before !== undefined) return before
  const firsts = new Map<string, number>()
  for (const [at, { owns = [] }] of [...upstreams.values()].entries()) {
    for (const { text } of owns) if (!firsts.has(text)) firsts.set(text, at)
  }
  const owners = { names: [...upstreams.keys()], matching: patternIndex(firsts) }
  made.set(upstreams, owners)
  return owners
}
