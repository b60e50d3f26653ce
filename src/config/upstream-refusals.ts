/** What an upstream of the rules file may not be, although each of its keys is right by itself. */
import type { Draft } from './draft.ts'
import { type Fault, quote } from './fault.ts'
import { wrongHeaderName, wrongHeaderValue } from './headers.ts'
import { mirrorFaults } from './mirror-refusals.ts'
import { wrongUpstreamName } from './names.ts'
import type { PartialUpstream } from './schema.ts'
import type { UpstreamFault } from './upstream-fault.ts'

/** Statuses by which an upstream says that it does not know us: from a private one, they say nothing of a project. */
const DENIALS: ReadonlySet<number> = new Set([401, 403, 407])

/** Keys of one upstream that cannot stand together, and names that cannot be. */
export function upstreamRefusals({ upstreams, where, holdsFault }: Draft): Fault[] {
  if (upstreams.size === 0 && !holdsFault(['upstreams'])) {
    const right = 'add e.g. "pypi": { "url": "https://pypi.org/simple/" }'
    return [{ place: where(['upstreams']), wrong: 'there is no upstream', right }]
  }
  return [...upstreams].flatMap(([name, entry]) => {
    const wrongName = wrongUpstreamName(name)
    const faults: UpstreamFault[] = [
      ...(wrongName === undefined ? [] : [{ at: [], part: 'key' as const, ...wrongName }]),
      ...CHECKS.flatMap((check) => check(entry)),
    ]
    return faults.map(({ at, part, wrong, right }) => ({
      place: where(['upstreams', name, ...at], part),
      wrong,
      right,
    }))
  })
}

const CHECKS: readonly ((entry: PartialUpstream) => UpstreamFault[])[] = [
  optionalThoughNeeded,
  denialsAsAbsence,
  redirectsToSecrets,
  credentialsTwice,
  wrongHeaders,
  mirrorFaults,
]

/** An optional upstream never is the only source of a name. */
function optionalThoughNeeded(entry: PartialUpstream): UpstreamFault[] {
  if (!entry.optional || (!entry.private && entry.owns === undefined)) return []
  const wrong = entry.private
    ? 'a private upstream cannot be "optional": while it fails, its names would come from others'
    : 'an upstream that "owns" names cannot be "optional": it alone answers for them'
  return [{ at: ['optional'], wrong, right: 'delete "optional"' }]
}

function denialsAsAbsence(entry: PartialUpstream): UpstreamFault[] {
  return [...(entry.absentOn ?? []).entries()].flatMap(([at, status]) => {
    if (!entry.private || !DENIALS.has(status)) return []
    const wrong = `${status} from a private upstream means that it denies us, never "has no such project"`
    return [{ at: ['absentOn', at], wrong, right: 'delete it' }]
  })
}

function redirectsToSecrets(entry: PartialUpstream): UpstreamFault[] {
  if (entry.deliver !== 'redirect') return []
  const at = ['deliver']
  const right = 'write "through"'
  if (entry.private) return [{ at, wrong: 'clients cannot be sent to a private upstream', right }]
  if (entry.auth === undefined && entry.headers === undefined && entry.url?.userinfo === undefined) return []
  return [{ at, wrong: 'clients cannot be sent to an upstream that wants credentials or headers of ours', right }]
}

function credentialsTwice(entry: PartialUpstream): UpstreamFault[] {
  if (entry.auth === undefined) return []
  const header = Object.keys(entry.headers ?? {}).find((name) => name.toLowerCase() === 'authorization')
  const wrong = 'the credentials stand in "auth" too'
  return [
    ...(entry.url?.userinfo === undefined ? [] : [{ at: ['url'], wrong, right: 'delete what stands before "@" here' }]),
    ...(header === undefined
      ? []
      : [{ at: ['headers', header], part: 'key' as const, wrong, right: 'keep one of them' }]),
  ]
}

function wrongHeaders(entry: PartialUpstream): UpstreamFault[] {
  const seen = new Set<string>()
  const faults: UpstreamFault[] = []
  for (const [name, value] of Object.entries(entry.headers ?? {})) {
    const at = ['headers', name]
    const twice = { wrong: `the header ${quote(name)} stands twice`, right: 'keep one of them' }
    const wrongName = seen.has(name.toLowerCase()) ? twice : wrongHeaderName(name)
    const wrongValue = wrongHeaderValue(value)
    if (wrongName !== undefined) faults.push({ at, part: 'key', ...wrongName })
    if (wrongValue !== undefined) faults.push({ at, ...wrongValue })
    seen.add(name.toLowerCase())
  }
  return faults
}
