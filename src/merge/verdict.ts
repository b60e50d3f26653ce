/** Why a file is hidden: kept for every hidden file, from the moment in which it is decided. */
import type { ProjectFile } from '../simple/model.ts'
import { sayDuration } from '../simple/duration.ts'
import { sha256Of } from '../simple/hashes.ts'
import { sayInstant } from '../simple/instant.ts'
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
  /** It has not been there for long enough. `since` and `until` in ms since the epoch; without a `place` its upstream's cooldown says so. */
  | {
      readonly kind: 'cooldown'
      readonly cooldownMs: number
      readonly since: number
      readonly until: number
      /** Otherwise the file does not say its age, and it was first seen then. */
      readonly isUploadTime: boolean
      readonly place: Place | undefined
    }
  /** It was not there before `than`, ms since the epoch, or does not say when it came. Without a `place` the view of that date says so. */
  | {
      readonly kind: 'newer'
      readonly than: number
      readonly uploadTime: string | undefined
      readonly place: Place | undefined
    }
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
    case 'rule':
      return `${who} is hidden by the rule ${verdict.setting}: ${verdict.wanted}${where(verdict.place)}`
    case 'cooldown': {
      const { cooldownMs, since, until, isUploadTime, place } = verdict
      const by = place === undefined ? `the cooldown of upstream ${file.upstream}` : `a cooldown${where(place)}`
      const came = `${isUploadTime ? 'uploaded' : 'first seen'} ${sayInstant(since)}`
      return `${who} is hidden until ${sayInstant(until)} by ${by}, ${sayDuration(cooldownMs)}: it was ${came}`
    }
    case 'newer': {
      const { than, uploadTime, place } = verdict
      const by = place === undefined ? 'this view' : `the rule excludeNewer${where(place)}`
      const came = uploadTime === undefined ? 'it does not say when it was uploaded' : `it was uploaded ${uploadTime}`
      return `${who} is hidden by ${by}, which shows what was there before ${sayInstant(than)}: ${came}`
    }
    case 'outside-files-at':
      return `${who} is hidden because it lies at ${verdict.origin}, outside the upstream's "filesAt": add "${verdict.origin}/" there if its files may come from that host`
    case 'changed':
      return `${who} is withheld because its hash has changed since it was delivered: it was sha256 ${verdict.known.join(', ')} and is ${sha256Of(file) ?? 'not given'} now; if that is right, "unidex accept ${file.filename}" lets it through`
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

function where(place: Place | undefined): string {
  return place === undefined ? '' : ` (${place.file}:${place.line})`
}
