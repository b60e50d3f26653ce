/** `filesAt`: a file outside its upstream's bases is hidden, since nothing outside them may be fetched. */
import { isBelow } from '../../simple/file-url.ts'
import type { ProjectFile } from '../../simple/model.ts'
import type { UpstreamPolicy } from '../policy.ts'
import type { Verdict } from '../verdict.ts'

export function hiddenOutsideFilesAt(
  upstreams: ReadonlyMap<string, UpstreamPolicy>,
): (file: ProjectFile) => Verdict | undefined {
  return ({ url, upstream }) =>
    isBelow(url, upstreams.get(upstream)?.filesAt ?? [])
      ? undefined
      : { kind: 'outside-files-at', origin: new URL(url).origin }
}
