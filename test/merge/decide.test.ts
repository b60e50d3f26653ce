import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Outcome, decide } from '../../src/merge/decide.ts'
import { NO_FACTS } from '../../src/merge/facts.ts'
import { planFor } from '../../src/merge/plan.ts'
import type { Strategy, UpstreamPolicy } from '../../src/merge/policy.ts'
import { index, name, page, policy, rule, upstream } from '../support/build.ts'

const corp = upstream('corp', { private: true })
const torch = upstream('torch')
const pypi = upstream('pypi')
const wheels = upstream('wheels', { optional: true })

const absent: Outcome = { kind: 'absent' }
const down: Outcome = { kind: 'failed', mayHeal: true }
const denied: Outcome = { kind: 'failed', mayHeal: false }
const has = (upstreamName: string): Outcome => ({ kind: 'present', page: page(upstreamName, 'x', ['x-1.0.tar.gz']) })

function decideOver(upstreams: UpstreamPolicy[], strategy: Strategy, outcomes: Record<string, Outcome>) {
  const names = upstreams.map((each) => each.name)
  const asked = index(names, [rule({ projects: ['x'], strategy, upstreams: names })])
  const plan = planFor(policy(upstreams, asked), asked, name('x'), NO_FACTS)
  if (plan.kind !== 'ask') throw new Error(plan.kind)
  return decide(plan, new Map(Object.entries(outcomes)), new Map(upstreams.map((each) => [each.name, each])))
}

describe('first-index', () => {
  const first = (outcomes: Record<string, Outcome>) => decideOver([corp, torch, pypi], 'first-index', outcomes)

  it('the highest that has the project answers alone', () => {
    expect(first({ corp: absent, torch: has('torch') })).toMatchObject({ kind: 'page', parts: [{ upstream: 'torch' }] })
  })
  it('nobody below a private upstream is asked before it has said no', () => {
    expect(first({})).toEqual({ kind: 'ask', upstreams: ['corp'] })
    expect(first({ corp: absent })).toEqual({ kind: 'ask', upstreams: ['torch', 'pypi'] })
  })
  it('what lower ones said does not matter while a higher one has not answered', () => {
    expect(first({ corp: absent, pypi: has('pypi') })).toEqual({ kind: 'ask', upstreams: ['torch'] })
  })
  it('a failure above ends it, whatever is below', () => {
    expect(first({ corp: down, torch: has('torch'), pypi: has('pypi') })).toEqual({
      kind: 'failed',
      upstream: 'corp',
      mayHeal: true,
    })
    expect(first({ corp: absent, torch: denied, pypi: has('pypi') })).toEqual({
      kind: 'failed',
      upstream: 'torch',
      mayHeal: false,
    })
  })
  it('a failure below does not matter', () => {
    expect(first({ corp: has('corp'), torch: down, pypi: denied })).toMatchObject({
      kind: 'page',
      parts: [{ upstream: 'corp' }],
    })
  })
  it('absent everywhere is absent', () => {
    expect(first({ corp: absent, torch: absent, pypi: absent })).toEqual({ kind: 'absent' })
  })
})

describe.each(['by-version', 'by-file'] as const)('%s', (strategy) => {
  const shared = (outcomes: Record<string, Outcome>) => decideOver([torch, wheels, pypi], strategy, outcomes)

  it('everybody is asked at once, and all must have spoken', () => {
    expect(shared({})).toEqual({ kind: 'ask', upstreams: ['torch', 'wheels', 'pypi'] })
    expect(shared({ torch: has('torch'), pypi: has('pypi') })).toEqual({ kind: 'ask', upstreams: ['wheels'] })
  })
  it('a failure of one that is not optional fails the page', () => {
    expect(shared({ torch: has('torch'), wheels: absent, pypi: down })).toEqual({
      kind: 'failed',
      upstream: 'pypi',
      mayHeal: true,
    })
  })
  it('of several failures one that may heal decides', () => {
    expect(shared({ torch: denied, wheels: absent, pypi: down })).toMatchObject({ upstream: 'pypi', mayHeal: true })
  })
  it('an optional one may be missing', () => {
    expect(shared({ torch: absent, wheels: down, pypi: has('pypi') })).toMatchObject({
      kind: 'page',
      missing: ['wheels'],
    })
  })
  it('an optional one is never the only source', () => {
    expect(shared({ torch: absent, wheels: has('wheels'), pypi: absent })).toEqual({ kind: 'absent' })
    expect(shared({ torch: absent, wheels: down, pypi: absent })).toEqual({ kind: 'absent' })
  })
})

it('a decision that was reached is not changed by whatever is heard later', () => {
  const outcome = fc.constantFrom(absent, down, denied, has('any'))
  fc.assert(
    fc.property(
      fc.constantFrom<Strategy>('first-index', 'by-version', 'by-file'),
      fc.array(outcome, { minLength: 3, maxLength: 3 }),
      fc.subarray([0, 1, 2]),
      (strategy, all, heard) => {
        const names = ['torch', 'wheels', 'pypi'] as const
        const outcomesOf = (which: number[]) =>
          Object.fromEntries(which.flatMap((i) => (all[i] === undefined ? [] : [[names[i], all[i]]])))
        const early = decideOver([torch, wheels, pypi], strategy, outcomesOf(heard))
        if (early.kind !== 'ask')
          expect(decideOver([torch, wheels, pypi], strategy, outcomesOf([0, 1, 2]))).toEqual(early)
      },
    ),
  )
})
