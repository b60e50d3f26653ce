/** The project list of an index: the union of its upstreams' lists, and never half of it. */
import { type Index, type ListAnswer, UpstreamError } from '../indexes/contract.ts'
import { paced } from '../pace/steps.ts'
import type { IndexPolicy, Policy } from '../merge/policy.ts'
import { type NameList, mergeNameLists } from '../simple/name-list.ts'
import type { ListResolution } from './resolution.ts'
import type { Source } from './source.ts'

export interface IndexListOptions {
  readonly policy: Policy
  readonly upstreams: ReadonlyMap<string, Index>
  /** Default: its own. */
  readonly mergedLists?: MergedLists
}

/** The union that each index gave last, and what it was made of; it outlives a reload. */
export type MergedLists = Map<string, { readonly inputs: readonly NameList[]; readonly names: Promise<NameList> }>

/** Only an optional upstream may be missing. The same lists give the same object, so that its bytes are made once. */
export function indexLists(options: IndexListOptions): (index: IndexPolicy) => Promise<ListResolution> {
  const { policy, upstreams, mergedLists = new Map() as MergedLists } = options

  async function ask(upstream: string): Promise<{ source: Source; answer?: ListAnswer }> {
    const index = upstreams.get(upstream)
    if (index === undefined) throw new Error(`No upstream "${upstream}" was opened`)
    try {
      const answer = await index.listProjects()
      const { staleBecause } = answer
      if (staleBecause === undefined) return { source: { upstream, state: 'fresh' }, answer }
      return { source: { upstream, state: 'stale', reason: staleBecause.message }, answer }
    } catch (error) {
      if (!(error instanceof UpstreamError) || !policy.upstreams.get(upstream)?.optional) throw error
      return { source: { upstream, state: 'missing', reason: error.message } }
    }
  }

  /** Merged once, whoever asks meanwhile. */
  function union(index: string, inputs: readonly NameList[]): Promise<NameList> {
    const before = mergedLists.get(index)
    if (before?.inputs.length === inputs.length && inputs.every((names, i) => names === before.inputs[i]))
      return before.names
    const names = paced(mergeNameLists(inputs))
    mergedLists.set(index, { inputs, names })
    return names
  }

  return async (index) => {
    const heard = await Promise.all(index.upstreams.map(ask))
    const answers = heard.flatMap(({ answer }) => answer ?? [])
    const names = await union(
      index.name,
      answers.map((answer) => answer.names),
    )
    return {
      names,
      sources: heard.map(({ source }) => source),
      until: heard.some(({ answer }) => answer === undefined || answer.staleBecause !== undefined)
        ? 0
        : Math.min(...answers.map(({ freshUntil }) => freshUntil)),
    }
  }
}
