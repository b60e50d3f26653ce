/** From a plan and the upstreams' words to what is answered: the product's pure functions, as its resolver puts them together. */
import { atOnce } from '../../src/pace/steps.ts'
import { type Decision, type Outcome, decide } from '../../src/merge/decide.ts'
import { merge } from '../../src/merge/merge.ts'
import type { Plan } from '../../src/merge/plan.ts'
import type { UpstreamPolicy } from '../../src/merge/policy.ts'
import { mergeFacts } from '../support/build.ts'
import { IMPOSSIBLE, type Said, record } from './record.ts'
import type { Word } from './word.ts'

type AskPlan = Extract<Plan, { kind: 'ask' }>
type Upstreams = ReadonlyMap<string, UpstreamPolicy>

/** In three bytes. Impossible if it depends on who answers first. */
export function conclude(plan: Plan, words: ReadonlyMap<string, Word>, upstreams: Upstreams): Buffer {
  if (plan.kind === 'held') return record({ status: 'held', consulted: [] })
  if (plan.kind === 'denied') return IMPOSSIBLE
  const { decision, consulted } = decideAtOnce(plan, words, upstreams)
  if (!isSameInEveryOrder(decision, plan, words, upstreams)) return IMPOSSIBLE
  const said = sayDecision(decision, plan, words, upstreams)
  if (said === undefined) return IMPOSSIBLE
  const denied = consulted.some((upstream) => words.get(upstream)?.denied)
  return record({ ...said, consulted, denied })
}

/** All that are asked at once answer at once. */
function decideAtOnce(
  plan: AskPlan,
  words: ReadonlyMap<string, Word>,
  upstreams: Upstreams,
): { decision: Decision; consulted: string[] } {
  const outcomes = new Map<string, Outcome>()
  for (;;) {
    const decision = decide(plan, outcomes, upstreams)
    if (decision.kind !== 'ask') return { decision, consulted: [...outcomes.keys()] }
    for (const upstream of decision.upstreams) outcomes.set(upstream, outcomeOf(upstream, words))
  }
}

/** Of those that are asked at once, any may be the first to answer. */
function isSameInEveryOrder(
  expected: Decision,
  plan: AskPlan,
  words: ReadonlyMap<string, Word>,
  upstreams: Upstreams,
  outcomes: ReadonlyMap<string, Outcome> = new Map(),
): boolean {
  const decision = decide(plan, outcomes, upstreams)
  if (decision.kind !== 'ask') return JSON.stringify(decision) === JSON.stringify(expected)
  return decision.upstreams.every((upstream) =>
    isSameInEveryOrder(
      expected,
      plan,
      words,
      upstreams,
      new Map([...outcomes, [upstream, outcomeOf(upstream, words)]]),
    ),
  )
}

function outcomeOf(upstream: string, words: ReadonlyMap<string, Word>): Outcome {
  const word = words.get(upstream)
  if (word === undefined) throw new Error(`"${upstream}" has no word in this case`)
  return word.outcome
}

/** undefined: the page has files that it cannot have, or lacks some. */
function sayDecision(
  decision: Decision,
  plan: AskPlan,
  words: ReadonlyMap<string, Word>,
  upstreams: Upstreams,
): Omit<Said, 'consulted' | 'denied'> | undefined {
  if (decision.kind === 'ask') return undefined
  if (decision.kind === 'failed') return { status: decision.mayHeal ? '503' : '502' }
  if (decision.kind === 'absent') {
    return plan.owner === undefined ? { status: '404' } : { status: 'held', alarm: plan.owner.seen }
  }
  const { parts, missing } = decision
  const { page } = atOnce(merge(plan, parts, upstreams, mergeFacts()))
  const marks = { stale: parts.some(({ upstream }) => words.get(upstream)?.stale), partial: missing.length > 0 }
  if (page.status?.status === 'quarantined') {
    return page.files.length === 0 ? { status: 'withheld', ...marks } : undefined
  }
  const expected = parts.filter(({ page }) => page.files.length > 0).map(({ upstream }) => upstream)
  const isWhole = page.files.map(({ upstream }) => upstream).join() === expected.toSorted().join()
  return isWhole ? { status: '200', sources: parts.map(({ upstream }) => upstream), ...marks } : undefined
}
