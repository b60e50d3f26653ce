/** `uploadTimes: first-seen`: files that do not say when they were uploaded get the time when they were seen here first. */
import type { ProjectFile } from '../simple/model.ts'
import type { ProjectName } from '../simple/name.ts'
import type { FirstSeen } from './facts.ts'
import type { UpstreamPolicy } from './policy.ts'

/**
 * For files that are served already: rules count ages as without the setting. A file of the first page that was seen may have
 * been there for ever, and has the oldest time there is, as under a cooldown.
 */
export function firstSeenTimes(
  project: ProjectName,
  firstSeen: FirstSeen,
  upstreams: ReadonlyMap<string, UpstreamPolicy>,
): (file: ProjectFile) => ProjectFile {
  const byUpstream = new Map<string, ReadonlyMap<string, number>>()
  return (file) => {
    const { upstream, uploadTime, filename } = file
    if (uploadTime !== undefined || upstreams.get(upstream)?.uploadTimes !== 'first-seen') return file
    let seen = byUpstream.get(upstream)
    if (seen === undefined) byUpstream.set(upstream, (seen = firstSeen.of(upstream, project)))
    const at = seen.get(filename)
    if (at === undefined) return file
    return { ...file, uploadTime: new Date(at).toISOString(), isFirstSeen: true, listed: file.listed ?? file }
  }
}
