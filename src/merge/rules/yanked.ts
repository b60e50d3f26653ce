/** `yanked: hide`: yanked files are hidden (PEP 592 lets an index leave them out). */
import type { ProjectFile } from '../../simple/model.ts'
import type { Settings } from '../settings.ts'
import type { Verdict } from '../verdict.ts'

export function hiddenByYanked({ yanked }: Settings): ((file: ProjectFile) => Verdict | undefined) | undefined {
  if (yanked.value === 'keep') return undefined
  return (file) =>
    file.yanked === undefined
      ? undefined
      : { kind: 'rule', setting: 'yanked', wanted: yanked.value, place: yanked.rule?.place }
}
