/** Everything that is refused in a rules file although it is right in shape: what its parts say together. */
import { deadRuleRefusals } from './dead-rule-refusals.ts'
import type { Draft } from './draft.ts'
import { judgeExpectations } from './expectation-refusals.ts'
import type { Fault } from './fault.ts'
import { listRefusals } from './list-refusals.ts'
import { wrongIndexName } from './names.ts'
import { ownedNameRefusals, ownershipRefusals } from './ownership-refusals.ts'
import { sharingRefusals } from './sharing-refusals.ts'
import { upstreamRefusals } from './upstream-refusals.ts'

/** Some checks compare each with each, and every request is compared with those that begin as its name does. */
const MAX_GLOBS = 500

/** Pure; an empty list where all is well. */
export function refusals(draft: Draft): Fault[] {
  const tooMany = globRefusals(draft)
  if (tooMany.length > 0) return tooMany
  return [
    ...upstreamRefusals(draft),
    ...ownershipRefusals(draft),
    ...ownedNameRefusals(draft),
    ...indexNameRefusals(draft),
    ...[...draft.policy.indexes.values()].flatMap((index) =>
      [
        listRefusals(draft, index),
        deadRuleRefusals(draft, index),
        sharingRefusals(draft, index),
        judgeExpectations(draft, index).faults,
      ].flat(),
    ),
  ]
}

function globRefusals({ upstreams, policy, where }: Draft): Fault[] {
  const patterns = [
    ...[...upstreams.values()].flatMap(({ owns = [] }) => owns),
    ...[...policy.indexes.values()].flatMap(({ rules }) => rules.flatMap(({ projects }) => projects)),
  ]
  const count = patterns.filter((pattern) => !pattern.literal).length
  if (count <= MAX_GLOBS) return []
  const wrong = `this file has ${count} patterns with "*", which are compared with each other and with every request`
  return [{ place: where([]), wrong, right: `write at most ${MAX_GLOBS}` }]
}

function indexNameRefusals({ indexes, where, holdsFault }: Draft): Fault[] {
  const faults = [...indexes.keys()].flatMap((name): Fault[] => {
    const wrong = wrongIndexName(name)
    return wrong === undefined ? [] : [{ place: where(['indexes', name], 'key'), ...wrong }]
  })
  if (indexes.has('default') || holdsFault(['indexes'])) return faults
  const right = 'add an index named "default": it is what /simple/ serves'
  return [...faults, { place: where(['indexes'], 'key'), wrong: 'there is no index "default"', right }]
}
