/** What became of a name in an index: the one value that routes, pages and commands use. */
import type { MergedPage } from '../merge/merge.ts'
import type { Plan } from '../merge/plan.ts'
import type { HiddenFile } from '../merge/verdict.ts'
import type { UpstreamError } from '../indexes/contract.ts'
import type { NameList } from '../simple/name-list.ts'
import type { ProjectName } from '../simple/name.ts'
import type { Heard } from './hear.ts'
import type { Source } from './source.ts'
import type { View } from './view.ts'

/** When, by which resolver and under which facts a resolution was made. */
export interface Made {
  readonly by: symbol
  /** ms since the epoch. */
  readonly at: number
  readonly generation: number
}

export type Resolution = {
  readonly made: Made
  readonly plan: Plan
  /** Those that were needed, highest priority first. */
  readonly sources: readonly Source[]
  /** Until then nothing can change but by rules and facts, ms since the epoch. */
  readonly until: number
  /** Then until this moment it may be given while its upstreams are asked again behind. */
  readonly refreshUntil: number
  /** When time alone changes it, ms since the epoch; absent: never. */
  readonly changesAt?: number
  /** Its owner, a private upstream, may publish at any moment: clients must ask again every time. */
  readonly owned: boolean
} & (
  | {
      readonly kind: 'page'
      readonly page: MergedPage
      readonly hidden: readonly HiddenFile[]
      /** An optional upstream could not say. */
      readonly partial: boolean
    }
  /** No upstream that may answer has it; or nobody may be asked, since its owner is not among this index's upstreams. */
  | { readonly kind: 'absent' }
  | { readonly kind: 'denied'; readonly page: MergedPage; readonly reason: string }
)

/** How a resolution came about: the plan, what the upstreams said, and what became of it. */
export interface Trace {
  readonly view: View
  readonly plan: Plan
  /** Those whose word it rests on, highest priority first; nobody where nobody may be asked. */
  readonly heard: readonly Heard[]
  readonly result: Resolution | { readonly kind: 'failed'; readonly error: UpstreamError }
}

/** @throws UpstreamError where an upstream that decides could not say */
export function resolutionOf({ result }: Trace): Resolution {
  if (result.kind === 'failed') throw result.error
  return result
}

/** All names that the upstreams of an index list. */
export interface ListResolution {
  readonly names: NameList
  readonly sources: readonly Source[]
  readonly until: number
}

/** Above the merge. Routes, pages and commands use this and nothing below it. */
export interface Resolver {
  /**
   * @param options.maxAgeMs no older answers than this, as far as an upstream may be asked again
   * @throws UpstreamError when an upstream that decides cannot say
   * @throws UnknownIndexError when there is no such index
   */
  resolve(index: string, project: ProjectName, options?: { readonly maxAgeMs?: number }): Promise<Resolution>
  /** The resolution that may be given at once, if there is one: for those who cannot wait a moment. See `mayGive`. */
  peek(index: string, project: ProjectName): Resolution | undefined
  /**
   * Until when a resolution of the project in the index holds, if it may be given at this moment without waiting for anybody.
   * Where its upstreams are due to be asked again, which shows in that the moment is past, they are, behind.
   */
  mayGive(
    index: string,
    project: ProjectName,
    resolution: Pick<Resolution, 'made' | 'until' | 'refreshUntil'>,
  ): number | undefined
  /**
   * The same after its upstreams were asked as for `resolve`, but without their pages. undefined: it is another one by now, or
   * that cannot be said without them.
   */
  confirm(
    index: string,
    project: ProjectName,
    resolution: Pick<Resolution, 'made'>,
    options?: { readonly maxAgeMs?: number },
  ): Promise<number | undefined>
  /** The same with its reasons: what `resolve` would give now, and how it comes about. A failure is part of it. @throws UnknownIndexError */
  trace(index: string, project: ProjectName): Promise<Trace>
  /** @throws as `resolve` */
  list(index: string): Promise<ListResolution>
}
