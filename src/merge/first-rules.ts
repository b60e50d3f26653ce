/** Of each setting, the first rule that names it for a project: found without a walk over all rules. */
import { patternIndex } from './pattern-index.ts'
import type { Rule } from './policy.ts'

/** The settings that a rule can name. */
export const SETTINGS = [
  'upstreams',
  'strategy',
  'deny',
  'versions',
  'files',
  'yanked',
  'cooldown',
  'excludeNewer',
] as const

export type SettingName = (typeof SETTINGS)[number]

/** The first rule of each setting; absent where no rule names it. */
export type FirstRules = Readonly<Partial<Record<SettingName, Rule>>>

/** `rules`: the highest priority first. What comes back takes a name and compares it with few patterns, however many there are. */
export function firstRules(rules: readonly Rule[]): (name: string) => FirstRules {
  /** By the text of a pattern: of all rules that have it, the position of the first that names each of `SETTINGS`. */
  const byText = new Map<string, number[]>()
  for (const [at, rule] of rules.entries()) {
    const named = SETTINGS.map((setting) => rule[setting] !== undefined)
    for (const { text } of rule.projects) {
      const firsts = byText.get(text)
      if (firsts === undefined)
        byText.set(
          text,
          named.map((isNamed) => (isNamed ? at : Infinity)),
        )
      else for (const [i, isNamed] of named.entries()) if (isNamed && firsts[i] === Infinity) firsts[i] = at
    }
  }
  const matching = patternIndex(byText)
  return (name) => {
    const found = matching(name)
    const first: Partial<Record<SettingName, Rule>> = {}
    for (const [i, setting] of SETTINGS.entries()) {
      let least = Infinity
      for (const firsts of found) least = Math.min(least, firsts[i] ?? Infinity)
      const rule = rules[least]
      if (rule !== undefined) first[setting] = rule
    }
    return first
  }
}
