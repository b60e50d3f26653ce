/** Rules that need time: what is too young, and what was not there yet. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NO_FACTS } from '../../src/merge/facts.ts'
import { type MergeFacts, merge } from '../../src/merge/merge.ts'
import { planFor } from '../../src/merge/plan.ts'
import type { Rule } from '../../src/merge/policy.ts'
import { sayVerdict } from '../../src/merge/verdict.ts'
import { atOnce } from '../../src/pace/steps.ts'
import { file, index, mergeFacts, name, page, policy, rule, upstream } from '../support/build.ts'

const DAY = 24 * 60 * 60 * 1000
const NOW = Date.UTC(2026, 0, 10)
const iso = (ms: number) => new Date(ms).toISOString()

interface Case extends Partial<MergeFacts> {
  /** ms before `NOW`, by filename; undefined: it does not say. */
  readonly ages: Readonly<Record<string, number | undefined>>
  readonly rules?: Rule[]
  readonly cooldownMs?: number
}

function mergeOf({ ages, rules = [], cooldownMs, ...facts }: Case) {
  const corp = upstream('corp', cooldownMs === undefined ? {} : { cooldownMs })
  const asked = index(['corp'], rules)
  const plan = planFor(policy([corp], asked), asked, name('x'), NO_FACTS)
  if (plan.kind !== 'ask') throw new Error(plan.kind)
  const files = Object.entries(ages).map(([filename, age]) =>
    file('corp', filename, age === undefined ? {} : { uploadTime: iso(NOW - age) }),
  )
  const parts = [{ upstream: 'corp', page: page('corp', 'x', files) }]
  const merged = atOnce(merge(plan, parts, new Map([['corp', corp]]), mergeFacts({ now: NOW, ...facts })))
  return {
    shown: merged.page.files.map(({ filename }) => filename),
    until: merged.until,
    reasons: merged.hidden.map(sayVerdict),
  }
}

describe('a cooldown', () => {
  const ages = { 'x-1.zip': 4 * DAY, 'x-2.zip': 3 * DAY, 'x-3.zip': 3 * DAY - 1, 'x-4.zip': DAY }

  it('hides what is younger, until the first of it is old enough', () => {
    const { shown, until, reasons } = mergeOf({ ages, cooldownMs: 3 * DAY })
    expect(shown).toEqual(['x-1.zip', 'x-2.zip'])
    expect(until).toBe(NOW + 1)
    expect(reasons[1]).toBe(
      'x-4.zip of upstream corp is hidden until 2026-01-12T00:00:00Z by the cooldown of upstream corp, 3 days: it was uploaded 2026-01-09T00:00:00Z',
    )
  })

  it('ends by itself', () => {
    expect(mergeOf({ ages, cooldownMs: 3 * DAY, now: NOW + 2 * DAY })).toEqual({
      shown: Object.keys(ages),
      until: Infinity,
      reasons: [],
    })
  })

  it.each([
    ['of a rule outranks that of the upstream', [rule({ projects: ['x'], cooldown: 0 })], Object.keys(ages)],
    [
      'of the first rule that names one counts',
      [rule({ projects: ['*'], yanked: 'hide' }), rule({ projects: ['x'], cooldown: 4 * DAY })],
      ['x-1.zip'],
    ],
  ])('%s', (_what, rules, shown) => {
    expect(mergeOf({ ages, cooldownMs: 3 * DAY, rules }).shown).toEqual(shown)
  })

  it('of a rule is named with its line', () => {
    const rules = [rule({ projects: ['x'], cooldown: 4 * DAY, place: { file: 'rules.json', line: 7, column: 3 } })]
    expect(mergeOf({ ages: { 'x-4.zip': DAY }, rules }).reasons[0]).toContain('by a cooldown (rules.json:7), 4 days')
  })

  it('counts from when a file was first seen, where it does not say its age', () => {
    const seen = new Map([
      ['x-1.zip', 0],
      ['x-2.zip', NOW - DAY],
    ])
    const { shown, until, reasons } = mergeOf({
      ages: { 'x-1.zip': undefined, 'x-2.zip': undefined },
      cooldownMs: 3 * DAY,
      firstSeen: { of: () => seen },
    })
    expect([shown, until]).toEqual([['x-1.zip'], NOW + 2 * DAY])
    expect(reasons[0]).toContain('it was first seen 2026-01-09T00:00:00Z')
  })

  it('holds for what says that it comes from the future', () => {
    expect(mergeOf({ ages: { 'x-1.zip': -DAY }, cooldownMs: 3 * DAY }).until).toBe(NOW + 4 * DAY)
  })
})

describe('a view of a date', () => {
  const ages = { 'x-1.zip': 2 * DAY, 'x-2.zip': DAY, 'x-3.zip': undefined }

  it('shows what was uploaded before it, and nothing that does not say when it was', () => {
    const { shown, until, reasons } = mergeOf({ ages, asOf: NOW - DAY })
    expect([shown, until]).toEqual([['x-1.zip'], Infinity])
    expect(reasons).toEqual([
      'x-2.zip of upstream corp is hidden by this view, which shows what was there before 2026-01-09T00:00:00Z: it was uploaded 2026-01-09T00:00:00.000Z',
      'x-3.zip of upstream corp is hidden by this view, which shows what was there before 2026-01-09T00:00:00Z: it does not say when it was uploaded',
    ])
  })

  it('and a rule that excludes newer files: the earlier moment counts', () => {
    const rules = [rule({ projects: ['x'], excludeNewer: NOW - DAY })]
    expect(mergeOf({ ages, rules }).shown).toEqual(['x-1.zip'])
    expect(mergeOf({ ages, rules, asOf: NOW }).shown).toEqual(['x-1.zip'])
    expect(mergeOf({ ages, rules, asOf: NOW - 2 * DAY }).shown).toEqual([])
  })
})

describe('time', () => {
  it('changes nothing in a merge before it says so, and something then', () => {
    const age = fc.option(fc.integer({ min: -2 * DAY, max: 6 * DAY }), { nil: undefined })
    fc.assert(
      fc.property(fc.array(age, { maxLength: 6 }), fc.integer({ min: 0, max: 5 * DAY }), (all, cooldownMs) => {
        const ages = Object.fromEntries(all.map((each, i) => [`x-${i}.zip`, each]))
        const { until, ...before } = mergeOf({ ages, cooldownMs })
        if (until === Infinity) return before.reasons.length === 0
        const { until: again, ...just } = mergeOf({ ages, cooldownMs, now: until - 1 })
        const after = mergeOf({ ages, cooldownMs, now: until })
        return (
          again === until && JSON.stringify(just) === JSON.stringify(before) && after.shown.length > before.shown.length
        )
      }),
    )
  })
})
