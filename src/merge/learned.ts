/** What we know of files beside what their upstream says: added to its page before anything is decided over it. */
import { batches } from '../pace/batches.ts'
import type { Steps } from '../pace/steps.ts'
import { contentOf, learnedKey } from '../simple/hashes.ts'
import type { ProjectFile } from '../simple/model.ts'
import type { ProjectName } from '../simple/name.ts'
import type { Part } from './decide.ts'
import type { Learned, LearnedFile } from './facts.ts'
import { type UpstreamPolicy, isFixed } from './policy.ts'

/** The same parts where nothing is known. What an upstream says itself is never overruled. */
export function* withLearned(
  project: ProjectName,
  parts: readonly Part[],
  { learned, upstreams }: { readonly learned: Learned; readonly upstreams: ReadonlyMap<string, UpstreamPolicy> },
): Steps<readonly Part[]> {
  const all: Part[] = []
  for (const part of parts) {
    const known = learned.of(part.upstream, project)
    const policy = upstreams.get(part.upstream)
    all.push(known.size === 0 ? part : yield* partWithLearned(part, known, policy !== undefined && isFixed(policy)))
  }
  return all
}

function* partWithLearned(
  { upstream, page }: Part,
  known: ReadonlyMap<string, LearnedFile>,
  isFixed: boolean,
): Steps<Part> {
  const files: ProjectFile[] = []
  for (const batch of batches(page.files)) {
    for (const file of batch) {
      const content = contentOf(file.hashes)
      // Without a word of its page, whatever is known of a file's content holds only where it does not change.
      const about = content === '' && !isFixed ? undefined : known.get(learnedKey(file.filename, content))
      files.push(about === undefined ? file : fileWithLearned(file, about))
    }
    yield
  }
  return { upstream, page: { ...page, files } }
}

function fileWithLearned(listed: ProjectFile, known: LearnedFile): ProjectFile {
  const size = listed.size ?? (known.otherSha256 === undefined ? known.size : undefined)
  const computedSha256 = listed.hashes.sha256 === undefined ? (known.otherSha256 ?? known.sha256) : undefined
  if (size === listed.size && computedSha256 === undefined) return listed
  const isShown = computedSha256 !== undefined && known.isPublished && contentOf(listed.hashes) === ''
  return {
    ...listed,
    ...(size !== undefined && { size }),
    ...(computedSha256 !== undefined && { computedSha256 }),
    ...(isShown && { hashes: { sha256: computedSha256 } }),
    listed,
  }
}
