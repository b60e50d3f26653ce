/** Files of very many rules: they are read, and what is refused in them is what a walk over all patterns refuses. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CheckError } from '../../src/config/config.ts'
import { readRules } from '../../src/config/read-rules.ts'
import { covers, parseNamePattern } from '../../src/merge/name-pattern.ts'
import { settingsFor } from '../../src/merge/settings.ts'
import { name } from '../support/build.ts'

interface WrittenRule {
  readonly projects: readonly string[]
  readonly deny?: string | false
  readonly yanked?: string
}

/** Each rule stands in a line of its own, the first in the second line. */
function read(rules: readonly WrittenRule[], owns: readonly string[] = ['corp-*']) {
  const corp = { url: 'https://corp.example/simple/', private: true, owns }
  const upstreams = JSON.stringify({ corp, pypi: { url: 'https://pypi.org/simple/' } })
  const lines = rules.map((each) => JSON.stringify(each)).join(',\n')
  const text = `{ "upstreams": ${upstreams}, "indexes": { "default": { "upstreams": ["corp", "pypi"], "rules": [\n${lines}\n] } } }`
  return readRules(text, { file: 'merge-rules.json', strict: false })
}

function faultsOf(...words: Parameters<typeof read>): string[] {
  try {
    read(...words)
    return []
  } catch (error) {
    if (error instanceof CheckError) return error.message.split('\n')
    throw error
  }
}

test('10,000 rules with several settings are read, and the last decides as the first', () => {
  const rules = Array.from({ length: 10_000 }, (_, i) => ({
    projects: [`lib-${i}`],
    upstreams: ['pypi'],
    versions: '<3',
    yanked: 'hide',
  }))
  const index = read(rules).policy.indexes.get('default')
  if (index === undefined) throw new Error('There is no index')
  const decided = ['lib-0', 'lib-9999', 'lib-10000'].map((project) => settingsFor(index, name(project)).upstreams.value)
  expect(decided).toEqual([['pypi'], ['pypi'], ['corp', 'pypi']])
})

describe('what is refused', () => {
  const pattern = fc
    .array(fc.constantFrom('a', 'b', '-', '*'), { minLength: 1, maxLength: 4 })
    .map((signs) => signs.join(''))
    .filter((text) => parseNamePattern(text) !== undefined)
  const projects = fc.array(pattern, { minLength: 1, maxLength: 2 })
  const parse = (text: string) => parseNamePattern(text) ?? expect.unreachable(text)

  test('of rules that can never matter is every one whose settings are all decided for all its names', () => {
    const rule = fc.oneof(
      fc.record({ projects, deny: fc.constantFrom('no', false as const) }),
      fc.record({ projects, yanked: fc.constantFrom('keep', 'hide') }),
      fc.record({ projects, deny: fc.constant('no'), yanked: fc.constant('hide') }),
    )
    fc.assert(
      fc.property(fc.array(rule, { maxLength: 12 }), (rules: WrittenRule[]) => {
        const dead = rules.filter((each, at) =>
          (['deny', 'yanked'] as const)
            .filter((setting) => each[setting] !== undefined)
            .every((setting) =>
              each.projects.every((inner) =>
                rules
                  .slice(0, at)
                  .some(
                    (before) =>
                      before[setting] !== undefined &&
                      before.projects.some((outer) => covers(parse(outer), parse(inner))),
                  ),
              ),
            ),
        )
        const lines = faultsOf(rules, ['corp']).map((fault) => Number(fault.split(':')[1]))
        expect(lines).toEqual(dead.map((each) => rules.indexOf(each) + 2))
      }),
    )
  })

  test('of rules for owned names is every one with a pattern that an owned one covers', () => {
    fc.assert(
      fc.property(fc.array(pattern, { minLength: 1, maxLength: 5 }), projects, (owns, asked) => {
        const isOwned = asked.some((inner) => owns.some((outer) => covers(parse(outer), parse(inner))))
        const faults = faultsOf([{ projects: asked, upstreams: ['pypi'] } as WrittenRule], owns)
        expect(faults.some((fault) => fault.includes('is owned by'))).toBe(isOwned)
      }),
    )
  })
})
