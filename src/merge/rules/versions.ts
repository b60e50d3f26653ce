/** `versions`: files of other versions are hidden. */
import type { ProjectFile } from '../../simple/model.ts'
import type { Settings } from '../settings.ts'
import type { Verdict } from '../verdict.ts'

export function hiddenByVersions({ versions }: Settings): ((file: ProjectFile) => Verdict | undefined) | undefined {
  const { value: specifier, rule } = versions
  if (specifier === undefined) return undefined
  // A page has several files of each version.
  const known = new Map<string, boolean>()
  return ({ version }) => {
    const included = known.get(version) ?? specifier.includes(version)
    known.set(version, included)
    return included ? undefined : { kind: 'rule', setting: 'versions', wanted: specifier.text, place: rule?.place }
  }
}
