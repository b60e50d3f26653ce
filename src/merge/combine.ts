/** The files of several upstreams as one list: by version or by file, before any rule hides something. */
import { batches } from '../pace/batches.ts'
import type { Steps } from '../pace/steps.ts'
import { isOfVariants, isVariantsJson } from '../simple/filename.ts'
import { isProvedSame } from '../simple/hashes.ts'
import type { Hashes, ProjectFile } from '../simple/model.ts'
import type { CanonicalVersion } from '../simple/version.ts'
import type { Part } from './decide.ts'
import type { Strategy, UpstreamPolicy } from './policy.ts'
import type { HiddenFile } from './verdict.ts'

export interface Combined {
  readonly files: readonly ProjectFile[]
  readonly outranked: readonly HiddenFile[]
}

export interface CombineOptions {
  readonly strategy: Strategy
  readonly canonical: CanonicalVersion
  readonly upstreams: ReadonlyMap<string, UpstreamPolicy>
}

/** `parts`: highest priority first. Pure; ownership of a version or filename is decided on whole pages. */
export function* combine(parts: readonly Part[], { strategy, canonical, upstreams }: CombineOptions): Steps<Combined> {
  const [only] = parts
  if (parts.length <= 1) return { files: only?.page.files ?? [], outranked: [] }
  const isWhole = strategy === 'by-version' ? () => true : isVariant
  const owners = yield* versionOwners(parts, isWhole, canonical)
  const byName = new Map<string, ProjectFile>()
  const outranked: HiddenFile[] = []
  for (const { upstream, page } of parts) {
    for (const batch of batches(page.files)) {
      for (const file of batch) {
        const winner = byName.get(file.filename)
        const versionOwner = isWhole(file) ? owners.get(canonical(file.version)) : undefined
        if (winner !== undefined) {
          // Each index has the variants in it that it has itself.
          const conflict = !isVariantsJson(file.filename) && !mayBeSame(hashesOf(winner), hashesOf(file))
          outranked.push({ file, verdict: { kind: 'outranked', by: winner.upstream, conflict } })
          if (!conflict) {
            const isTimed = upstreams.get(winner.upstream)?.uploadTimes === 'first-seen'
            byName.set(file.filename, withGapsFilled(winner, file, isTimed))
          }
        } else if (versionOwner !== undefined && versionOwner !== upstream) {
          outranked.push({ file, verdict: { kind: 'outranked', by: versionOwner, conflict: false } })
        } else {
          byName.set(file.filename, file)
        }
      }
      yield
    }
  }
  return { files: [...byName.values()], outranked }
}

/** A label means what the variants.json of the same index says (PEP 825), so a version's variants come from one upstream. */
function isVariant({ filename }: ProjectFile): boolean {
  return isOfVariants(filename)
}

/** By version, the upstream that has a file of it first which `isWhole` speaks of. */
function* versionOwners(
  parts: readonly Part[],
  isWhole: (file: ProjectFile) => boolean,
  canonical: CanonicalVersion,
): Steps<ReadonlyMap<string, string>> {
  const owners = new Map<string, string>()
  for (const { upstream, page } of parts) {
    for (const batch of batches(page.files)) {
      for (const file of batch) {
        if (!isWhole(file)) continue
        const key = canonical(file.version)
        if (!owners.has(key)) owners.set(key, upstream)
      }
      yield
    }
  }
  return owners
}

/** false only where a hash that both give differs. */
function mayBeSame(a: Hashes, b: Hashes): boolean {
  return (Object.keys(a) as (keyof Hashes)[]).every((name) => b[name] === undefined || a[name] === b[name])
}

/** With what was computed: it shows as well what the content is. */
function hashesOf(file: ProjectFile): Hashes {
  const { hashes, computedSha256 } = file
  return computedSha256 === undefined ? hashes : { ...hashes, sha256: computedSha256 }
}

/**
 * What the winner does not say, filled in from a twin whose content is proved to be the same by a strong hash. Never its
 * URL, core metadata or signature: those belong to the entry that they came with. A winner that gets its time from us
 * (`isTimed`) keeps that: a twin may be missing tomorrow, and a time must not go back and forth.
 */
function withGapsFilled(winner: ProjectFile, twin: ProjectFile, isTimed: boolean): ProjectFile {
  const [ours, theirs] = [hashesOf(winner), hashesOf(twin)]
  if (!isProvedSame(ours, theirs)) return winner
  const { size, requiresPython, provenance } = twin
  const uploadTime = isTimed ? undefined : twin.uploadTime
  const gaps = {
    ...(winner.size === undefined && size !== undefined && { size }),
    ...(winner.uploadTime === undefined && uploadTime !== undefined && { uploadTime }),
    ...(winner.requiresPython === undefined && requiresPython !== undefined && { requiresPython }),
    ...(winner.provenance === undefined && provenance !== undefined && { provenance }),
    // Where it was computed it is published with those of its whole version, or not at all.
    ...(ours.sha256 === undefined &&
      twin.hashes.sha256 !== undefined && { hashes: { sha256: twin.hashes.sha256, ...winner.hashes } }),
  }
  return Object.keys(gaps).length === 0 ? winner : { ...winner, ...gaps }
}
