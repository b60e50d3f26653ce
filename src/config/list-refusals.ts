/** Lists of upstreams: of an index, or of a rule. Each name in them is known, stands once, and is in an order that is safe. */
import type { IndexPolicy } from '../merge/policy.ts'
import type { Path } from './document.ts'
import type { Draft } from './draft.ts'
import { type Fault, all, either, quote } from './fault.ts'
import { nearName } from './near-name.ts'
import type { Wrong } from './text-value.ts'

/** More names are no help. */
const MAX_LISTED = 20

/** Faults of all lists of the index. */
export function listRefusals(draft: Draft, index: IndexPolicy): Fault[] {
  const path = ['indexes', index.name]
  return [
    ...listFaults(draft, index.upstreams, { path: [...path, 'upstreams'], isShared: false }),
    ...[...index.rules.entries()].flatMap(([at, { projects, upstreams = [] }]) =>
      listFaults(draft, upstreams, {
        path: [...path, 'rules', at, 'upstreams'],
        // Names that stand there one by one may be declared shared; without any, their patterns are wrong and unknown.
        isShared: projects.every((pattern) => pattern.literal),
      }),
    ),
  ]
}

/** What is wrong with the name of an upstream where one is referred to. */
export function unknownUpstream({ upstreams }: Draft, name: string): Wrong | undefined {
  // Without any upstream, that is the fault.
  if (upstreams.has(name) || upstreams.size === 0) return undefined
  const near = nearName(name, upstreams.keys())
  if (near !== undefined) return { wrong: `unknown upstream ${quote(name)}`, right: `did you mean ${quote(near)}?` }
  const known = upstreams.size > MAX_LISTED ? '' : `, or write ${either([...upstreams.keys()].map(quote))}`
  return { wrong: `unknown upstream ${quote(name)}`, right: `add it to the "upstreams" of the file${known}` }
}

function listFaults(
  draft: Draft,
  list: readonly string[],
  { path, isShared }: { path: Path; isShared: boolean },
): Fault[] {
  const upstreams = list.map((name) => draft.policy.upstreams.get(name))
  const firstPublic = upstreams.find((upstream) => upstream?.private === false)
  const faults = [...list.entries()].flatMap(([at, name]): Fault[] => {
    const place = () => draft.where([...path, at])
    const unknown = unknownUpstream(draft, name)
    if (unknown !== undefined) return [{ place: place(), ...unknown }]
    if (list.indexOf(name) < at)
      return [{ place: place(), wrong: `${quote(name)} stands twice in this list`, right: 'keep one' }]
    const isBehindPublic = firstPublic !== undefined && upstreams.indexOf(firstPublic) < at
    if (!upstreams[at]?.private || !isBehindPublic || isShared) return []
    const wrong = `the private upstream ${quote(name)} comes after ${quote(firstPublic.name)}, which is not private`
    return [
      { place: place(), wrong, right: 'write private upstreams first, or name the projects of this rule one by one' },
    ]
  })
  if (list.length === 0 || !upstreams.every((upstream) => upstream?.optional)) return faults
  const wrong = `${all(list.map(quote))} may be missing, and nobody else is asked`
  return [...faults, { place: draft.where(path), wrong, right: 'add an upstream that is not "optional"' }]
}
