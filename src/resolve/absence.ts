/** Why there is no page, in one sentence: for clients and for explanations. */
import type { Resolution } from './resolution.ts'

export function sayAbsent({ plan, sources }: Resolution): string {
  const { project } = plan
  if (plan.kind === 'held') {
    const { upstream, by } = plan.owner
    const letsGo = by === 'pattern' ? `"owns" of "${upstream}" says so` : `"unidex forget ${project}" lets a name go`
    return `${project} belongs to upstream "${upstream}", which this index does not ask, and comes from nowhere else; ${letsGo}`
  }
  if (plan.kind === 'ask' && plan.owner !== undefined) {
    const lacks = sources.some(({ state }) => state === 'listed-absent')
      ? 'whose last list does not have it'
      : 'which does not have it'
    return `${project} belongs to upstream "${plan.owner.upstream}", ${lacks}, and comes from nowhere else`
  }
  return `No upstream of this index has ${project} (asked: ${sources.map(({ upstream }) => upstream).join(', ')})`
}
