/** Asks as the plan says, merges, remembers who owns what: a name becomes a Resolution. */
import { LRUCache } from 'lru-cache'
import type { Ask, Index } from '../indexes/contract.ts'
import type { Report } from '../log/report.ts'
import { paced } from '../pace/steps.ts'
import { together } from '../pace/together.ts'
import type { Part } from '../merge/decide.ts'
import type { Facts, FirstSeen, KnownHashes } from '../merge/facts.ts'
import { type Merged, deniedPage, merge } from '../merge/merge.ts'
import { planFor } from '../merge/plan.ts'
import type { IndexPolicy, Policy } from '../merge/policy.ts'
import type { ProjectName } from '../simple/name.ts'
import type { State } from '../store/state.ts'
import { type AskPlan, type Heard, hear } from './hear.ts'
import { indexLists, type MergedLists } from './index-list.ts'
import type { PrivateLists } from './private-lists.ts'
import { seeFiles } from './first-seen.ts'
import type { Made, Resolution, Resolver } from './resolution.ts'
import { UnknownIndexError } from './unknown-index.ts'
import { type Trace, resolutionOf } from './resolution.ts'
import { type View, readView } from './view.ts'

export interface ResolverOptions {
  readonly policy: Policy
  /** Every upstream of the policy, as something that answers. */
  readonly upstreams: ReadonlyMap<string, Index>
  readonly state: State
  readonly lists: PrivateLists
  /** Default: its own. */
  readonly mergedLists?: MergedLists
  readonly report: Report
  readonly now: () => number
}

/** Resolutions kept at most; each refers to pages that are kept elsewhere, so a few thousand cost little. */
const MAX_KEPT = 4096
/** Files in all kept resolutions together: what bounds the memory of pages that nobody asks for any more. */
const MAX_KEPT_FILES = 24_000

/** A resolution, and the merge in it with what that was made of. */
interface KeptResolution {
  readonly resolution: Resolution
  readonly merging?: Merging
}

interface Merging {
  readonly at: number
  readonly parts: readonly Part[]
  readonly merged: Merged
}

export function openResolver(options: ResolverOptions): Resolver {
  const { policy, state, lists, report, now } = options
  const known: KnownHashes = { of: (upstream, project) => state.servedHashes(upstream, project) }
  const firstSeen: FirstSeen = { of: (upstream, project) => state.firstSeen(upstream, project) }
  const listOf = indexLists(options)
  const kept = new LRUCache<string, KeptResolution>({
    max: MAX_KEPT,
    maxSize: MAX_KEPT_FILES,
    // One that has more is kept alone: otherwise it would be merged anew for each of its files.
    sizeCalculation: ({ resolution }) =>
      resolution.kind === 'page'
        ? Math.min(MAX_KEPT_FILES, 1 + resolution.page.files.length + resolution.hidden.length)
        : 1,
  })
  const mergedTogether = together<Merging>()
  /** Rules make a resolver: what another one has made was made under others. */
  const self = Symbol('resolver')
  const isPrivate = (upstream: string) => policy.upstreams.get(upstream)?.private === true

  function indexNamed(name: string): IndexPolicy {
    const index = policy.indexes.get(name)
    if (index === undefined) throw new UnknownIndexError(`There is no index "${name}"`)
    return index
  }

  function factsOf(project: ProjectName): Facts {
    return { listedBy: lists.listing(project), servedBy: state.ownersOf(project) }
  }

  /** A name for which a private upstream served a page with at least one file is its own from then on, unless it was declared shared. */
  function remember(plan: AskPlan, parts: readonly Part[]): void {
    if (plan.strategy !== 'first-index') return
    for (const { upstream, page } of parts) {
      if (page.files.length > 0 && isPrivate(upstream) && !lists.isPublicCopy(upstream))
        state.own(upstream, plan.project)
    }
  }

  async function traceAsking(
    plan: AskPlan,
    wanted: Ask,
    { view, made, before }: { readonly view: View; readonly made: Made; readonly before: Merging | undefined },
  ): Promise<{ readonly trace: Trace; readonly merging?: Merging }> {
    const { asOf } = view
    const { decision, heard } = await hear(plan, wanted, options)
    const all = heard.map(({ source }) => source)
    const until = Math.min(...heard.map(holdsUntil))
    if (decision.kind === 'failed') {
      const error = heard.find(({ source }) => source.upstream === decision.upstream)?.error
      if (error === undefined) throw new Error(`"${decision.upstream}" failed without a cause`)
      return { trace: { view, plan, heard, result: { kind: 'failed', error } } }
    }
    if (decision.kind === 'absent') {
      sayAbsent(plan)
      const result: Resolution = { kind: 'absent', made, plan, sources: all, until, owned: plan.owner !== undefined }
      return { trace: { view, plan, heard, result } }
    }
    const { parts, missing } = decision
    remember(plan, parts)
    seeFiles(plan, parts, { upstreams: policy.upstreams, state, now: now() })
    const facts = { known, firstSeen, now: now(), ...(asOf !== undefined && { asOf }) }
    async function mergeNow(): Promise<Merging> {
      const merged = await paced(merge(plan, parts, policy.upstreams, facts))
      sayConflicts(merged)
      return { at: facts.now, parts, merged }
    }
    // The same pages under the same rules and facts merge to the same, so the work is done once, for a crowd as well.
    const crowd = `${view.index} ${asOf} ${plan.project} ${made.generation}`
    const found =
      before !== undefined && areSame(before.parts, parts) && before.at <= facts.now && facts.now < before.merged.until
        ? before
        : await mergedTogether(crowd, mergeNow)
    const merging = areSame(found.parts, parts) ? found : await mergeNow()
    const sources = all.filter(({ state }) => state !== 'absent' && state !== 'listed-absent')
    for (const { upstream, state, reason } of sources) {
      if (state === 'stale') report('warn', 'served_stale', { project: plan.project, upstream, reason })
      if (state === 'missing') report('warn', 'served_partial', { project: plan.project, upstream, reason })
    }
    const partial = missing.length > 0
    const result: Resolution = {
      kind: 'page',
      made,
      plan,
      page: merging.merged.page,
      hidden: merging.merged.hidden,
      sources,
      until: partial ? 0 : Math.min(until, merging.merged.until),
      ...(merging.merged.until !== Infinity && { changesAt: merging.merged.until }),
      owned: plan.owner !== undefined || parts.some(({ upstream }) => isPrivate(upstream)),
      partial,
    }
    return { trace: { view, plan, heard, result }, merging }
  }

  /** An owner that lost its name is an alarm: somebody else may be waiting for it. */
  function sayAbsent({ owner, project }: AskPlan): void {
    if (owner === undefined) return
    report(owner.seen ? 'error' : 'info', 'owner_absent', {
      project,
      upstream: owner.upstream,
      ownedBy: owner.by,
    })
  }

  function sayConflicts({ hidden }: Merged): void {
    for (const { file, verdict } of hidden) {
      const { filename, upstream } = file
      if (verdict.kind === 'outranked' && verdict.conflict)
        report('warn', 'hash_conflict', { file: filename, upstream, served: verdict.by })
      if (verdict.kind === 'changed') {
        report('error', 'hash_changed', {
          file: filename,
          upstream,
          now: file.hashes.sha256,
          known: verdict.known.join(' '),
        })
      }
    }
  }

  const generationNow = () => state.generation() + lists.generation()

  /** What was resolved under the facts of this moment. */
  function keptNow(index: string, project: ProjectName, generation: number): KeptResolution | undefined {
    const entry = kept.get(`${index} ${project}`)
    return entry?.resolution.made.generation === generation ? entry : undefined
  }

  function holds({ made, until }: Pick<Resolution, 'made' | 'until'>): boolean {
    const time = now()
    // A clock that was set back must not make it hold for longer.
    return made.by === self && made.generation === generationNow() && time >= made.at && time < until
  }

  function peek(index: string, project: ProjectName): Resolution | undefined {
    const resolution = kept.get(`${index} ${project}`)?.resolution
    return resolution !== undefined && holds(resolution) ? resolution : undefined
  }

  async function traceNow(indexName: string, project: ProjectName, wanted: Ask, generation: number): Promise<Trace> {
    const key = `${indexName} ${project}`
    const view = readView(indexName)
    const made = { by: self, at: now(), generation }
    const plan = planFor(policy, indexNamed(view.index), project, factsOf(project))
    if (plan.kind === 'held') {
      report('error', 'name_held', { project, upstream: plan.owner.upstream, index: indexName })
      return { view, plan, heard: [], result: { kind: 'absent', made, plan, sources: [], until: 0, owned: true } }
    }
    if (plan.kind === 'denied') {
      const { reason } = plan
      const page = deniedPage(project, reason)
      const resolution: Resolution = {
        kind: 'denied',
        made,
        plan,
        page,
        reason,
        sources: [],
        until: Infinity,
        owned: true,
      }
      kept.set(key, { resolution })
      return { view, plan, heard: [], result: resolution }
    }
    const before = keptNow(indexName, project, generation)?.merging
    const { trace, merging } = await traceAsking(plan, wanted, { view, made, before })
    const { result } = trace
    if (result.kind !== 'failed') kept.set(key, { resolution: result, ...(merging && { merging }) })
    return trace
  }

  async function trace(indexName: string, project: ProjectName, maxAgeMs: number | undefined): Promise<Trace> {
    const generation = generationNow()
    const notBefore = state.refreshedAt(project)
    const wanted = { ...(maxAgeMs !== undefined && { maxAgeMs }), ...(notBefore !== undefined && { notBefore }) }
    return traceNow(indexName, project, wanted, generation)
  }

  return {
    peek,
    holds,

    async resolve(indexName, project, { maxAgeMs } = {}) {
      const held = maxAgeMs === undefined ? peek(indexName, project) : undefined
      return held ?? resolutionOf(await trace(indexName, project, maxAgeMs))
    },

    trace: (indexName, project) => trace(indexName, project, undefined),

    list: async (indexName) => listOf(indexNamed(readView(indexName).index)),
  }
}

/** An answer that stands in for a failing upstream holds for this request alone. */
function holdsUntil({ answer, error }: Heard): number {
  return answer === undefined || answer.staleBecause !== undefined || error !== undefined ? 0 : answer.freshUntil
}

function areSame(before: readonly Part[], parts: readonly Part[]): boolean {
  return (
    before.length === parts.length &&
    parts.every(({ upstream, page }, i) => before[i]?.upstream === upstream && before[i]?.page === page)
  )
}
