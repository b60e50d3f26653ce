/** The merge: pages of upstreams, facts and rules in; the page that is served and a verdict for each hidden file out. */
import type { ProjectFile, ProjectStatus } from '../simple/model.ts'
import type { ProjectName } from '../simple/name.ts'
import { canonicalVersion, sortVersions } from '../simple/version.ts'
import { combine } from './combine.ts'
import type { Part } from './decide.ts'
import type { KnownHashes } from './facts.ts'
import type { Plan } from './plan.ts'
import type { UpstreamPolicy } from './policy.ts'
import { hiddenByFiles } from './rules/files.ts'
import { hiddenOutsideFilesAt } from './rules/files-at.ts'
import { hiddenByKnownHashes } from './rules/known-hashes.ts'
import { hiddenByVersions } from './rules/versions.ts'
import { hiddenByYanked } from './rules/yanked.ts'
import type { HiddenFile, Verdict } from './verdict.ts'

/** What is served of a project. */
export interface MergedPage {
  readonly name: ProjectName
  /** Sorted by filename: the same inputs give the same bytes. */
  readonly files: readonly ProjectFile[]
  /** Those of the files that are served, as PEP 440 orders them. */
  readonly versions: readonly string[]
  readonly status?: ProjectStatus
}

export interface Merged {
  readonly page: MergedPage
  readonly hidden: readonly HiddenFile[]
}

/** Gives a reason to hide a file, or undefined to keep it. */
type Hides = (file: ProjectFile) => Verdict | undefined

/**
 * Pure. `parts` are the pages that were decided for, highest priority first, unfiltered: who owns a version or a filename is
 * decided on them, and only then do rules hide files, so that hiding never lets another upstream's file take the place.
 */
export function merge(
  plan: Extract<Plan, { kind: 'ask' }>,
  parts: readonly Part[],
  upstreams: ReadonlyMap<string, UpstreamPolicy>,
  known: KnownHashes,
): Merged {
  const { files, outranked } = combine(parts, plan.strategy)
  const hides = [
    hiddenByQuarantine(parts),
    hiddenOutsideFilesAt(upstreams),
    hiddenByKnownHashes(plan.project, known, upstreams),
    hiddenByVersions(plan.settings),
    hiddenByFiles(plan.settings),
    hiddenByYanked(plan.settings),
  ].filter((hide) => hide !== undefined)

  const served: ProjectFile[] = []
  const hidden: HiddenFile[] = [...outranked]
  for (const file of files) {
    const verdict = firstVerdict(hides, file)
    if (verdict === undefined) served.push(file)
    else hidden.push({ file, verdict })
  }
  served.sort(byFilename)
  hidden.sort((a, b) => byFilename(a.file, b.file))
  const status = statusOf(parts)
  return {
    page: { name: plan.project, files: served, versions: versionsOf(served, parts), ...(status && { status }) },
    hidden,
  }
}

/** The page of a denied project: no files and the reason, which clients show where a 403 would make them ask for passwords. */
export function deniedPage(name: ProjectName, reason: string): MergedPage {
  return { name, files: [], versions: [], status: { status: 'quarantined', reason } }
}

function firstVerdict(hides: readonly Hides[], file: ProjectFile): Verdict | undefined {
  for (const hide of hides) {
    const verdict = hide(file)
    if (verdict !== undefined) return verdict
  }
  return undefined
}

/** Quarantine at any upstream that takes part withholds the project (PEP 792). */
function hiddenByQuarantine(parts: readonly Part[]): Hides | undefined {
  const upstream = quarantiner(parts)?.upstream
  return upstream === undefined ? undefined : () => ({ kind: 'quarantined', upstream })
}

function quarantiner(parts: readonly Part[]): Part | undefined {
  return parts.find(({ page }) => page.status?.status === 'quarantined')
}

function statusOf(parts: readonly Part[]): ProjectStatus | undefined {
  return (quarantiner(parts) ?? parts[0])?.page.status
}

/** Versions are read from filenames; where an upstream spells one otherwise and PEP 440 calls both equal, its spelling is shown. */
function versionsOf(files: readonly ProjectFile[], parts: readonly Part[]): string[] {
  const spellings = new Map<string, Map<string, string[]>>()
  for (const { upstream, page } of parts) {
    const ofUpstream = new Map<string, string[]>()
    for (const version of page.versions) {
      const canonical = canonicalVersion(version)
      ofUpstream.set(canonical, [...(ofUpstream.get(canonical) ?? []), version])
    }
    spellings.set(upstream, ofUpstream)
  }
  const seen = new Set<string>()
  const versions: string[] = []
  for (const { upstream, version } of files) {
    if (seen.has(`${upstream} ${version}`)) continue
    seen.add(`${upstream} ${version}`)
    versions.push(...(spellings.get(upstream)?.get(canonicalVersion(version)) ?? [version]))
  }
  return sortVersions(versions)
}

function byFilename(a: { readonly filename: string }, b: { readonly filename: string }): number {
  return a.filename < b.filename ? -1 : a.filename > b.filename ? 1 : 0
}
