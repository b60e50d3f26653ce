/** A rules file as far as it is right in shape: what stands beside a fault is still read, so that all faults are found at once. */
import type * as z from 'zod'
import type { IndexPolicy, Policy, Rule } from '../merge/policy.ts'
import type { UpstreamConfig } from './config.ts'
import type { Path, Where } from './document.ts'
import { type PartialIndex, type PartialUpstream, partialIndex, partialRule, partialUpstream } from './schema.ts'
import { upstreamConfig } from './upstream-entry.ts'

export interface Draft {
  /** Every upstream that stands in the file, without the keys that are wrong. */
  readonly upstreams: ReadonlyMap<string, PartialUpstream>
  /** Every index, likewise. Its rules stand in `policy`. */
  readonly indexes: ReadonlyMap<string, PartialIndex>
  /** Upstreams without any fault, and all indexes and rules, which lack what is wrong in them. */
  readonly policy: { readonly upstreams: ReadonlyMap<string, UpstreamConfig>; readonly indexes: Policy['indexes'] }
  readonly where: Where
  /** Whether something below `path` is wrong, so that what is missing there says nothing. */
  readonly holdsFault: (path: Path) => boolean
}

/** `faulty`: the paths that the schema refused. `resolve` turns a path of the file into an absolute one. */
export function readDraft(
  value: unknown,
  { faulty, where, resolve }: { faulty: readonly Path[]; where: Where; resolve: (path: string) => string },
): Draft {
  const prefixes = new Set(faulty.flatMap((path) => path.map((_, at) => JSON.stringify(path.slice(0, at + 1)))))
  const isAllWrong = faulty.some((path) => path.length === 0)
  const holdsFault = (path: Path) => isAllWrong || prefixes.has(JSON.stringify(path))

  /** What the schema accepts of an object, in the type that the schema gives it. */
  const accepted = <T extends object>(schema: z.ZodType<T>, value: unknown, path: Path): T | undefined =>
    schema.safeParse(Object.fromEntries(entriesOf(value).filter(([key]) => !holdsFault([...path, key])))).data

  const upstreams = new Map<string, PartialUpstream>()
  const whole = new Map<string, UpstreamConfig>()
  for (const [name, written] of entriesOf(valueOf(value, 'upstreams'))) {
    const path = ['upstreams', name]
    const entry = accepted(partialUpstream, written, path) ?? {}
    const { url } = entry
    upstreams.set(name, entry)
    if (url !== undefined && !holdsFault(path)) whole.set(name, upstreamConfig(name, { ...entry, url }, resolve))
  }

  const indexes = new Map<string, PartialIndex>()
  const policies = new Map<string, IndexPolicy>()
  for (const [name, written] of entriesOf(valueOf(value, 'indexes'))) {
    const path = ['indexes', name]
    const entry = accepted(partialIndex, withoutRules(written), path) ?? {}
    const rules = listOf(valueOf(written, 'rules')).map((written, at): Rule => {
      const rulePath = [...path, 'rules', at]
      return Object.assign({ projects: [] }, accepted(partialRule, written, rulePath), { place: where(rulePath) })
    })
    indexes.set(name, entry)
    policies.set(name, { name, upstreams: entry.upstreams ?? [], rules })
  }
  return { upstreams, indexes, policy: { upstreams: whole, indexes: policies }, where, holdsFault }
}

function entriesOf(value: unknown): [string, unknown][] {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : []
}

function valueOf(value: unknown, key: string): unknown {
  return entriesOf(value).find(([name]) => name === key)?.[1]
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}

function withoutRules(value: unknown): unknown {
  return Object.fromEntries(entriesOf(value).filter(([key]) => key !== 'rules'))
}
