/** Asks as the plan says, merges, remembers who owns what: a name becomes a Resolution. */
import { LRUCache } from 'lru-cache'
import type { Answer, Ask, Index } from '../indexes/contract.ts'
import type { Report } from '../log/report.ts'
import { paced } from '../pace/steps.ts'
import { together } from '../pace/together.ts'
import type { Part } from '../merge/decide.ts'
import type { Facts, FirstSeen, KnownHashes, Learned } from '../merge/facts.ts'
import { type Merged, deniedPage, merge } from '../merge/merge.ts'
import { planFor } from '../merge/plan.ts'
import type { IndexPolicy, Policy } from '../merge/policy.ts'
import type { ProjectName } from '../simple/name.ts'
import type { State } from '../store/state.ts'
import { type Basis, type Times, basisOf, confirmed } from './basis.ts'
import { sayContradictions } from './contradictions.ts'
import { type AskPlan, type Heard, hear } from './hear.ts'
import { indexLists, type MergedLists } from './index-list.ts'
import { keepAbsences } from './kept-absences.ts'
import type { PrivateLists } from './private-lists.ts'
import { seeFiles } from './first-seen.ts'
import { publishHashes } from './published-hashes.ts'
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

/** Whose refreshing is remembered, at most: one that is forgotten is refreshed again. */
const MAX_REFRESHED = 10_000

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
  /** Of what is given while it is refreshed: those under way, and what took its place. */
  const refreshing = new Set<string>()
  /** What was made, what it rests on, and until when it holds since it was confirmed. */
  const bases = new WeakMap<Made, { readonly words: Basis; readonly until: number }>()
  const confirmedTimes = new WeakMap<Made, Times>()
  const refreshed = new LRUCache<string, Made>({ maxSize: MAX_REFRESHED, sizeCalculation: () => 1 })
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
  async function remember({ strategy, project }: AskPlan, parts: readonly Part[]): Promise<void> {
    if (strategy !== 'first-index') return
    for (const { upstream, page } of parts) {
      if (page.files.length === 0 || !isPrivate(upstream) || state.ownersOf(project).includes(upstream)) continue
      if (await lists.isOwn(upstream, project)) state.own(upstream, project)
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
    const refreshUntil = Math.min(...heard.map(refreshableUntil))
    if (decision.kind === 'failed') {
      const error = heard.find(({ source }) => source.upstream === decision.upstream)?.error
      if (error === undefined) throw new Error(`"${decision.upstream}" failed without a cause`)
      return { trace: { view, plan, heard, result: { kind: 'failed', error } } }
    }
    if (decision.kind === 'absent') {
      sayAbsent(plan)
      const result: Resolution = {
        kind: 'absent',
        made,
        plan,
        sources: all,
        until,
        refreshUntil,
        owned: plan.owner !== undefined,
      }
      return { trace: { view, plan, heard, result } }
    }
    await keepAbsences(plan.project, heard, options.upstreams)
    const { parts, missing } = decision
    await remember(plan, parts)
    seeFiles(plan, parts, { upstreams: policy.upstreams, state, now: now() })
    publishHashes(plan.project, parts, { upstreams: policy.upstreams, state })
    const time = { now: now(), ...(asOf !== undefined && { asOf }) }
    async function mergeNow(): Promise<Merging> {
      const facts = { ...contentFacts(plan.project, parts), firstSeen, ...time }
      const merged = await paced(merge(plan, parts, policy.upstreams, facts))
      sayContradictions(merged, report)
      return { at: time.now, parts, merged }
    }
    // The same pages under the same rules and facts merge to the same, so the work is done once, for a crowd as well.
    const crowd = `${view.index} ${asOf} ${plan.project} ${made.generation}`
    const found =
      before !== undefined && areSame(before.parts, parts) && before.at <= time.now && time.now < before.merged.until
        ? before
        : await mergedTogether(crowd, mergeNow)
    const merging = areSame(found.parts, parts) ? found : await mergeNow()
    const words = missing.length > 0 ? undefined : basisOf(heard)
    if (words !== undefined) bases.set(made, { words, until: merging.merged.until })
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
      refreshUntil: partial ? 0 : Math.min(refreshUntil, merging.merged.until),
      ...(merging.merged.until !== Infinity && { changesAt: merging.merged.until }),
      owned: plan.owner !== undefined || parts.some(({ upstream }) => isPrivate(upstream)),
      partial,
    }
    return { trace: { view, plan, heard, result }, merging }
  }

  /**
   * As they are before the merge begins, which takes its time: a file that passes meanwhile must not be known as delivered, and
   * with no hash. So what was delivered is read first.
   */
  function contentFacts(
    project: ProjectName,
    parts: readonly Part[],
  ): { readonly known: KnownHashes; readonly learned: Learned } {
    const known = new Map(parts.map(({ upstream }) => [upstream, state.servedHashes(upstream, project)]))
    const learned = new Map(parts.map(({ upstream }) => [upstream, state.learned(upstream, project)]))
    return {
      known: { of: (upstream) => known.get(upstream) ?? new Map() },
      learned: { of: (upstream) => learned.get(upstream) ?? new Map() },
    }
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

  const generationNow = () => state.generation() + lists.generation()

  /** What was resolved under the facts of this moment. */
  function keptNow(index: string, project: ProjectName, generation: number): KeptResolution | undefined {
    const entry = kept.get(`${index} ${project}`)
    return entry?.resolution.made.generation === generation ? entry : undefined
  }

  /** Made by these rules under these facts. A clock that was set back must not make anything hold for longer. */
  function isOfNow({ by, generation, at }: Made): boolean {
    return by === self && generation === generationNow() && now() >= at
  }

  const mayGive: Resolver['mayGive'] = (index, project, standing) => {
    const { made } = standing
    if (!isOfNow(made)) return undefined
    const { until, refreshUntil } = confirmedTimes.get(made) ?? standing
    const time = now()
    if (time < until) return until
    const key = `${index} ${project}`
    const newer = refreshed.get(key) ?? made
    if (time >= refreshUntil || (newer !== made && newer.at >= made.at)) return undefined
    refreshBehind(key, index, project, standing)
    return until
  }

  const confirm: Resolver['confirm'] = async (index, project, { made }, { maxAgeMs } = {}) =>
    confirmAs(project, made, { ...wantedOf(project), ...(maxAgeMs !== undefined && { maxAgeMs }) })

  async function confirmAs(project: ProjectName, made: Made, wanted: Ask): Promise<number | undefined> {
    const basis = bases.get(made)
    if (basis === undefined || !isOfNow(made)) return undefined
    const times = await confirmed(basis.words, project, wanted, options)
    // Meanwhile rules, facts or the moment may be others.
    if (times === undefined || !isOfNow(made) || now() >= basis.until) return undefined
    const until = Math.min(times.until, basis.until)
    confirmedTimes.set(made, { until, refreshUntil: Math.min(times.refreshUntil, basis.until) })
    return until
  }

  /** Once at a time. A failure was reported where it happened, and whoever comes next tries again. */
  function refreshBehind(key: string, index: string, project: ProjectName, { made }: Pick<Resolution, 'made'>): void {
    if (refreshing.has(key)) return
    refreshing.add(key)
    const wanted = { refresh: true, behind: true }
    async function refresh(): Promise<void> {
      if ((await confirmAs(project, made, wanted)) !== undefined) return
      const { result } = await traceWanted(index, project, wanted)
      // What stands in for an upstream that fails is no newer one.
      if (result.kind !== 'failed' && result.refreshUntil > 0) refreshed.set(key, result.made)
    }
    refresh()
      .catch(() => undefined)
      .finally(() => refreshing.delete(key))
  }

  function peek(index: string, project: ProjectName): Resolution | undefined {
    const resolution = kept.get(`${index} ${project}`)?.resolution
    if (resolution === undefined || mayGive(index, project, resolution) === undefined) return undefined
    return { ...resolution, ...confirmedTimes.get(resolution.made) }
  }

  async function traceNow(indexName: string, project: ProjectName, wanted: Ask, generation: number): Promise<Trace> {
    const key = `${indexName} ${project}`
    const view = readView(indexName)
    const made = { by: self, at: now(), generation }
    const plan = planFor(policy, indexNamed(view.index), project, factsOf(project))
    if (plan.kind === 'held') {
      report('error', 'name_held', { project, upstream: plan.owner.upstream, index: indexName })
      return {
        view,
        plan,
        heard: [],
        result: { kind: 'absent', made, plan, sources: [], until: 0, refreshUntil: 0, owned: true },
      }
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
        refreshUntil: Infinity,
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

  /** What an operator wants of it. */
  function wantedOf(project: ProjectName): Ask {
    const notBefore = state.refreshedAt(project)
    return notBefore === undefined ? {} : { notBefore }
  }

  async function traceWanted(indexName: string, project: ProjectName, wanted: Ask): Promise<Trace> {
    const generation = generationNow()
    return traceNow(indexName, project, { ...wanted, ...wantedOf(project) }, generation)
  }

  return {
    peek,
    mayGive,
    confirm,

    async resolve(indexName, project, { maxAgeMs } = {}) {
      const held = maxAgeMs === undefined ? peek(indexName, project) : undefined
      return held ?? resolutionOf(await traceWanted(indexName, project, maxAgeMs === undefined ? {} : { maxAgeMs }))
    },

    trace: (indexName, project) => traceWanted(indexName, project, {}),

    list: async (indexName) => listOf(indexNamed(readView(indexName).index)),
  }
}

/** An answer that stands in for a failing upstream holds for this request alone. */
function holdsUntil(heard: Heard): number {
  return answerOf(heard)?.freshUntil ?? 0
}

function refreshableUntil(heard: Heard): number {
  const answer = answerOf(heard)
  return answer?.refreshUntil ?? answer?.freshUntil ?? 0
}

function answerOf({ answer, error }: Heard): Answer | undefined {
  return answer?.staleBecause === undefined && error === undefined ? answer : undefined
}

function areSame(before: readonly Part[], parts: readonly Part[]): boolean {
  return (
    before.length === parts.length &&
    parts.every(({ upstream, page }, i) => before[i]?.upstream === upstream && before[i]?.page === page)
  )
}
