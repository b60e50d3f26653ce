/** What a resolution rests on, without its pages: as long as every upstream says the same, so does the merge. */
import type { Ask, Index } from '../indexes/contract.ts'
import type { Policy } from '../merge/policy.ts'
import type { ProjectName } from '../simple/name.ts'
import type { Heard } from './hear.ts'

/** What an upstream said: the content of its page; undefined: that it does not have the project. */
interface Word {
  readonly upstream: string
  readonly content: string | undefined
}

/** Highest priority first. */
export type Basis = readonly Word[]

/** How long something holds, and how long it may be given while it is asked for again. ms since the epoch. */
export interface Times {
  readonly until: number
  readonly refreshUntil: number
}

/** undefined: it rests on something that cannot be confirmed, as a failure. */
export function basisOf(heard: readonly Heard[]): Basis | undefined {
  const words = heard.flatMap(({ answer, error, source }) => {
    const isConfirmed = answer !== undefined && answer.staleBecause === undefined && error === undefined
    if (!isConfirmed || (answer.page !== undefined && answer.content === undefined)) return []
    return [{ upstream: source.upstream, content: answer.content }]
  })
  return words.length === heard.length ? words : undefined
}

export interface ConfirmOptions {
  readonly policy: Policy
  readonly upstreams: ReadonlyMap<string, Index>
}

/** Until when it holds now; undefined: somebody says something else by now, or cannot say. Never rejects for an upstream's failure. */
export async function confirmed(
  basis: Basis,
  project: ProjectName,
  wanted: Ask,
  { policy, upstreams }: ConfirmOptions,
): Promise<Times | undefined> {
  async function timesOf({ upstream, content }: Word): Promise<Times | undefined> {
    try {
      const said = await upstreams.get(upstream)?.confirm?.(project, wanted)
      if (said === undefined || said.staleBecause !== undefined) return undefined
      if (said.isAbsent !== (content === undefined) || said.content !== content) return undefined
      return { until: said.freshUntil, refreshUntil: said.refreshUntil ?? said.freshUntil }
    } catch {
      // It was reported where it happened; whoever asks for the page hears of it.
      return undefined
    }
  }

  const all: Times[] = []
  const isPrivate = ({ upstream }: Word) => policy.upstreams.get(upstream)?.private === true
  // Nobody else hears of a name before its private upstreams have said that it is not theirs.
  for (const word of basis.filter(isPrivate)) {
    const times = await timesOf(word)
    if (times === undefined) return undefined
    all.push(times)
  }
  for (const times of await Promise.all(basis.filter((word) => !isPrivate(word)).map(timesOf))) {
    if (times === undefined) return undefined
    all.push(times)
  }
  return {
    until: Math.min(...all.map(({ until }) => until)),
    refreshUntil: Math.min(...all.map(({ refreshUntil }) => refreshUntil)),
  }
}
