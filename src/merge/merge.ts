/** The merge: pages of upstreams, facts and rules in; the page that is served and a verdict for each hidden file out. */
import { batches } from '../pace/batches.ts'
import { sorted } from '../pace/sorted.ts'
import type { Steps } from '../pace/steps.ts'
import type { ProjectFile, ProjectStatus } from '../simple/model.ts'
import type { ProjectName } from '../simple/name.ts'
import { type CanonicalVersion, canonicalVersions, sortVersions } from '../simple/version.ts'
import { combine } from './combine.ts'
import type { Part } from './decide.ts'
import type { FirstSeen, KnownHashes, Learned } from './facts.ts'
import { firstSeenTimes } from './first-seen-times.ts'
import { withLearned } from './learned.ts'
import type { Plan } from './plan.ts'
import type { UpstreamPolicy } from './policy.ts'
import { hiddenByCooldown } from './rules/cooldown.ts'
import { hiddenByExcludeNewer } from './rules/exclude-newer.ts'
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
  /** Until then time alone changes nothing in it, ms since the epoch. */
  readonly until: number
}

/** What the merge must know beside pages and rules. */
export interface MergeFacts {
  readonly known: KnownHashes
  readonly firstSeen: FirstSeen
  readonly learned: Learned
  /** ms since the epoch. */
  readonly now: number
  /** The moment of a view: what came later is not in it. */
  readonly asOf?: number
}

/** Gives a reason to hide a file, or undefined to keep it. */
type Hides = (file: ProjectFile) => Verdict | undefined

/**
 * Pure. `listed` are the pages that were decided for, highest priority first, unfiltered: who owns a version or a filename is
 * decided on them, and only then do rules hide files, so that hiding never lets another upstream's file take the place.
 */
export function* merge(
  plan: Extract<Plan, { kind: 'ask' }>,
  listed: readonly Part[],
  upstreams: ReadonlyMap<string, UpstreamPolicy>,
  { known, firstSeen, learned, now, asOf }: MergeFacts,
): Steps<Merged> {
  const canonical = canonicalVersions()
  const parts = yield* withLearned(plan.project, listed, { learned, upstreams })
  const { files, outranked } = yield* combine(parts, { strategy: plan.strategy, canonical, upstreams })
  const timed = firstSeenTimes(plan.project, firstSeen, upstreams)
  const hides = [
    hiddenByQuarantine(parts),
    hiddenOutsideFilesAt(upstreams),
    hiddenByKnownHashes(plan.project, known, upstreams),
    hiddenByVersions(plan.settings),
    hiddenByFiles(plan.settings),
    hiddenByYanked(plan.settings),
    // Last, so that the merge is made anew only where time alone keeps a file from being shown.
    hiddenByExcludeNewer(plan.settings, asOf),
    hiddenByCooldown(plan, upstreams, { now, firstSeen }),
  ].filter((hide) => hide !== undefined)

  const served: ProjectFile[] = []
  const hidden: HiddenFile[] = [...outranked]
  let until = Infinity
  for (const batch of batches(files)) {
    for (const file of batch) {
      const verdict = firstVerdict(hides, file)
      if (verdict === undefined) served.push(timed(file))
      else hidden.push({ file, verdict })
      if (verdict?.kind === 'cooldown') until = Math.min(until, verdict.until)
    }
    yield
  }
  const status = statusOf(parts)
  return {
    page: {
      name: plan.project,
      files: yield* sorted(served, byFilename),
      versions: yield* versionsOf(served, parts, canonical),
      ...(status && { status }),
    },
    hidden: yield* sorted(hidden, (a, b) => byFilename(a.file, b.file)),
    until,
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
function* versionsOf(
  files: readonly ProjectFile[],
  parts: readonly Part[],
  canonical: CanonicalVersion,
): Steps<string[]> {
  const versions: string[] = []
  const ofUpstreams = new Map<string, OfUpstream>()
  for (const { upstream, page } of parts) {
    const spellings = new Map<string, string[]>()
    for (const batch of batches(page.versions)) {
      for (const version of batch) {
        const spelled = spellings.get(canonical(version))
        if (spelled === undefined) spellings.set(canonical(version), [version])
        else spelled.push(version)
      }
      yield
    }
    ofUpstreams.set(upstream, { spellings, seen: new Set() })
  }
  for (const batch of batches(files)) {
    for (const { upstream, version } of batch) {
      const said = ofUpstreams.get(upstream)
      if (said?.seen.has(version)) continue
      said?.seen.add(version)
      versions.push(...(said?.spellings.get(canonical(version)) ?? [version]))
    }
    yield
  }
  return yield* sortVersions(versions)
}

interface OfUpstream {
  /** By what PEP 440 calls equal. */
  readonly spellings: ReadonlyMap<string, readonly string[]>
  /** As filenames spell them. */
  readonly seen: Set<string>
}

function byFilename(a: { readonly filename: string }, b: { readonly filename: string }): number {
  return a.filename < b.filename ? -1 : a.filename > b.filename ? 1 : 0
}
