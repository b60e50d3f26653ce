/** `files`: files whose names no glob includes, or one excludes, are hidden. */
import type { ProjectFile } from '../../simple/model.ts'
import type { Settings } from '../settings.ts'
import type { Verdict } from '../verdict.ts'

export function hiddenByFiles({ files }: Settings): ((file: ProjectFile) => Verdict | undefined) | undefined {
  const { value: globs, rule } = files
  if (globs === undefined) return undefined
  return ({ filename }) =>
    globs.includes(filename)
      ? undefined
      : { kind: 'rule', setting: 'files', wanted: globs.texts.join(' '), place: rule?.place }
}
