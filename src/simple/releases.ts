/** The files of a project by release, as the JSON API shows them, and which release stands for the project. */
import { batches } from '../pace/batches.ts'
import type { Steps } from '../pace/steps.ts'
import type { ProjectFile } from './model.ts'
import { packageTypeOf } from './package-type.ts'
import { canonicalVersion, canonicalVersions, maturityOf, normalizedVersion, sortVersions } from './version.ts'

/** One version of a project. */
export interface Release {
  /** As PEP 440 normalizes it; one that PEP 440 does not know, as its files spell it. */
  readonly version: string
  /** At least one; in the order of the page. */
  readonly files: readonly ProjectFile[]
}

/** All releases that `files` make, as PEP 440 orders them. What is no distribution, like `variants.json`, is in none. */
export function* releasesOf(files: readonly ProjectFile[]): Steps<Release[]> {
  const normalized = new Map<string, string>()
  const byVersion = new Map<string, ProjectFile[]>()
  for (const batch of batches(files)) {
    for (const file of batch) {
      if (packageTypeOf(file.filename) === undefined) continue
      let version = normalized.get(file.version)
      if (version === undefined) normalized.set(file.version, (version = normalizedVersion(file.version)))
      const others = byVersion.get(version)
      if (others === undefined) byVersion.set(version, [file])
      else others.push(file)
    }
    yield
  }
  const versions = yield* sortVersions(byVersion.keys())
  return versions.map((version) => ({ version, files: byVersion.get(version) ?? [] }))
}

/** The release with that version, however it is spelled (PEP 440). undefined: none of the files is of it. */
export function* releaseOf(files: readonly ProjectFile[], version: string): Steps<Release | undefined> {
  const wanted = canonicalVersion(version)
  const canonical = canonicalVersions()
  const found: ProjectFile[] = []
  for (const batch of batches(files)) {
    for (const file of batch)
      if (canonical(file.version) === wanted && packageTypeOf(file.filename) !== undefined) found.push(file)
    yield
  }
  const [first] = found
  return first && { version: normalizedVersion(first.version), files: found }
}

/**
 * The release that stands for the project: the newest final one that is not yanked; where there is none, the newest
 * pre-release; then yanked ones. `releases` as PEP 440 orders them. undefined: there are none.
 */
export function* newestRelease(releases: readonly Release[]): Steps<Release | undefined> {
  let best: Release | undefined
  let bestRank = Infinity
  for (const batch of batches(releases.toReversed())) {
    for (const release of batch) {
      const rank = rankOf(release)
      if (rank < bestRank) [best, bestRank] = [release, rank]
      if (rank === 0) return best
    }
    yield
  }
  return best
}

const RANKS = { final: 0, early: 1, unknown: 2 } as const

function rankOf(release: Release): number {
  return RANKS[maturityOf(release.version)] + (isYanked(release) ? 3 : 0)
}

/** PEP 592 yanks files; a release is yanked when all of them are. */
export function isYanked({ files }: Release): boolean {
  return files.every(({ yanked }) => yanked !== undefined)
}
