/** Why a file is hidden: kept for every hidden file, from the moment in which it is decided. */
import type { ProjectFile } from '../simple/model.ts'
import type { Place } from './policy.ts'

export type Verdict =
  /** A setting of a rule. `wanted` is what the setting asks for. */
  | {
      readonly kind: 'rule'
      readonly setting: 'versions' | 'files' | 'yanked'
      readonly wanted: string
      readonly place: Place | undefined
    }
  /** Its URL lies below none of the upstream's `filesAt`. */
  | { readonly kind: 'outside-files-at'; readonly origin: string }
  /** It was delivered with another hash, or with one where there is none now. */
  | { readonly kind: 'changed'; readonly known: readonly string[] }
  /** The project is quarantined by an upstream. */
  | { readonly kind: 'quarantined'; readonly upstream: string }
  /** A higher upstream has the version, or the file. `conflict`: with another content. */
  | { readonly kind: 'outranked'; readonly by: string; readonly conflict: boolean }

export interface HiddenFile {
  readonly file: ProjectFile
  readonly verdict: Verdict
}

/** The verdict as one sentence, for responses, logs and pages. */
export function sayVerdict({ file, verdict }: HiddenFile): string {
  const who = `${file.filename} of upstream ${file.upstream}`
  switch (verdict.kind) {
    case 'rule': {
      const where = verdict.place === undefined ? '' : ` (${verdict.place.file}:${verdict.place.line})`
      return `${who} is hidden by the rule ${verdict.setting}: ${verdict.wanted}${where}`
    }
    case 'outside-files-at':
      return `${who} is hidden because it lies at ${verdict.origin}, outside the upstream's "filesAt": add "${verdict.origin}/" there if its files may come from that host`
    case 'changed':
      return `${who} is withheld because its hash has changed since it was delivered: it was sha256 ${verdict.known.join(', ')} and is ${file.hashes.sha256 ?? 'not given'} now; if that is right, "unidex accept ${file.filename}" lets it through`
    case 'quarantined':
      return `${who} is withheld because ${verdict.upstream} has quarantined the project`
    case 'outranked':
      return verdict.conflict
        ? `${who} is hidden because ${verdict.by}, of higher priority, has other content under that name`
        : `${who} is hidden because ${verdict.by}, of higher priority, has that version or file`
    default:
      return verdict satisfies never
  }
}
