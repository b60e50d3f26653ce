/** Which rule decides which setting of a project: the first that matches and names it. */
import type { ProjectName } from '../simple/name.ts'
import { type FirstRules, type SettingName, firstRules } from './first-rules.ts'
import type { IndexPolicy, Rule } from './policy.ts'

/** A setting's value, and the rule that named it; without a rule it is the default. */
export interface Setting<T> {
  readonly value: T
  readonly rule?: Rule
}

/** All settings of one project in one index. */
export interface Settings {
  readonly upstreams: Setting<readonly string[]>
  readonly strategy: Setting<NonNullable<Rule['strategy']>>
  readonly deny: Setting<string | false>
  readonly versions: Setting<Rule['versions'] | undefined>
  readonly files: Setting<Rule['files'] | undefined>
  readonly yanked: Setting<NonNullable<Rule['yanked']>>
  /** In ms; undefined: each upstream's own. */
  readonly cooldown: Setting<number | undefined>
  /** ms since the epoch. */
  readonly excludeNewer: Setting<number | undefined>
}

/** For each setting, the first rule that matches the project and names the setting decides; else its default stands. */
export function settingsFor(index: IndexPolicy, project: ProjectName): Settings {
  const first = firstRulesOf(index)(project)
  function setting<N extends SettingName, D>(name: N, fallback: D): Setting<NonNullable<Rule[N]> | D> {
    const rule = first[name]
    const value = rule?.[name]
    return rule === undefined || value === undefined ? { value: fallback } : { value, rule }
  }
  return {
    upstreams: setting('upstreams', index.upstreams),
    strategy: setting('strategy', 'first-index'),
    deny: setting('deny', false),
    versions: setting('versions', undefined),
    files: setting('files', undefined),
    yanked: setting('yanked', 'keep'),
    cooldown: setting('cooldown', undefined),
    excludeNewer: setting('excludeNewer', undefined),
  }
}

/** Made once for an index, which never changes: a reload brings new ones. */
const made = new WeakMap<IndexPolicy, (name: string) => FirstRules>()

function firstRulesOf(index: IndexPolicy): (name: string) => FirstRules {
  const before = made.get(index)
  if (before !== undefined) return before
  const first = firstRules(index.rules)
  made.set(index, first)
  return first
}
