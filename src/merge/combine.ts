/** The files of several upstreams as one list: by version or by file, before any rule hides something. */
import { batches } from '../pace/batches.ts'
import type { Steps } from '../pace/steps.ts'
import { isOfVariants, isVariantsJson } from '../simple/filename.ts'
import { isProvedSame } from '../simple/hashes.ts'
import type { Hashes, ProjectFile } from '../simple/model.ts'
import type { CanonicalVersion } from '../simple/version.ts'
import type { Part } from './decide.ts'
import type { Strategy } from './policy.ts'
import type { HiddenFile } from './verdict.ts'

export interface Combined {
  readonly files: readonly ProjectFile[]
  readonly outranked: readonly HiddenFile[]
}

/** `parts`: highest priority first. Pure; ownership of a version or filename is decided on whole pages. */
export function* combine(parts: readonly Part[], strategy: Strategy, canonical: CanonicalVersion): Steps<Combined> {
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
          const conflict = !isVariantsJson(file.filename) && !mayBeSame(winner.hashes, file.hashes)
          outranked.push({ file, verdict: { kind: 'outranked', by: winner.upstream, conflict } })
          if (!conflict) byName.set(file.filename, withGapsFilled(winner, file))
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

/** What belongs to the content of a file. */
const GAPS = ['size', 'uploadTime', 'requiresPython', 'provenance'] as const

/**
 * What the winner does not say, filled in from a twin whose content is proved to be the same by a strong hash. Never its
 * URL, core metadata or signature: those belong to the entry that they came with.
 */
function withGapsFilled(winner: ProjectFile, twin: ProjectFile): ProjectFile {
  if (!isProvedSame(winner.hashes, twin.hashes)) return winner
  const says = winner.hashes.sha256 !== undefined || twin.hashes.sha256 === undefined
  if (says && GAPS.every((key) => winner[key] !== undefined || twin[key] === undefined)) return winner
  const { size, uploadTime, requiresPython, provenance } = twin
  return {
    ...(size === undefined ? {} : { size }),
    ...(uploadTime === undefined ? {} : { uploadTime }),
    ...(requiresPython === undefined ? {} : { requiresPython }),
    ...(provenance === undefined ? {} : { provenance }),
    ...winner,
    hashes: twin.hashes.sha256 === undefined ? winner.hashes : { sha256: twin.hashes.sha256, ...winner.hashes },
  }
}
