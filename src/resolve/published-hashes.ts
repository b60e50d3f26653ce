/** Decides when computed hashes are put on pages: those of a version together, once each of its files has one, and then for good. */
import type { Part } from '../merge/decide.ts'
import { type UpstreamPolicy, isFixed } from '../merge/policy.ts'
import { contentOf, learnedKey } from '../simple/hashes.ts'
import type { ProjectFile } from '../simple/model.ts'
import type { ProjectName } from '../simple/name.ts'
import { canonicalVersions } from '../simple/version.ts'
import type { LearnedFile, LearnedFiles } from '../store/learned.ts'
import type { State } from '../store/state.ts'

/**
 * A lock that was made while some files of a version have a hash and others have none would be another one a moment later. What
 * was published stays, also where its upstream adds a file to the version. @throws StateError where it cannot be read
 */
export function publishHashes(
  project: ProjectName,
  parts: readonly Part[],
  { upstreams, state }: { readonly upstreams: ReadonlyMap<string, UpstreamPolicy>; readonly state: State },
): void {
  for (const { upstream, page } of parts) {
    const policy = upstreams.get(upstream)
    if (policy === undefined || !isFixed(policy)) continue
    const learned = state.learned(upstream, project)
    if (![...learned.values()].some(isReady)) continue
    const filenames = readyFiles(page.files, learned)
    if (filenames.length > 0) state.publish(upstream, project, filenames)
  }
}

function readyFiles(files: readonly ProjectFile[], learned: LearnedFiles): string[] {
  const computed = ({ filename }: ProjectFile) => learned.get(learnedKey(filename, ''))
  const isHashless = ({ hashes }: ProjectFile) => contentOf(hashes) === ''
  const isKnown = (file: ProjectFile) => !isHashless(file) || computed(file)?.sha256 !== undefined
  const canonical = canonicalVersions()
  const versions = Map.groupBy(files, ({ version }) => canonical(version))
  return [...versions.values()]
    .filter((ofVersion) => ofVersion.every(isKnown))
    .flatMap((ofVersion) => ofVersion.filter((file) => isHashless(file) && isReady(computed(file))))
    .map(({ filename }) => filename)
}

/** To be published. */
function isReady(known: LearnedFile | undefined): boolean {
  return known?.sha256 !== undefined && known.otherSha256 === undefined && !known.isPublished
}
