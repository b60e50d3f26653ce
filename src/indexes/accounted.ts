/** Says where an answer came from: it was asked for now, or kept, or kept and given because the index cannot say. */
import type { Report } from '../log/report.ts'
import type { Answer, Index, ListAnswer } from './contract.ts'

export interface AccountedOptions {
  readonly upstream: string
  readonly report: Report
  readonly now: () => number
}

/** Belongs around the cache. */
export function accounted(inner: Index, { upstream, report, now }: AccountedOptions): Index {
  async function told<A extends Pick<Answer | ListAnswer, 'checkedAt' | 'staleBecause'>>(
    ask: () => Promise<A>,
  ): Promise<A> {
    const startedAt = now()
    const answer = await ask()
    const { checkedAt, staleBecause } = answer
    const from = staleBecause !== undefined ? 'stale' : checkedAt >= startedAt ? 'asked' : 'kept'
    report('debug', 'answer_given', { upstream, from })
    return answer
  }
  const { confirm } = inner
  return {
    ...inner,
    getProject: (name, ask) => told(() => inner.getProject(name, ask)),
    ...(confirm && { confirm: (name, ask) => told(() => confirm(name, ask)) }),
    listProjects: (held) => told(() => inner.listProjects(held)),
  }
}
