/** Rules that can never matter, since earlier ones decide all that they say; whoever wrote them believes something else. */
import { SETTINGS, firstRules } from '../merge/first-rules.ts'
import type { IndexPolicy } from '../merge/policy.ts'
import type { Draft } from './draft.ts'
import { type Fault, all, quote } from './fault.ts'

/** Rules without a setting, and rules each of whose settings is decided for all of its names by one before it. */
export function deadRuleRefusals({ holdsFault }: Draft, index: IndexPolicy): Fault[] {
  // What is wrong in a rule was said already, and what it would decide is not known.
  const rules = index.rules.filter((_, at) => !holdsFault(['indexes', index.name, 'rules', at]))
  const first = firstRules(rules)
  return rules.flatMap((rule): Fault[] => {
    const named = SETTINGS.filter((setting) => rule[setting] !== undefined)
    const { place } = rule
    if (named.length === 0)
      return [{ place, wrong: 'this rule says nothing', right: `add one of ${all(SETTINGS.map(quote))}` }]
    const deciders = rule.projects.map(({ text }) => first(text))
    if (deciders.some((decider) => named.some((setting) => decider[setting] === rule))) return []
    const lines = named.map((setting) => {
      const places = new Set(deciders.flatMap((decider) => decider[setting]?.place.line ?? []))
      return `${quote(setting)} (line ${all([...places].map(String))})`
    })
    const wrong = `this rule can never matter: for all its names, rules before it decide ${all(lines)}`
    return [{ place, wrong, right: 'put it before them, or delete it' }]
  })
}
