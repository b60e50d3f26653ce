/** What the mirrors of an upstream may not be, although each of them is right by itself. */
import { quote } from './fault.ts'
import { MAX_MIRRORS } from './mirrors.ts'
import type { PartialUpstream } from './schema.ts'
import type { UpstreamFault } from './upstream-fault.ts'

export function mirrorFaults({ url, mirrors = [], private: isPrivate }: PartialUpstream): UpstreamFault[] {
  if (!Array.isArray(mirrors)) {
    if (!isPrivate) return []
    const wrong = 'a list that somebody else writes would tell the names of a private upstream to whom it names'
    return [{ at: ['mirrors', 'from'], part: 'key', wrong, right: 'write its mirrors one by one' }]
  }
  const faults: UpstreamFault[] = []
  if (mirrors.length > MAX_MIRRORS) {
    const wrong = `there are ${mirrors.length} mirrors`
    faults.push({ at: ['mirrors'], wrong, right: `write at most ${MAX_MIRRORS}` })
  }
  const seen = new Set<string>()
  for (const [i, mirror] of mirrors.entries()) {
    const at = ['mirrors', i]
    if (mirror.url.url === url?.url)
      faults.push({ at, wrong: 'this is the address of the upstream itself', right: 'delete it' })
    else if (seen.has(mirror.url.url)) faults.push({ at, wrong: 'this mirror stands twice', right: 'keep one' })
    seen.add(mirror.url.url)
    if (mirror.auth === undefined || mirror.url.userinfo === undefined) continue
    const wrong = `the credentials stand in ${quote('auth')} too`
    faults.push({ at: [...at, 'url'], wrong, right: 'delete what stands before "@" here' })
  }
  return faults
}
