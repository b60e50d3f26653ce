/** What would have to change, so that what is hidden or missing is served: in words that can be copied. */
import { sayInstant } from '../simple/instant.ts'
import type { ExplainedFile, ExplainedOwner, Explanation } from './explanation.ts'

/** Where the owner does not have the name. */
export function changeOfOwner({ upstream, by }: ExplainedOwner, project: string): string {
  const publish = `Publish it at ${upstream}`
  switch (by) {
    case 'pattern':
      return `${publish}; or take it out of "owns" of "${upstream}": then others are asked, and anybody may have taken the name there`
    case 'list':
      return `${publish}; or take it off its list, and unidex forget ${project}: then others are asked, and anybody may have taken the name there`
    case 'memory':
      return `${publish}; or unidex forget ${project}: then others are asked, and anybody may have taken the name there`
    default:
      return by satisfies never
  }
}

/** Where an upstream that decides cannot say. */
export function changeOfFailure({ upstreams, mayHeal }: Pick<Explanation, 'upstreams' | 'mayHeal'>): string {
  const forwarding = upstreams.find(({ said, forwards }) => said === 'failed' && forwards)
  if (forwarding === undefined)
    return mayHeal
      ? 'It is served again as soon as that upstream answers'
      : 'It does not heal by itself: that upstream, or its entry in the rules, must be mended ("unidex check --online" asks it)'
  return `Have ${forwarding.upstream} say 404 for what it lacks (${HOW_NOT_TO_FORWARD}); or, if it is private, have it give its project list: what that lacks counts as absent, unless it is empty, as GitLab's is for whoever it does not know ("auth")`
}

/** In the words of the servers that do it unless they are told not to. */
export const HOW_NOT_TO_FORWARD =
  'GitLab: Settings > Packages and registries > Package forwarding; pypiserver: --disable-fallback'

/** undefined where the file is served. */
export function changeOf(
  { verdict, upstream, filename }: ExplainedFile,
  project: string,
  index: string,
): string | undefined {
  if (verdict === undefined) return undefined
  switch (verdict.kind) {
    case 'cooldown':
      return `To let it through before ${sayInstant(verdict.until)}: ${ruleFor(project, '"cooldown": "0d"')} ${before(verdict.place, index)}`
    case 'rule': {
      const everything = { versions: undefined, files: '"files": ["*"]', yanked: '"yanked": "keep"' }[verdict.setting]
      const there = `Change ${verdict.setting} at ${verdict.place?.file}:${verdict.place?.line}`
      return everything === undefined ? there : `${there}, or put ${ruleFor(project, everything)} before it`
    }
    case 'newer':
      return verdict.place === undefined
        ? 'Ask an index of a later date, or of now'
        : `Change excludeNewer at ${verdict.place.file}:${verdict.place.line}`
    case 'outside-files-at':
      return `Add "${verdict.origin}/" to "filesAt" of "${upstream}", if its files may come from there`
    case 'changed':
      return `If the file is right as it is now: unidex accept ${filename}`
    case 'quarantined':
      return `It is served again when ${verdict.upstream} ends the quarantine`
    case 'outranked':
      return verdict.conflict
        ? `Find out which of the two is right; the one whose upstream stands first in "upstreams" is served`
        : `Put "${upstream}" before "${verdict.by}" in "upstreams"`
    default:
      return verdict satisfies never
  }
}

function before(place: { readonly file: string; readonly line: number } | undefined, index: string): string {
  return place === undefined
    ? `as the first rule of index "${index}"`
    : `before the rule at ${place.file}:${place.line}`
}

/** A rule for one project, to be put before others. `settings` as they stand in JSON. */
export function ruleFor(project: string, settings: string): string {
  return `{ "projects": ["${project}"], ${settings} }`
}
