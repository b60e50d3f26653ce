/** Who may be asked for a project at all, and who has to wait: decided before anybody is asked. */
import type { ProjectName } from '../simple/name.ts'
import type { Facts } from './facts.ts'
import { ownerByPattern } from './owners.ts'
import type { IndexPolicy, Policy, Rule, Strategy } from './policy.ts'
import { type Settings, settingsFor } from './settings.ts'

/** Why one upstream alone may answer for a name. */
export interface Ownership {
  readonly upstream: string
  /** `pattern`: its `owns`. `list`: its own project list. `memory`: it once served the name. */
  readonly by: 'pattern' | 'list' | 'memory'
  /** It served or listed the name, so that its absence is an alarm. A name of a pattern may not be published yet. */
  readonly seen: boolean
}

/** What will happen for one project in one index. */
export type Plan = { readonly project: ProjectName; readonly settings: Settings } & (
  | { readonly kind: 'denied'; readonly reason: string; readonly rule: Rule | undefined }
  /** Its owner is not among the index's upstreams, or not in the rules file any more: nobody is asked. */
  | { readonly kind: 'held'; readonly owner: Ownership }
  | {
      readonly kind: 'ask'
      readonly strategy: Strategy
      /** Highest priority first. Each wave is asked at once, the next only when all of it said that they do not have the name. */
      readonly waves: readonly (readonly string[])[]
      readonly owner?: Ownership
    }
)

/** Pure: the same policy and facts give the same plan. */
export function planFor(policy: Policy, index: IndexPolicy, project: ProjectName, facts: Facts): Plan {
  const settings = settingsFor(index, project)
  const common = { project, settings }
  if (settings.deny.value !== false) {
    return { ...common, kind: 'denied', reason: settings.deny.value, rule: settings.deny.rule }
  }
  const route = settings.upstreams.value
  const strategy = settings.strategy.value
  const owner = ownerOf(policy, index, project, isShared(policy, settings) ? { listedBy: [], servedBy: [] } : facts)
  if (owner !== undefined) {
    const mayBeAsked = index.upstreams.includes(owner.upstream) || route.includes(owner.upstream)
    if (!mayBeAsked || !policy.upstreams.has(owner.upstream)) return { ...common, kind: 'held', owner }
    return { ...common, kind: 'ask', strategy: 'first-index', waves: [[owner.upstream]], owner }
  }
  const waves = strategy === 'first-index' ? wavesOf(policy, route) : [route]
  return { ...common, kind: 'ask', strategy, waves }
}

/**
 * A name is declared shared by a rule of literal names that has its own upstreams and a strategy that shares: where a
 * private upstream takes part, nobody owns it then.
 */
function isShared(policy: Policy, { upstreams, strategy }: Settings): boolean {
  return (
    strategy.value !== 'first-index' &&
    upstreams.rule !== undefined &&
    upstreams.rule.projects.every((pattern) => pattern.literal) &&
    upstreams.value.some((name) => policy.upstreams.get(name)?.private)
  )
}

/** The one upstream that may answer for the name. What an operator wrote outranks what was seen; then the index's order counts. */
function ownerOf(policy: Policy, index: IndexPolicy, project: ProjectName, facts: Facts): Ownership | undefined {
  // Public upstreams never own: one that was declared private and is not any more gives back what it held.
  const mayOwn = ({ upstream }: Ownership) => policy.upstreams.get(upstream)?.private !== false
  const seen = [
    ...facts.listedBy.map((upstream): Ownership => ({ upstream, by: 'list', seen: true })),
    ...facts.servedBy.map((upstream): Ownership => ({ upstream, by: 'memory', seen: true })),
  ].filter(mayOwn)
  const written = ownerByPattern(policy.upstreams, project)
  if (written !== undefined)
    return { upstream: written, by: 'pattern', seen: seen.some(({ upstream }) => upstream === written) }
  const rank = ({ upstream }: Ownership) => {
    const at = index.upstreams.indexOf(upstream)
    return at === -1 ? index.upstreams.length : at
  }
  return seen.toSorted((a, b) => rank(a) - rank(b))[0]
}

/** Behind a private upstream the others wait until it has said that it does not have the name. */
function wavesOf(policy: Policy, route: readonly string[]): string[][] {
  const waves: string[][] = [[]]
  for (const name of route) {
    waves.at(-1)?.push(name)
    if (policy.upstreams.get(name)?.private) waves.push([])
  }
  return waves.filter((wave) => wave.length > 0)
}
