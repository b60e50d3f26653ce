/** Which rule decides which setting of a project: the first that matches and names it. */
import type { ProjectName } from '../simple/name.ts'
import type { IndexPolicy, Rule } from './policy.ts'

/** The settings that a rule can name. */
export type SettingName = 'upstreams' | 'strategy' | 'deny' | 'versions' | 'files' | 'yanked'

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
}

/** For each setting, the first rule that matches the project and names the setting decides; else its default stands. */
export function settingsFor(index: IndexPolicy, project: ProjectName): Settings {
  const matching = index.rules.filter((rule) => rule.projects.some((pattern) => pattern.matches(project)))
  function setting<N extends SettingName, D>(name: N, fallback: D): Setting<NonNullable<Rule[N]> | D> {
    for (const rule of matching) {
      const value = rule[name]
      if (value !== undefined) return { value, rule }
    }
    return { value: fallback }
  }
  return {
    upstreams: setting('upstreams', index.upstreams),
    strategy: setting('strategy', 'first-index'),
    deny: setting('deny', false),
    versions: setting('versions', undefined),
    files: setting('files', undefined),
    yanked: setting('yanked', 'keep'),
  }
}
