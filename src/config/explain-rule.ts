/** What rules and lists of upstreams mean, as sentences. */
import type { Rule, Strategy, UpstreamPolicy } from '../merge/policy.ts'
import { sayDuration } from '../simple/duration.ts'
import { sayInstant } from '../simple/instant.ts'
import { all, quote } from './fault.ts'

/** Who is asked, in an index whose strategy is `first-index`. */
export function explainRoute(route: readonly string[], upstreams: ReadonlyMap<string, UpstreamPolicy>): string {
  if (route.length === 1) return `Asks ${route[0]} alone.`
  return `Asks ${inOrder(route, upstreams)}. ${HOW['first-index']}`
}

const HOW: Readonly<Record<Strategy, string>> = {
  'first-index': 'The first of them, in this order, that has a project answers alone.',
  'by-version': 'Each version comes whole from the first of them that has it.',
  'by-file': 'All their files are served; each from the first of them that has it.',
}

/** The rule with its line. */
export function explainRule(rule: Rule, upstreams: ReadonlyMap<string, UpstreamPolicy>): string {
  const names =
    rule.projects.length === 1 && rule.projects[0]?.text === '*'
      ? 'all projects'
      : all(rule.projects.map(({ text }) => text))
  return `Line ${rule.place.line}, ${names}: ${meaningOf(rule, upstreams).join(' ')}`
}

function meaningOf(rule: Rule, upstreams: ReadonlyMap<string, UpstreamPolicy>): string[] {
  const { upstreams: route, strategy, deny, versions, files, yanked, cooldown, excludeNewer } = rule
  // With a strategy that shares, everybody is asked at once.
  const asked = route && (strategy === undefined || strategy === 'first-index' ? inOrder(route, upstreams) : all(route))
  const sentences: (string | false | undefined)[] = [
    asked !== undefined && (route?.length === 1 ? `Asks ${asked} alone.` : `Asks ${asked}.`),
    strategy && HOW[strategy],
    typeof deny === 'string' && `Withheld, with the reason ${quote(deny)}.`,
    deny === false && 'Not withheld, whatever later rules say.',
    versions && `Only versions ${versions.text} are served.`,
    files && `Only files that fit ${all(files.texts)} are served.`,
    yanked === 'hide' && 'Yanked files are hidden.',
    yanked === 'keep' && 'Yanked files are kept.',
    cooldown === 0 && 'Files are shown however young they are.',
    cooldown !== undefined && cooldown > 0 && `Files younger than ${sayDuration(cooldown)} are hidden.`,
    excludeNewer !== undefined && `Only files that were there before ${sayInstant(excludeNewer)} are shown.`,
  ]
  return sentences.filter((sentence) => typeof sentence === 'string')
}

/** Behind a private upstream the others wait until it has said that it does not have the name. */
function inOrder(route: readonly string[], upstreams: ReadonlyMap<string, UpstreamPolicy>): string {
  const waves: string[][] = [[]]
  for (const name of route) {
    waves.at(-1)?.push(name)
    if (upstreams.get(name)?.private) waves.push([])
  }
  const said = waves.filter((wave) => wave.length > 0).map((wave) => `${all(wave)}${wave.length > 1 ? ' at once' : ''}`)
  return said.join('; then, if a project is not there, ')
}
