/** One filename, one content: a file that was delivered and whose hash changed, or went, is withheld. */
import { isVariantsJson } from '../../simple/filename.ts'
import { NO_HASH, type ProjectFile } from '../../simple/model.ts'
import type { ProjectName } from '../../simple/name.ts'
import type { KnownHashes } from '../facts.ts'
import type { UpstreamPolicy } from '../policy.ts'
import type { Verdict } from '../verdict.ts'

export function hiddenByKnownHashes(
  project: ProjectName,
  known: KnownHashes,
  upstreams: ReadonlyMap<string, UpstreamPolicy>,
): (file: ProjectFile) => Verdict | undefined {
  const byUpstream = new Map<string, ReadonlyMap<string, readonly string[]>>()
  return (file) => {
    const { upstream, filename } = file
    if (mayChange(filename, upstreams.get(upstream))) return undefined
    let files = byUpstream.get(upstream)
    if (files === undefined) byUpstream.set(upstream, (files = known.of(upstream, project)))
    const delivered = changedFrom(files.get(filename), file)
    return delivered && { kind: 'changed', known: delivered }
  }
}

/** Whether other content under its name is no alarm: its upstream is declared so, or it is made anew for each variant (PEP 825). */
export function mayChange(filename: string, upstream: Pick<UpstreamPolicy, 'mutable'> | undefined): boolean {
  return upstream?.mutable === true || isVariantsJson(filename)
}

/**
 * What was delivered, where the hash of now is not among it; a hash that is dropped counts as changed, unless what has passed
 * since then is known to be the same.
 */
export function changedFrom(
  delivered: readonly string[] | undefined,
  { hashes, listed, computedSha256 }: Pick<ProjectFile, 'hashes' | 'listed' | 'computedSha256'>,
): readonly string[] | undefined {
  if (delivered === undefined) return undefined
  const { sha256 } = (listed ?? { hashes }).hashes
  const isKnown =
    sha256 === undefined
      ? delivered.includes(NO_HASH) || (computedSha256 !== undefined && delivered.includes(computedSha256))
      : delivered.includes(sha256)
  return isKnown ? undefined : delivered
}
