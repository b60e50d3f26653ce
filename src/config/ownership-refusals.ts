/** Who owns what: a name has one owner, and no rule may send an owned name elsewhere or share it. */
import { type NamePattern, covers } from '../merge/name-pattern.ts'
import { patternIndex } from '../merge/pattern-index.ts'
import type { IndexPolicy, Place, Rule } from '../merge/policy.ts'
import type { Draft } from './draft.ts'
import { type Fault, all, quote } from './fault.ts'
import { commonName } from './pattern-overlap.ts'

/** A pattern of an upstream's `owns`. */
interface Owned {
  readonly upstream: string
  readonly pattern: NamePattern
  readonly place: Place
}

function ownedBy({ upstreams, where }: Draft): Owned[] {
  return [...upstreams].flatMap(([upstream, { owns = [] }]) =>
    owns.map((pattern, at) => ({ upstream, pattern, place: where(['upstreams', upstream, 'owns', at]) })),
  )
}

/** Patterns of two upstreams that share a name. */
export function ownershipRefusals(draft: Draft): Fault[] {
  const literals = new Map<string, Owned>()
  const globs: Owned[] = []
  return ownedBy(draft).flatMap((owned) => {
    const { upstream, pattern, place } = owned
    const same = literals.get(pattern.text)
    const isRival = (each: Owned) => each.upstream !== upstream && commonName(each.pattern, pattern) !== undefined
    // Two literal names share a name only where they are the same, so that long lists of them cost little.
    const other = pattern.literal
      ? [same, ...globs].find((each) => each !== undefined && isRival(each))
      : (globs.find(isRival) ?? literals.values().find(isRival))
    if (!pattern.literal) globs.push(owned)
    else if (same === undefined) literals.set(pattern.text, owned)
    if (other === undefined) return []
    const isCovered = covers(other.pattern, pattern)
    const what = isCovered ? 'is owned' : `shares names with ${quote(other.pattern.text)}, which is owned`
    return [
      {
        place,
        wrong: `${quote(pattern.text)} ${what} by ${quote(other.upstream)} already (line ${other.place.line})`,
        right: `let one of ${all([quote(other.upstream), quote(upstream)])} own it`,
      },
    ]
  })
}

/** Rules for names that all are owned, which ask others than the owner, or share: `owns` holds, whatever rules say. */
export function ownedNameRefusals(draft: Draft): Fault[] {
  const covering = patternIndex(new Map(ownedBy(draft).map((each) => [each.pattern.text, each])))
  const faultsOf = ({ name, rules }: IndexPolicy) =>
    rules.flatMap((rule, at) =>
      rule.projects.flatMap((pattern, position): Fault[] => {
        // Where several cover it they are of one upstream, or were refused.
        const [owner] = covering(pattern.text)
        const what = owner === undefined ? undefined : againstOwner(rule, owner.upstream)
        if (owner === undefined || what === undefined) return []
        return [
          {
            place: draft.where(['indexes', name, 'rules', at, 'projects', position]),
            wrong: `${quote(pattern.text)} is owned by ${quote(owner.upstream)} (line ${owner.place.line}), and this rule ${what}`,
            right: 'take it out of this rule, or out of "owns"',
          },
        ]
      }),
    )
  return [...draft.policy.indexes.values()].flatMap(faultsOf)
}

/** What the rule would do with a name of that owner, if anything that the owner does not do alone. */
function againstOwner({ upstreams, strategy }: Rule, owner: string): string | undefined {
  if (upstreams !== undefined && (upstreams.length !== 1 || upstreams[0] !== owner)) {
    return `sends it to ${all(upstreams.map(quote))}`
  }
  return strategy === 'by-version' || strategy === 'by-file' ? `shares it, ${strategy}` : undefined
}
