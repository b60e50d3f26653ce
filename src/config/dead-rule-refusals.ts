/** Rules that can never matter, since earlier ones decide all that they say; whoever wrote them believes something else. */
import { type NamePattern, covers } from '../merge/name-pattern.ts'
import type { IndexPolicy, Rule } from '../merge/policy.ts'
import { SETTINGS, type SettingName } from '../merge/first-rules.ts'
import type { Draft } from './draft.ts'
import { type Fault, all, quote } from './fault.ts'

/** The settings that a rule names. */
export function settingsOf(rule: Rule): SettingName[] {
  return SETTINGS.filter((setting) => rule[setting] !== undefined)
}

/** The patterns by which earlier rules decide one setting. */
interface Decided {
  readonly literals: Map<string, Rule>
  readonly globs: { readonly pattern: NamePattern; readonly rule: Rule }[]
}

/** Rules without a setting, and rules each of whose settings is decided for all of its names by one before it. */
export function deadRuleRefusals(draft: Draft, index: IndexPolicy): Fault[] {
  const decided = new Map<SettingName, Decided>(
    SETTINGS.map((setting) => [setting, { literals: new Map(), globs: [] }]),
  )
  return [...index.rules.entries()].flatMap(([at, rule]) => {
    // What is wrong in a rule was said already, and what it would decide is not known.
    if (draft.holdsFault(['indexes', index.name, 'rules', at])) return []
    const named = settingsOf(rule)
    if (named.length === 0) {
      return [
        {
          place: rule.place,
          wrong: 'this rule says nothing',
          right: `add one of ${all(SETTINGS.map(quote))}`,
        },
      ]
    }
    const deciders = named.map((setting) => rule.projects.map((pattern) => decider(decided.get(setting), pattern)))
    for (const setting of named) add(decided.get(setting), rule)
    if (deciders.flat().includes(undefined)) return []
    const lines = named.map((setting, at) => {
      const places = new Set(deciders[at]?.flatMap((each) => (each === undefined ? [] : [each.place.line])))
      return `${quote(setting)} (line ${all([...places].map(String))})`
    })
    const wrong = `this rule can never matter: for all its names, rules before it decide ${all(lines)}`
    return [{ place: rule.place, wrong, right: 'put it before them, or delete it' }]
  })
}

function decider(decided: Decided | undefined, pattern: NamePattern): Rule | undefined {
  return decided?.literals.get(pattern.text) ?? decided?.globs.find((each) => covers(each.pattern, pattern))?.rule
}

function add(decided: Decided | undefined, rule: Rule): void {
  for (const pattern of rule.projects) {
    if (!pattern.literal) decided?.globs.push({ pattern, rule })
    else if (!decided?.literals.has(pattern.text)) decided?.literals.set(pattern.text, rule)
  }
}
