/** Expectations that the rules of their index contradict, whatever upstreams will say. */
import { NO_FACTS } from '../merge/facts.ts'
import { planFor } from '../merge/plan.ts'
import type { IndexPolicy, Rule } from '../merge/policy.ts'
import { parseName } from '../simple/name.ts'
import type { Config } from './config.ts'
import type { Draft } from './draft.ts'
import { type Fault, either, quote } from './fault.ts'
import { unknownUpstream } from './list-refusals.ts'
import type { Wrong } from './text-value.ts'

type Expectation = Config['expectations'][number]

/** What is expected of the index: the faults among it, and what only upstreams can fulfil. */
export function judgeExpectations(draft: Draft, index: IndexPolicy): { faults: Fault[]; open: Expectation[] } {
  const faults: Fault[] = []
  const open: Expectation[] = []
  const lines = new Map<string, number>()
  // A rule or an upstream that is wrong in shape could have been the one that makes an expectation right.
  const isCertain = !draft.holdsFault(['indexes', index.name]) && !draft.holdsFault(['upstreams'])
  for (const [written, upstream] of Object.entries(draft.indexes.get(index.name)?.expect ?? {})) {
    const path = ['indexes', index.name, 'expect', written]
    const place = draft.where(path, 'key')
    const project = parseName(written)
    const unknown = unknownUpstream(draft, upstream)
    if (unknown !== undefined) faults.push({ place: draft.where(path), ...unknown })
    if (project === undefined) {
      faults.push({ place, wrong: `${quote(written)} is no project name`, right: 'write one name, without "*"' })
      continue
    }
    const line = lines.get(project)
    lines.set(project, place.line)
    if (line !== undefined) {
      faults.push({ place, wrong: `${quote(project)} is expected in line ${line} already`, right: 'keep one of them' })
    } else if (unknown === undefined && isCertain) {
      const judged = judge(draft, index, { project, upstream })
      if (judged === 'open') open.push({ index: index.name, project, upstream, place: draft.where(path) })
      else if (judged !== 'certain') faults.push({ place: draft.where(path), ...judged })
    }
  }
  return { faults, open }
}

/** `certain`: it is so, or nobody has the project. `open`: it may be so. */
function judge(
  { policy }: Draft,
  index: IndexPolicy,
  { project, upstream }: Pick<Expectation, 'project' | 'upstream'>,
): Wrong | 'certain' | 'open' {
  const plan = planFor(policy, index, project, NO_FACTS)
  const name = quote(project)
  switch (plan.kind) {
    case 'denied':
      return { wrong: `${name} is denied${inLine(plan.rule)}`, right: 'delete this, or let that rule not match it' }
    case 'held':
      return {
        wrong: `${name} is owned by ${quote(plan.owner.upstream)}, which this index does not ask`,
        right: `add ${quote(plan.owner.upstream)} to the "upstreams" of this index, or delete this`,
      }
    case 'ask': {
      const asked = plan.waves.flat()
      if (asked.includes(upstream)) return asked.length === 1 ? 'certain' : 'open'
      const why = plan.owner === undefined ? inLine(plan.settings.upstreams.rule) : ', which owns it'
      return {
        wrong: `${name} comes from ${either(asked.map(quote))}${why}`,
        right: `expect it from there, or let ${quote(upstream)} be asked`,
      }
    }
    default:
      return plan satisfies never
  }
}

function inLine(rule: Rule | undefined): string {
  return rule === undefined ? '' : ` by the rule in line ${rule.place.line}`
}
