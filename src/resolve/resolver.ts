/** Asks as the plan says, merges, remembers who owns what: a name becomes a Resolution. */
import { LRUCache } from 'lru-cache'
import { type Answer, type Ask, type Index, type ListAnswer, UpstreamError } from '../indexes/contract.ts'
import type { Report } from '../log/report.ts'
import { type Outcome, type Part, decide } from '../merge/decide.ts'
import type { Facts, KnownHashes } from '../merge/facts.ts'
import { type Merged, deniedPage, merge } from '../merge/merge.ts'
import { type Plan, planFor } from '../merge/plan.ts'
import type { IndexPolicy, Policy } from '../merge/policy.ts'
import type { ProjectName } from '../simple/name.ts'
import { type NameList, mergeNameLists, nameList } from '../simple/name-list.ts'
import type { State } from '../store/state.ts'
import { type PrivateLists, listsProjectAbsent } from './private-lists.ts'
import { type ListResolution, type Resolution, type Resolver, type Source, UnknownIndexError } from './resolution.ts'

export interface ResolverOptions {
  readonly policy: Policy
  /** Every upstream of the policy, as something that answers. */
  readonly upstreams: ReadonlyMap<string, Index>
  readonly state: State
  readonly lists: PrivateLists
  readonly report: Report
  readonly now: () => number
}

type AskPlan = Extract<Plan, { kind: 'ask' }>

/** What an upstream said, with the answer or the failure that it was read from. */
interface Heard {
  readonly outcome: Outcome
  readonly source: Source
  readonly answer?: Answer
  readonly error?: UpstreamError
}

/** Resolutions kept at most; each refers to pages that are kept elsewhere, so a few thousand cost little. */
const MAX_KEPT = 4096

/** Files in all kept resolutions together: what bounds the memory of pages that nobody asks for any more. */
const MAX_KEPT_FILES = 100_000

export function openResolver(options: ResolverOptions): Resolver {
  const { policy, upstreams, state, lists, report, now } = options
  const known: KnownHashes = { of: (upstream, project) => state.servedHashes(upstream, project) }
  const kept = new LRUCache<string, { resolution: Resolution; generation: number; merged?: MergedFrom }>({
    max: MAX_KEPT,
    maxSize: MAX_KEPT_FILES,
    sizeCalculation: ({ resolution }) =>
      1 + (resolution.kind === 'page' ? resolution.page.files.length + resolution.hidden.length : 0),
  })
  const lastLists = new Map<string, { inputs: readonly NameList[]; names: NameList }>()

  function indexNamed(name: string): IndexPolicy {
    const index = policy.indexes.get(name)
    if (index === undefined) throw new UnknownIndexError(`There is no index "${name}"`)
    return index
  }

  function factsOf(project: ProjectName): Facts {
    // Public upstreams never own: one that was declared private and is not any more gives back what it held.
    const mayOwn = (upstream: string) => policy.upstreams.get(upstream)?.private !== false
    return { listedBy: lists.listing(project).filter(mayOwn), servedBy: state.ownersOf(project).filter(mayOwn) }
  }

  async function ask(upstream: string, project: ProjectName, wanted: Ask): Promise<Heard> {
    const index = upstreams.get(upstream)
    if (index === undefined) throw new Error(`No upstream "${upstream}" was opened`)
    try {
      const answer = await index.getProject(project, wanted)
      const state = answer.page === undefined ? 'absent' : answer.staleBecause === undefined ? 'fresh' : 'stale'
      const reason = answer.staleBecause?.message
      return {
        outcome: answer.page === undefined ? { kind: 'absent' } : { kind: 'present', page: answer.page },
        source: { upstream, state, ...(reason !== undefined && { reason }) },
        answer,
      }
    } catch (error) {
      if (!(error instanceof UpstreamError)) throw error
      if (policy.upstreams.get(upstream)?.private && listsProjectAbsent(lists.known(upstream), project, now())) {
        return {
          outcome: { kind: 'absent' },
          source: { upstream, state: 'listed-absent', reason: error.message },
          error,
        }
      }
      return {
        outcome: { kind: 'failed', mayHeal: error.mayHeal },
        source: { upstream, state: 'missing', reason: error.message },
        error,
      }
    }
  }

  /** Asks whoever the decision needs, until there is one. What was asked and is not needed any more goes on by itself. */
  async function hear(plan: AskPlan, wanted: Ask) {
    const heard = new Map<string, Heard>()
    const underWay = new Map<string, Promise<void>>()
    for (;;) {
      const outcomes = new Map([...heard].map(([upstream, { outcome }]) => [upstream, outcome]))
      const decision = decide(plan, outcomes, policy.upstreams)
      if (decision.kind !== 'ask') return { decision, heard }
      for (const upstream of decision.upstreams) {
        if (underWay.has(upstream)) continue
        const asking = ask(upstream, plan.project, wanted).then((said) => {
          remember(plan, upstream, said)
          heard.set(upstream, said)
        })
        // A failure that nobody waits for any more must not end the process.
        asking.catch(() => undefined)
        underWay.set(upstream, asking)
      }
      await Promise.race(decision.upstreams.flatMap((upstream) => underWay.get(upstream) ?? []))
    }
  }

  /** A name for which a private upstream served a page with at least one file is its own from then on, unless it was declared shared. */
  function remember(plan: AskPlan, upstream: string, { outcome }: Heard): void {
    if (outcome.kind !== 'present' || outcome.page.files.length === 0 || plan.strategy !== 'first-index') return
    if (!policy.upstreams.get(upstream)?.private || lists.isPublicCopy(upstream)) return
    state.own(upstream, plan.project)
  }

  function absent(plan: Plan, sources: readonly Source[], until: number, owned: boolean): Resolution {
    return { kind: 'absent', plan, sources, until, owned }
  }

  async function resolveAsking(plan: AskPlan, wanted: Ask, before: MergedFrom | undefined) {
    const { decision, heard } = await hear(plan, wanted)
    const needed = plan.waves.flat().flatMap((upstream) => heard.get(upstream) ?? [])
    if (decision.kind === 'failed')
      throw heard.get(decision.upstream)?.error ?? new Error(`${decision.upstream} failed without a cause`)

    const until = Math.min(
      ...needed.map(({ answer, error }) =>
        (answer?.staleBecause ?? error) === undefined ? (answer?.freshUntil ?? 0) : 0,
      ),
    )
    const askedPrivate = needed.some(({ source }) => policy.upstreams.get(source.upstream)?.private)
    if (decision.kind === 'absent') {
      if (plan.owner !== undefined) {
        report(plan.owner.by === 'pattern' ? 'info' : 'error', 'owner_absent', {
          project: plan.project,
          upstream: plan.owner.upstream,
          ownedBy: plan.owner.by,
        })
      }
      return {
        resolution: absent(
          plan,
          needed.map(({ source }) => source),
          until,
          plan.owner !== undefined,
        ),
      }
    }
    const { parts, missing } = decision
    const merged = sameParts(before, parts) ? before : { parts, result: merge(plan, parts, policy.upstreams, known) }
    if (merged !== before) reportConflicts(merged.result)
    const names = new Set([...parts.map(({ upstream }) => upstream), ...missing])
    const sources = needed.map(({ source }) => source).filter(({ upstream }) => names.has(upstream))
    const stale = sources.find(({ state }) => state === 'stale')
    if (stale !== undefined)
      report('warn', 'served_stale', { project: plan.project, upstream: stale.upstream, reason: stale.reason })
    if (missing.length > 0) report('warn', 'served_partial', { project: plan.project, missing: missing.join(' ') })
    const owned =
      plan.owner !== undefined ||
      (askedPrivate && parts.some(({ upstream }) => policy.upstreams.get(upstream)?.private))
    const resolution: Resolution = {
      kind: 'page',
      plan,
      page: merged.result.page,
      hidden: merged.result.hidden,
      sources,
      until: missing.length > 0 ? 0 : until,
      owned,
      partial: missing.length > 0,
    }
    return { resolution, merged }
  }

  function reportConflicts({ hidden }: Merged): void {
    for (const { file, verdict } of hidden) {
      if (verdict.kind === 'outranked' && verdict.conflict)
        report('warn', 'hash_conflict', { file: file.filename, upstream: file.upstream, served: verdict.by })
      if (verdict.kind === 'changed')
        report('error', 'hash_changed', {
          file: file.filename,
          upstream: file.upstream,
          now: file.hashes.sha256,
          known: verdict.known.join(' '),
        })
    }
  }

  return {
    async resolve(indexName, project, { maxAgeMs } = {}) {
      const key = `${indexName} ${project}`
      const before = kept.get(key)
      const generation = state.generation() + lists.generation()
      const isCurrent = before?.generation === generation
      if (isCurrent && maxAgeMs === undefined && now() < before.resolution.until) return before.resolution

      const notBefore = state.refreshedAt(project)
      const plan = planFor(policy, indexNamed(indexName), project, factsOf(project))
      if (plan.kind === 'denied') {
        const { reason } = plan
        const resolution: Resolution = {
          kind: 'denied',
          plan,
          page: deniedPage(project, reason),
          reason,
          sources: [],
          until: Infinity,
          owned: true,
        }
        kept.set(key, { resolution, generation })
        return resolution
      }
      if (plan.kind === 'held') {
        report('error', 'name_held', { project, upstream: plan.owner.upstream, index: indexName })
        return absent(plan, [], 0, true)
      }
      const { resolution, merged } = await resolveAsking(
        plan,
        { ...(maxAgeMs !== undefined && { maxAgeMs }), ...(notBefore !== undefined && { notBefore }) },
        isCurrent ? before.merged : undefined,
      )
      kept.set(key, { resolution, generation, ...(merged && { merged }) })
      return resolution
    },

    async list(indexName): Promise<ListResolution> {
      const index = indexNamed(indexName)
      const heard = await Promise.all(index.upstreams.map((upstream) => listOf(upstream)))
      const answers = heard.flatMap(({ answer }) => answer ?? [])
      const inputs = answers.map(({ names }) => names)
      const before = lastLists.get(indexName)
      const same = before?.inputs.length === inputs.length && inputs.every((names, i) => names === before.inputs[i])
      const names = same ? before.names : inputs.length === 1 ? (inputs[0] ?? nameList([])) : mergeNameLists(inputs)
      lastLists.set(indexName, { inputs, names })
      return {
        names,
        sources: heard.map(({ source }) => source),
        until: Math.min(...answers.map(({ freshUntil }) => freshUntil)),
      }
    },
  }

  /** A list without one of its upstreams would be half a list: only an optional one may be missing. */
  async function listOf(upstream: string): Promise<{ source: Source; answer?: ListAnswer }> {
    const index = upstreams.get(upstream)
    if (index === undefined) throw new Error(`No upstream "${upstream}" was opened`)
    try {
      const answer = await index.listProjects()
      const reason = answer.staleBecause?.message
      return {
        source: { upstream, state: reason === undefined ? 'fresh' : 'stale', ...(reason !== undefined && { reason }) },
        answer,
      }
    } catch (error) {
      if (!(error instanceof UpstreamError) || !policy.upstreams.get(upstream)?.optional) throw error
      return { source: { upstream, state: 'missing', reason: error.message } }
    }
  }
}

/** A merge and what it was made of. */
interface MergedFrom {
  readonly parts: readonly Part[]
  readonly result: Merged
}

/** The same pages under the same rules and facts merge to the same result, so the work is done once. */
function sameParts(before: MergedFrom | undefined, parts: readonly Part[]): before is MergedFrom {
  return (
    before !== undefined &&
    before.parts.length === parts.length &&
    parts.every(({ upstream, page }, i) => before.parts[i]?.upstream === upstream && before.parts[i]?.page === page)
  )
}
