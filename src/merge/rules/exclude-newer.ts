/** `excludeNewer`, and views of a date: the index as it stood then, as pip and uv understand "uploaded prior to". */
import type { ProjectFile } from '../../simple/model.ts'
import type { Settings } from '../settings.ts'
import type { Verdict } from '../verdict.ts'

/** `asOf`: the moment of the view, ms since the epoch; undefined: now. Of a view and a rule, the earlier moment counts. */
export function hiddenByExcludeNewer(
  { excludeNewer }: Settings,
  asOf: number | undefined,
): ((file: ProjectFile) => Verdict | undefined) | undefined {
  const byRule = excludeNewer.value ?? Infinity
  const than = Math.min(byRule, asOf ?? Infinity)
  if (than === Infinity) return undefined
  const place = byRule <= than ? excludeNewer.rule?.place : undefined
  return ({ uploadTime }) =>
    uploadTime !== undefined && Date.parse(uploadTime) < than ? undefined : { kind: 'newer', than, uploadTime, place }
}
