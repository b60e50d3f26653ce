/** Asks the upstreams of a plan, as the decision needs them, and no others. */
import { type Answer, type Ask, type Index, UpstreamError } from '../indexes/contract.ts'
import { type Decision, type Outcome, decide } from '../merge/decide.ts'
import type { Plan } from '../merge/plan.ts'
import type { Policy } from '../merge/policy.ts'
import type { ProjectName } from '../simple/name.ts'
import { type PrivateLists, listsProjectAbsent } from './private-lists.ts'
import type { Source } from './source.ts'

export type AskPlan = Extract<Plan, { kind: 'ask' }>

/** What an upstream said, with the answer or the failure that it was read from. */
export interface Heard {
  readonly outcome: Outcome
  readonly source: Source
  readonly answer?: Answer
  readonly error?: UpstreamError
}

export interface Hearing {
  readonly decision: Exclude<Decision, { kind: 'ask' }>
  /** Those whose word the decision rests on, highest priority first: whoever else had answered by then does not count. */
  readonly heard: readonly Heard[]
}

export interface HearOptions {
  readonly policy: Policy
  readonly upstreams: ReadonlyMap<string, Index>
  readonly lists: PrivateLists
  readonly now: () => number
}

/** Ends when there is a decision. What was asked and is not needed any more goes on by itself, for the cache. */
export async function hear(plan: AskPlan, wanted: Ask, options: HearOptions): Promise<Hearing> {
  const heard = new Map<string, Heard>()
  const underWay = new Map<string, Promise<void>>()
  for (;;) {
    const outcomes = new Map([...heard].map(([upstream, { outcome }]) => [upstream, outcome]))
    const decision = decide(plan, outcomes, options.policy.upstreams)
    if (decision.kind !== 'ask') {
      return { decision, heard: restsOn(plan, decision).flatMap((upstream) => heard.get(upstream) ?? []) }
    }
    const [first] = decision.upstreams
    for (const upstream of decision.upstreams) {
      if (underWay.has(upstream)) continue
      const isOutranked = plan.strategy === 'first-index' && upstream !== first
      const asked = isOutranked ? { ...wanted, behind: true } : wanted
      const asking = ask(upstream, plan.project, asked, options).then((said) => {
        heard.set(upstream, said)
      })
      // A failure that nobody waits for any more must not end the process.
      asking.catch(() => undefined)
      underWay.set(upstream, asking)
    }
    await Promise.race(decision.upstreams.flatMap((upstream) => underWay.get(upstream) ?? []))
  }
}

/** Under `first-index` the one that decided and all above it; otherwise everybody. */
function restsOn(plan: AskPlan, decision: Hearing['decision']): string[] {
  const all = plan.waves.flat()
  if (plan.strategy !== 'first-index' || decision.kind === 'absent') return all
  const decider = decision.kind === 'failed' ? decision.upstream : decision.parts[0]?.upstream
  return all.slice(0, all.findIndex((upstream) => upstream === decider) + 1)
}

async function ask(upstream: string, project: ProjectName, wanted: Ask, options: HearOptions): Promise<Heard> {
  const { policy, upstreams } = options
  const index = upstreams.get(upstream)
  if (index === undefined) throw new Error(`No upstream "${upstream}" was opened`)
  try {
    return said(upstream, await index.getProject(project, wanted))
  } catch (error) {
    if (!(error instanceof UpstreamError)) throw error
    const reason = error.message
    if (policy.upstreams.get(upstream)?.private && (await isListedAbsent(upstream, project, error, options))) {
      return { outcome: { kind: 'absent' }, source: { upstream, state: 'listed-absent', reason }, error }
    }
    return {
      outcome: { kind: 'failed', mayHeal: error.mayHeal },
      source: { upstream, state: 'missing', reason },
      error,
    }
  }
}

/** Whether the list of a private upstream that cannot say shows that it lacks the name. */
async function isListedAbsent(
  upstream: string,
  project: ProjectName,
  error: UpstreamError,
  { lists, now }: HearOptions,
): Promise<boolean> {
  const isShown = () => !lists.isPublicCopy(upstream) && listsProjectAbsent(lists.known(upstream), project, now())
  if (error.code !== 'forwarded') return isShown()
  // One that sends us to PyPI answers: so will its list, if it is not there yet.
  if (!isShown()) await lists.beingRead(upstream)
  // GitLab sends whoever it does not know to PyPI as well, and lists nothing for them.
  return isShown() && lists.known(upstream)?.names.count !== 0
}

function said(upstream: string, answer: Answer): Heard {
  const { page, staleBecause } = answer
  if (page === undefined) return { outcome: { kind: 'absent' }, source: { upstream, state: 'absent' }, answer }
  const outcome: Outcome = { kind: 'present', page }
  const { mirror, behind } = answer.whence ?? {}
  if (staleBecause === undefined && behind !== undefined)
    return { outcome, source: { upstream, state: 'behind', reason: `${mirror}: ${behind}` }, answer }
  if (staleBecause === undefined) return { outcome, source: { upstream, state: 'fresh' }, answer }
  return { outcome, source: { upstream, state: 'stale', reason: staleBecause.message }, answer }
}
