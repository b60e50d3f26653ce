/** Strategies that do not suit who is asked: private upstreams that would be shared widely, optional ones that all wait for. */
import { ownerByPattern } from '../merge/owners.ts'
import type { IndexPolicy, Rule } from '../merge/policy.ts'
import { type Settings, settingsFor } from '../merge/settings.ts'
import type { ProjectName } from '../simple/name.ts'
import type { Draft } from './draft.ts'
import { type Fault, quote } from './fault.ts'
import { ANY_NAME, commonName, nameIn } from './pattern-overlap.ts'

/**
 * A strategy and a list of upstreams may come from two rules, so the rules are tried on names: every name for which a
 * rule names one of the two, and for every pattern, and every two of them, a name that hardly any other pattern matches.
 */
export function sharingRefusals(draft: Draft, index: IndexPolicy): Fault[] {
  if (draft.holdsFault(['indexes', index.name])) return []
  return [...namesToTry(index)].flatMap((name) => {
    const settings = settingsFor(index, name)
    const isRouted = settings.deny.value === false && ownerByPattern(draft.upstreams, name) === undefined
    if (!isRouted) return []
    return settings.strategy.value === 'first-index'
      ? optionalFaults(draft, index, settings)
      : widelySharedFaults(draft, index, settings)
  })
}

function namesToTry({ rules }: IndexPolicy): Set<ProjectName> {
  const routing = rules.flatMap(({ projects, upstreams }) => (upstreams === undefined ? [] : projects))
  const sharing = rules.flatMap(({ projects, strategy }) => (strategy === undefined ? [] : projects))
  const [routingGlobs, sharingGlobs] = [routing, sharing].map((patterns) => patterns.filter(({ literal }) => !literal))
  const names = [
    ANY_NAME,
    ...[...routing, ...sharing].map(nameIn),
    ...(routingGlobs ?? []).flatMap((glob) => (sharingGlobs ?? []).map((other) => commonName(glob, other))),
  ]
  return new Set(names.filter((name) => name !== undefined))
}

function optionalFaults(draft: Draft, index: IndexPolicy, { upstreams }: Settings): Fault[] {
  return [...upstreams.value.entries()].flatMap(([at, name]) => {
    if (!draft.policy.upstreams.get(name)?.optional) return []
    const wrong = `${quote(name)} is optional, but here the strategy is "first-index", in which everybody must answer`
    const right = 'give these projects the strategy "by-file" or "by-version", or take it out of this list'
    return [{ place: draft.where([...pathOf(index, upstreams.rule), 'upstreams', at]), wrong, right }]
  })
}

/** What such a rule says must be said of projects one by one: they are thereby declared shared, and nobody owns them. */
function widelySharedFaults(draft: Draft, index: IndexPolicy, { upstreams, strategy }: Settings): Fault[] {
  const shared = upstreams.value.find((name) => draft.policy.upstreams.get(name)?.private)
  if (shared === undefined) return []
  const isDeclared = strategy.rule === upstreams.rule && strategy.rule?.projects.every((pattern) => pattern.literal)
  if (isDeclared) return []
  return [
    {
      place: draft.where([...pathOf(index, strategy.rule), 'strategy']),
      wrong: `${quote(strategy.value)} would share names with the private upstream ${quote(shared)}`,
      right: 'give this rule its own "upstreams", without it or for projects that are named one by one',
    },
  ]
}

function pathOf(index: IndexPolicy, rule: Rule | undefined): (string | number)[] {
  return ['indexes', index.name, ...(rule === undefined ? [] : ['rules', index.rules.indexOf(rule)])]
}
