/** The files of several upstreams as one list: by version or by file, before any rule hides something. */
import { type Hashes, type ProjectFile, STRONG_HASH_NAMES } from '../simple/model.ts'
import { canonicalVersion } from '../simple/version.ts'
import type { Part } from './decide.ts'
import type { Strategy } from './policy.ts'
import type { HiddenFile } from './verdict.ts'

export interface Combined {
  readonly files: readonly ProjectFile[]
  readonly outranked: readonly HiddenFile[]
}

/** `parts`: highest priority first. Pure; ownership of a version or filename is decided on whole pages. */
export function combine(parts: readonly Part[], strategy: Strategy): Combined {
  const [only] = parts
  if (parts.length <= 1) return { files: only?.page.files ?? [], outranked: [] }
  const claims = strategy === 'by-version' ? claimedBy(parts, ({ version }) => canonicalVersion(version)) : undefined
  const byName = new Map<string, ProjectFile>()
  const outranked: HiddenFile[] = []
  for (const { upstream, page } of parts) {
    for (const file of page.files) {
      const winner = byName.get(file.filename)
      const versionOwner = claims?.(file)
      if (winner !== undefined) {
        const conflict = !mayBeSame(winner.hashes, file.hashes)
        outranked.push({ file, verdict: { kind: 'outranked', by: winner.upstream, conflict } })
        if (!conflict) byName.set(file.filename, withGapsFilled(winner, file))
      } else if (versionOwner !== undefined && versionOwner !== upstream) {
        outranked.push({ file, verdict: { kind: 'outranked', by: versionOwner, conflict: false } })
      } else {
        byName.set(file.filename, file)
      }
    }
  }
  return { files: [...byName.values()], outranked }
}

/** The upstream that has a file's `key` first. */
function claimedBy(
  parts: readonly Part[],
  key: (file: ProjectFile) => string,
): (file: ProjectFile) => string | undefined {
  const owners = new Map<string, string>()
  for (const { upstream, page } of parts) {
    for (const file of page.files) if (!owners.has(key(file))) owners.set(key(file), upstream)
  }
  return (file) => owners.get(key(file))
}

/** false only where a hash that both give differs. */
function mayBeSame(a: Hashes, b: Hashes): boolean {
  return (Object.keys(a) as (keyof Hashes)[]).every((name) => b[name] === undefined || a[name] === b[name])
}

/**
 * What the winner does not say, filled in from a twin whose content is proved to be the same by a strong hash. Never its
 * URL, core metadata or signature: those belong to the entry that they came with.
 */
function withGapsFilled(winner: ProjectFile, twin: ProjectFile): ProjectFile {
  if (!STRONG_HASH_NAMES.some((name) => winner.hashes[name] !== undefined && winner.hashes[name] === twin.hashes[name]))
    return winner
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
