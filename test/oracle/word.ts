/** What one upstream counts as, after its cache and its list: heard by the product as it hears everybody. */
import type { Config } from '../../src/config/config.ts'
import type { Outcome } from '../../src/merge/decide.ts'
import { settingsFor } from '../../src/merge/settings.ts'
import { hear } from '../../src/resolve/hear.ts'
import type { PrivateLists } from '../../src/resolve/private-lists.ts'
import { PROJECT, defaultIndex } from './rules.ts'
import { NOW, type Upstream } from './upstreams.ts'

export interface Word {
  readonly outcome: Outcome
  readonly stale: boolean
  /** It was asked, and denied us. */
  readonly denied: boolean
  /** Whether it was asked before the answer, behind it, or not at all. Of absences the design leaves it open. */
  readonly unasked: 'no' | 'yes' | 'behind' | 'open'
}

/** `anew`: the client wants no kept answer. */
export async function wordOf(
  upstream: string,
  index: Upstream,
  { config, lists, anew }: { config: Config; lists: PrivateLists; anew: boolean },
): Promise<Word> {
  const plan = {
    kind: 'ask',
    project: PROJECT,
    settings: settingsFor(defaultIndex(config), PROJECT),
    strategy: 'first-index',
    waves: [[upstream]],
  } as const
  const options = { policy: config.policy, upstreams: new Map([[upstream, index]]), lists, now: () => NOW }
  const { heard } = await hear(plan, anew ? { maxAgeMs: 0 } : {}, options)
  const [first] = heard
  if (first === undefined) throw new Error('Nobody was heard')
  const { outcome, source, answer, error } = first
  const failure = error ?? answer?.staleBecause
  return {
    outcome,
    stale: source.state === 'stale',
    denied: failure !== undefined && !failure.mayHeal,
    unasked: unaskedOf(index.asked(), answer),
  }
}

function unaskedOf(asked: number, answer: { readonly checkedAt: number; readonly page: unknown } | undefined) {
  const isKept = answer !== undefined && (asked === 0 || (answer.checkedAt < NOW && !('staleBecause' in answer)))
  if (!isKept) return 'no'
  if (answer.page === undefined) return 'open'
  return asked === 0 ? 'yes' : 'behind'
}
