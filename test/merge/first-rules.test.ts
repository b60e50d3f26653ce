/** What is found by an index over the patterns is what a walk over all of them finds. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type FirstRules, SETTINGS, firstRules } from '../../src/merge/first-rules.ts'
import { ownerByPattern } from '../../src/merge/owners.ts'
import { type NamePattern, parseNamePattern } from '../../src/merge/name-pattern.ts'
import type { Rule } from '../../src/merge/policy.ts'
import { type ProjectName, parseName } from '../../src/simple/name.ts'
import { index, name, pattern, rule } from '../support/build.ts'
import { settingsFor } from '../../src/merge/settings.ts'

const sign = fc.constantFrom('a', 'b', '-')
const signs = (maxLength: number) => fc.array(sign, { minLength: 1, maxLength }).map((each) => each.join(''))

const project: fc.Arbitrary<ProjectName> = signs(8)
  .map(parseName)
  .filter((parsed) => parsed !== undefined)

const anyPattern: fc.Arbitrary<NamePattern> = fc
  .array(fc.oneof(sign, fc.constant('*')), { minLength: 1, maxLength: 6 })
  .map((each) => parseNamePattern(each.join('')))
  .filter((parsed) => parsed !== undefined)

const anyRule: fc.Arbitrary<Rule> = fc.record(
  {
    place: fc.constant({ file: 'merge-rules.json', line: 1, column: 1 }),
    projects: fc.array(anyPattern, { minLength: 1, maxLength: 3 }),
    upstreams: fc.constantFrom(['corp'], ['pypi']),
    strategy: fc.constantFrom('first-index' as const, 'by-file' as const),
    // A rule that says false decides as well.
    deny: fc.constantFrom('no', false as const),
    yanked: fc.constantFrom('keep' as const, 'hide' as const),
  },
  { requiredKeys: ['place', 'projects'] },
)

/** The plain walk. */
function walked(rules: readonly Rule[], asked: ProjectName): FirstRules {
  const matching = rules.filter(({ projects }) => projects.some((each) => each.matches(asked)))
  const entries = SETTINGS.flatMap((setting) => {
    const first = matching.find((each) => each[setting] !== undefined)
    return first === undefined ? [] : [[setting, first]]
  })
  return Object.fromEntries(entries) as FirstRules
}

describe('the first rule of each setting', () => {
  it('is the one that a walk over all rules finds', () => {
    fc.assert(
      fc.property(fc.array(anyRule, { maxLength: 20 }), fc.array(project, { maxLength: 10 }), (rules, projects) => {
        const first = firstRules(rules)
        for (const each of projects) {
          const [found, expected] = [first(each), walked(rules, each)]
          // The very rule, not one that says the same.
          for (const setting of SETTINGS) expect(found[setting]).toBe(expected[setting])
        }
      }),
      { numRuns: 1000 },
    )
  })

  it.each([
    ['a literal behind a glob', ['acme-*'], ['acme-core'], 0],
    ['a glob behind a literal', ['acme-core'], ['acme-*'], 0],
    ['a glob of another beginning', ['core-*'], ['acme-*'], 1],
    ['a glob that ends otherwise', ['*-stubs'], ['*-core'], 1],
    ['one of several patterns', ['x', 'y*', '*core'], ['*'], 0],
  ])('%s', (_, one, other, expected) => {
    const rules = [rule({ projects: one, deny: 'one' }), rule({ projects: other, deny: 'other' })]
    expect(firstRules(rules)('acme-core').deny).toBe(rules[expected])
  })

  it('of each index are its own', () => {
    const [denying, allowing] = [index([], [rule({ projects: ['*'], deny: 'no' })]), index([])]
    expect([denying, allowing].map((each) => settingsFor(each, name('acme')).deny.value)).toEqual(['no', false])
  })
})

describe('the owner of a name', () => {
  it('is the first upstream one of whose patterns matches', () => {
    const owns = fc.array(fc.array(anyPattern, { maxLength: 4 }), { maxLength: 5 })
    fc.assert(
      fc.property(owns, fc.array(project, { maxLength: 10 }), (lists, projects) => {
        const upstreams = new Map(lists.map((each, at) => [`upstream-${at}`, { owns: each }]))
        for (const asked of projects) {
          const expected = [...upstreams].find(([, each]) => each.owns.some((one) => one.matches(asked)))
          expect(ownerByPattern(upstreams, asked)).toBe(expected?.[0])
        }
      }),
      { numRuns: 1000 },
    )
  })

  it('is nobody where no upstream owns a pattern', () => {
    expect(
      ownerByPattern(
        new Map([
          ['pypi', {}],
          ['corp', { owns: [pattern('acme-*')] }],
        ]),
        name('numpy'),
      ),
    ).toBeUndefined()
  })
})
