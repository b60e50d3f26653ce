/** Who decides over a project's page, given what the upstreams said: absence lets the search go on, failure ends it. */
import type { ProjectDetail } from '../simple/model.ts'
import type { Plan } from './plan.ts'
import type { UpstreamPolicy } from './policy.ts'

/** What an upstream said, or that it could not say. */
export type Outcome =
  | { readonly kind: 'present'; readonly page: ProjectDetail }
  | { readonly kind: 'absent' }
  /** `mayHeal`: by itself; otherwise an operator must act. */
  | { readonly kind: 'failed'; readonly mayHeal: boolean }

/** By upstream's name. */
export type Outcomes = ReadonlyMap<string, Outcome>

/** One upstream's part in a page. */
export interface Part {
  readonly upstream: string
  readonly page: ProjectDetail
}

export type Decision =
  /** These must be asked, all at once; nothing can be said before. */
  | { readonly kind: 'ask'; readonly upstreams: readonly string[] }
  /** Highest priority first. `missing`: optional upstreams that could not say. */
  | { readonly kind: 'page'; readonly parts: readonly Part[]; readonly missing: readonly string[] }
  | { readonly kind: 'absent' }
  /** `upstream` is the one whose failure decides. */
  | { readonly kind: 'failed'; readonly upstream: string; readonly mayHeal: boolean }

type AskPlan = Extract<Plan, { kind: 'ask' }>

/** Pure, and monotone: an outcome that was not needed for a decision cannot change it, so their order does not matter. */
export function decide(plan: AskPlan, outcomes: Outcomes, upstreams: ReadonlyMap<string, UpstreamPolicy>): Decision {
  return plan.strategy === 'first-index' ? decideFirst(plan, outcomes) : decideShared(plan, outcomes, upstreams)
}

function decideFirst(plan: AskPlan, outcomes: Outcomes): Decision {
  for (const wave of plan.waves) {
    for (const upstream of wave) {
      const outcome = outcomes.get(upstream)
      if (outcome === undefined) return { kind: 'ask', upstreams: unasked(wave, outcomes) }
      if (outcome.kind === 'present') return { kind: 'page', parts: [{ upstream, page: outcome.page }], missing: [] }
      if (outcome.kind === 'failed') return { kind: 'failed', upstream, mayHeal: outcome.mayHeal }
    }
  }
  return { kind: 'absent' }
}

/** Everybody must have spoken: a page without one of them would be a smaller page. */
function decideShared(plan: AskPlan, outcomes: Outcomes, upstreams: ReadonlyMap<string, UpstreamPolicy>): Decision {
  const all = plan.waves.flat()
  const missingOutcomes = unasked(all, outcomes)
  if (missingOutcomes.length > 0) return { kind: 'ask', upstreams: missingOutcomes }

  const isOptional = (upstream: string) => upstreams.get(upstream)?.optional === true
  const failed = all.flatMap((upstream) => {
    const outcome = outcomes.get(upstream)
    return outcome?.kind === 'failed' ? [{ upstream, mayHeal: outcome.mayHeal }] : []
  })
  const needed = failed.filter(({ upstream }) => !isOptional(upstream))
  // What may heal by itself decides: a client that tries again finds out whether the other does too.
  const decisive = needed.find(({ mayHeal }) => mayHeal) ?? needed[0]
  if (decisive !== undefined) return { kind: 'failed', ...decisive }

  const parts = all.flatMap((upstream) => {
    const outcome = outcomes.get(upstream)
    return outcome?.kind === 'present' ? [{ upstream, page: outcome.page }] : []
  })
  // An optional upstream is never the only source of a name.
  if (!parts.some(({ upstream }) => !isOptional(upstream))) return { kind: 'absent' }
  return { kind: 'page', parts, missing: failed.map(({ upstream }) => upstream) }
}

function unasked(upstreams: readonly string[], outcomes: Outcomes): string[] {
  return upstreams.filter((upstream) => !outcomes.has(upstream))
}
