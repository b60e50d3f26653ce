/** `cooldown`: a file is hidden until it has been there for a while, since most malware is found within days. */
import type { ProjectFile } from '../../simple/model.ts'
import type { ProjectName } from '../../simple/name.ts'
import type { FirstSeen } from '../facts.ts'
import type { UpstreamPolicy } from '../policy.ts'
import type { Settings } from '../settings.ts'
import type { Verdict } from '../verdict.ts'

/** In ms; 0: there is none. What a rule says outranks what the upstream says. */
export function cooldownOf({ cooldown }: Settings, upstream: Pick<UpstreamPolicy, 'cooldownMs'> | undefined): number {
  return cooldown.value ?? upstream?.cooldownMs ?? 0
}

/** Age counts from the upload time; where the upstream gives none, from when the file was first seen. */
export function hiddenByCooldown(
  { settings, project }: { readonly settings: Settings; readonly project: ProjectName },
  upstreams: ReadonlyMap<string, UpstreamPolicy>,
  { now, firstSeen }: { readonly now: number; readonly firstSeen: FirstSeen },
): (file: ProjectFile) => Verdict | undefined {
  const byUpstream = new Map<string, ReadonlyMap<string, number>>()
  const place = settings.cooldown.rule?.place

  function seenAt({ upstream, filename }: ProjectFile): number {
    let files = byUpstream.get(upstream)
    if (files === undefined) byUpstream.set(upstream, (files = firstSeen.of(upstream, project)))
    return files.get(filename) ?? 0
  }

  return (file) => {
    const cooldownMs = cooldownOf(settings, upstreams.get(file.upstream))
    if (cooldownMs === 0) return undefined
    const since = file.uploadTime === undefined ? seenAt(file) : Date.parse(file.uploadTime)
    const until = since + cooldownMs
    if (now >= until) return undefined
    return { kind: 'cooldown', cooldownMs, since, until, isUploadTime: file.uploadTime !== undefined, place }
  }
}
