/** Whether a project, one version or one file of it is served; where it is not: why, and what would have to change. */
import { atOnce } from '../pace/steps.ts'
import { canonicalVersion, isVersion, parseVersionSpecifier, sortVersions } from '../simple/version.ts'
import type { ExplainedFile, ExplainedUpstream, Explanation } from './explanation.ts'
import { changeOf, changeOfFailure, changeOfOwner, ruleFor } from './remedy.ts'

/** What of the project is asked about; without both: all of it. */
export interface Wanted {
  /** As in `PROJECT==VERSION`: without a local part it means the versions with one as well (PEP 440). */
  readonly version?: string
  readonly filename?: string
}

export interface Finding {
  /** At least one file of what is wanted. */
  readonly served: boolean
  /** In one sentence. */
  readonly summary: string
  /** The newest version that is served of the project, a pre-release only where there is nothing else. */
  readonly newest?: Newest
  /** Why what is wanted is hidden, as a whole or in part, or not there at all. */
  readonly reasons: readonly Reason[]
}

export interface Newest {
  readonly version: string
  readonly upstreams: readonly string[]
  /** Why clients take it, where that may surprise. */
  readonly why?: string
}

export interface Reason {
  readonly why: string
  /** What would let it through. */
  readonly change?: string
  /** When it ends by itself, ms since the epoch. */
  readonly until?: number
  /** Those that are hidden for it. */
  readonly files?: readonly string[]
}

/** An answer that is older than this, in ms, may be worth asking for again. */
const WORTH_ASKING_AGAIN_MS = 2000

/** Pure. `now` in ms since the epoch. */
export function findIn(explanation: Explanation, wanted: Wanted, now: number): Finding {
  const matching = explanation.files.filter(isWanted(wanted))
  const served = matching.filter((file) => file.served)
  const newest = newestOf(explanation.files)
  return {
    served: served.length > 0,
    summary: summaryOf(explanation, wanted, served, matching.length - served.length),
    ...(newest && { newest }),
    reasons:
      explanation.outcome !== 'served'
        ? whyNoPage(explanation, now)
        : matching.length === 0
          ? whyNotListed(explanation, wanted, now)
          : whyHidden(explanation, matching),
  }
}

/** Whether a file is what was asked about. */
export function isWanted({ version, filename }: Wanted): (file: ExplainedFile) => boolean {
  if (filename !== undefined) return (file) => file.filename === filename
  if (version === undefined) return () => true
  const exactly = parseVersionSpecifier(`==${version}`)
  const canonical = canonicalVersion(version)
  const known = new Map<string, boolean>()
  return (file) => {
    let isMeant = known.get(file.version)
    if (isMeant === undefined) {
      isMeant = exactly?.includes(file.version) === true || canonicalVersion(file.version) === canonical
      known.set(file.version, isMeant)
    }
    return isMeant
  }
}

function sayWanted(project: string, { version, filename }: Wanted): string {
  return filename ?? (version === undefined ? project : `${project} ${version}`)
}

function summaryOf(explanation: Explanation, wanted: Wanted, served: readonly ExplainedFile[], hidden: number): string {
  const what = sayWanted(explanation.project, wanted)
  if (served.length === 0) {
    if (hidden > 0 && wanted.filename === undefined)
      return `${what} is not served: ${hidden === 1 ? 'its only file is' : `its ${sayCount(hidden)} are`} hidden`
    return wanted.filename === undefined && wanted.version === undefined && explanation.outcome !== 'served'
      ? explanation.summary
      : `${what} is not served`
  }
  const from = [...new Set(served.map(({ upstream }) => upstream))].join(' and ')
  if (wanted.filename !== undefined) return `${what} is served from ${from}`
  const andHidden = hidden === 0 ? '' : `; ${sayCount(hidden)} ${hidden === 1 ? 'is' : 'are'} hidden`
  return `${what} is served with ${sayCount(served.length)} from ${from}${andHidden}`
}

function newestOf(files: readonly ExplainedFile[]): Newest | undefined {
  const byVersion = new Map<string, Set<string>>()
  for (const { version, upstream, served } of files) {
    if (served) byVersion.set(version, (byVersion.get(version) ?? new Set()).add(upstream))
  }
  const version = newestVersion(byVersion.keys())
  if (version === undefined) return undefined
  const upstreams = [...(byVersion.get(version) ?? [])]
  const [release] = version.split('+')
  const others = release === version ? undefined : byVersion.get(release ?? '')
  if (others === undefined) return { version, upstreams }
  const why = `clients take ${version} for newer than ${release} of ${[...others].join(' and ')}, since it has a local part behind "+" (PEP 440)`
  return { version, upstreams, why }
}

/** A pre-release only where there is nothing else. */
function newestVersion(versions: Iterable<string>): string | undefined {
  const known = atOnce(sortVersions([...versions].filter(isVersion)))
  return known.findLast((version) => !isPrerelease(version)) ?? known.at(-1)
}

function isPrerelease(version: string): boolean {
  const [release = ''] = canonicalVersion(version).split('+')
  return /(?:a|b|rc|dev)\d/.test(release)
}

function whyNoPage(explanation: Explanation, now: number): Reason[] {
  const { project, owner, outcome, settings, summary, index, upstreams } = explanation
  if (outcome === 'denied') {
    const place = settings.find(({ setting }) => setting === 'deny')?.place
    const at = place === undefined ? '' : ` (${place.file}:${place.line})`
    return [
      { why: `${summary}${at}`, change: `Change that rule, or put ${ruleFor(project, '"deny": false')} before it` },
    ]
  }
  if (outcome === 'failed') {
    const why = `While it cannot say, ${project} is not taken from elsewhere: that could be somebody else's package`
    return [{ why, change: changeOfFailure(explanation) }]
  }
  if (owner === undefined) return upstreams.map((upstream) => ofUpstream(upstream, explanation, {}, now))
  const others = upstreams.flatMap((each) =>
    each.upstream === owner.upstream ? [] : [{ why: `${each.upstream} was ${each.why}` }],
  )
  const own = upstreams.find(({ upstream }) => upstream === owner.upstream)
  if (own === undefined) {
    const change = `Add "${owner.upstream}" to "upstreams" of index "${index}"${owner.by === 'pattern' ? '' : `; or, if the name is not its own any more: unidex forget ${project}`}`
    return [{ why: `${owner.why}; index "${index}" does not have that upstream`, change }, ...others]
  }
  return [{ why: owner.why, change: changeOfOwner(owner, project) }, { why: `${own.upstream} ${own.why}` }, ...others]
}

function whyNotListed(explanation: Explanation, wanted: Wanted, now: number): Reason[] {
  return explanation.upstreams.map((upstream) => ofUpstream(upstream, explanation, wanted, now))
}

/** What one upstream has to do with it that something is not there. */
function ofUpstream(said: ExplainedUpstream, explanation: Explanation, wanted: Wanted, now: number): Reason {
  const { project, owner } = explanation
  const { upstream, why, checkedAt } = said
  const isOld = checkedAt !== undefined && now - checkedAt > WORTH_ASKING_AGAIN_MS
  const again = isOld ? { change: `If it is there by now: unidex refresh ${project}` } : {}
  switch (said.said) {
    case 'page': {
      const lacks = sayLack(said, explanation, wanted)
      return { why: `${upstream} ${why}${lacks}`, ...again }
    }
    case 'not-asked':
    case 'not-needed': {
      const asked = explanation.upstreams.filter((each) => each.said === 'page')
      // To share a name with a private upstream takes more thought than a line to copy.
      const mayShare = owner === undefined && ![...asked, said].some((each) => each.private)
      const route = [...asked, said].map((each) => `"${each.upstream}"`).join(', ')
      const rule = ruleFor(project, `"upstreams": [${route}], "strategy": "by-version"`)
      return {
        why: `${upstream} was ${why}`,
        ...(mayShare && {
          change: `To have its versions too: ${rule} as the first rule of index "${explanation.index}"`,
        }),
      }
    }
    case 'absent':
    case 'listed-absent':
    case 'failed':
      return { why: `${upstream} ${why}`, ...again }
    default:
      return said.said satisfies never
  }
}

function sayLack({ upstream, dropped = [] }: ExplainedUpstream, { files }: Explanation, wanted: Wanted): string {
  const { version, filename } = wanted
  const searched = filename ?? (version === undefined ? undefined : `-${version}`)
  if (searched === undefined) return ''
  const unread = dropped.find(({ what }) => what.includes(searched))
  if (unread !== undefined) return `, and could not use "${unread.what}": ${unread.why}`
  const newest = newestVersion(files.filter((file) => file.upstream === upstream).map((file) => file.version))
  const andNewest = newest === undefined ? '' : `; the newest version there is ${newest}`
  return `, but not ${filename === undefined ? `version ${version}` : 'that one'}${andNewest}`
}

/** Files that are hidden for the same reason, together; first the reason of the newest. */
function whyHidden({ project, index }: Explanation, files: readonly ExplainedFile[]): Reason[] {
  const groups = new Map<string, ExplainedFile[]>()
  const versions = atOnce(sortVersions(files.map(({ version }) => version)))
  const age = new Map(versions.toReversed().map((version, at) => [version, at]))
  const newestFirst = files.toSorted((a, b) => (age.get(a.version) ?? 0) - (age.get(b.version) ?? 0))
  for (const file of newestFirst) {
    if (file.verdict === undefined) continue
    const { kind } = file.verdict
    const place = 'place' in file.verdict ? file.verdict.place : undefined
    const by = 'by' in file.verdict ? [file.verdict.by, file.verdict.conflict] : []
    const setting = 'setting' in file.verdict ? file.verdict.setting : ''
    const key = JSON.stringify([kind, file.upstream, place?.line, setting, ...by])
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [file])
    else group.push(file)
  }
  return [...groups.values()].flatMap((group) => {
    const [first] = group
    if (first?.verdict === undefined) return []
    const untils = group.flatMap(({ verdict }) => (verdict?.kind === 'cooldown' ? [verdict.until] : []))
    const more = group.length - 1
    const change = changeOf(first, project, index)
    return [
      {
        why: `${first.reason ?? ''}${more === 0 ? '' : `; likewise ${sayCount(more).replace(/^(\S+)/, '$1 more')}`}`,
        ...(change !== undefined && { change }),
        ...(untils.length > 0 && { until: Math.max(...untils) }),
        files: group.map(({ filename }) => filename),
      },
    ]
  })
}

function sayCount(files: number): string {
  return `${files.toLocaleString('en')} ${files === 1 ? 'file' : 'files'}`
}
