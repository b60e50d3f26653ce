/** `unidex check --against OLD`: what would change for whoever asks, computed from what is kept and without asking anybody. */
import type { AssembleOptions, Unidex } from '../assemble.ts'
import { fingerprintOf } from '../assembly/fingerprint.ts'
import type { Config } from '../config/config.ts'
import { difference } from '../resolve/difference.ts'
import type { Explanation } from '../resolve/explanation.ts'
import { type ProjectName, parseName } from '../simple/name.ts'
import type { PageKey, PageStore } from '../store/page-store.ts'
import { openDataToLook } from './data-to-look.ts'
import { unidexToAsk } from './unidex-to-ask.ts'

/** Projects that are merged at the same time: what is merged gives others a turn again and again. */
const AT_ONCE = 32

export interface Comparison {
  /** Projects of which at least one page is kept. */
  readonly projects: number
  /** In both files; the others are not compared. */
  readonly indexes: readonly ComparedIndex[]
  /** Names of indexes. */
  readonly added: readonly string[]
  readonly removed: readonly string[]
}

export interface ComparedIndex {
  readonly name: string
  /** Sentences about each project that is not as before. */
  readonly changed: ReadonlyMap<ProjectName, readonly string[]>
  /** Projects of which what is kept does not tell, by the reason. */
  readonly unknown: ReadonlyMap<string, readonly ProjectName[]>
}

/**
 * An upstream of which no page of a project is kept, and which the old rules ask for it, is taken not to have it, whether or not it
 * is still written down that it said so. @throws StateError, RefusedError as `openDataToLook`
 */
export async function compareRules(before: Config, after: Config, data: string | undefined): Promise<Comparison> {
  const kept = await openDataToLook(data, process.env)
  try {
    const pages = keptPages(await kept.pages.keys())
    const now = Date.now()
    const heardAbsent = new Set<string>()
    const open = (config: Config, lacks: NonNullable<AssembleOptions['lacks']>) =>
      unidexToAsk({ config, ...kept, pages: unchanging(kept.pages), offline: true, lacks, now: () => now })
    const old = open(before, (upstream, project) => !pages.get(project)?.has(upstream))
    const next = open(
      after,
      (upstream, project) => isSame(before, after, upstream) && heardAbsent.has(`${upstream} ${project}`),
    )
    try {
      await Promise.all([old.listsRead(), next.listsRead()])
      const names = [...after.policy.indexes.keys()].filter((name) => before.policy.indexes.has(name))
      const indexes = names.map((name) => ({
        name,
        changed: new Map<ProjectName, readonly string[]>(),
        unknown: new Map<string, ProjectName[]>(),
      }))
      const compare = async (project: ProjectName) => {
        const was = await Promise.all(names.map((name) => explainIn(old, name, project)))
        for (const { upstream } of was.flatMap(absentIn)) heardAbsent.add(`${upstream} ${project}`)
        return Promise.all(names.map(async (name, at) => ({ was: was[at], is: await explainIn(next, name, project) })))
      }
      const projects = [...pages.keys()].toSorted()
      for (let start = 0; start < projects.length; start += AT_ONCE) {
        const some = projects.slice(start, start + AT_ONCE)
        for (const [nth, compared] of (await Promise.all(some.map(compare))).entries()) {
          for (const [at, { was, is }] of compared.entries()) {
            const [project, index] = [some[nth], indexes[at]]
            if (project === undefined || index === undefined || was === undefined) continue
            note(index, project, whyUnknown(was, pages) ?? whyUnknown(is, pages) ?? difference(was, is))
          }
        }
      }
      return {
        projects: pages.size,
        indexes,
        added: namesOnlyIn(after, before),
        removed: namesOnlyIn(before, after),
      }
    } finally {
      await Promise.all([old.close(0), next.close(0)])
    }
  } finally {
    await kept.close()
  }
}

/** `found`: sentences about a change, or why nothing is known. */
function note(
  { changed, unknown }: { changed: Map<ProjectName, readonly string[]>; unknown: Map<string, ProjectName[]> },
  project: ProjectName,
  found: string | readonly string[],
): void {
  if (typeof found !== 'string') {
    if (found.length > 0) changed.set(project, found)
    return
  }
  const others = unknown.get(found)
  if (others === undefined) unknown.set(found, [project])
  else others.push(project)
}

/** Which upstreams have a page kept of each project, under whatever settings it was read. */
function keptPages(keys: readonly PageKey[]): Map<ProjectName, Set<string>> {
  const pages = new Map<ProjectName, Set<string>>()
  for (const { upstream, page } of keys) {
    const project = parseName(page)
    if (project !== undefined) pages.set(project, (pages.get(project) ?? new Set()).add(upstream))
  }
  return pages
}

/** What is taken to be absent must not be forgotten in earnest: a server may have kept a page of it meanwhile. */
function unchanging(pages: PageStore): PageStore {
  return { ...pages, set: async () => undefined, delete: async () => undefined }
}

function isSame(before: Config, after: Config, upstream: string): boolean {
  const [old, now] = [before.upstreams.get(upstream), after.upstreams.get(upstream)]
  return old !== undefined && now !== undefined && fingerprintOf(old) === fingerprintOf(now)
}

function explainIn(unidex: Unidex, index: string, project: ProjectName): Promise<Explanation> {
  return unidex.current().explain(index, project)
}

function absentIn({ upstreams }: Explanation): Explanation['upstreams'] {
  return upstreams.filter(({ said }) => said === 'absent')
}

/** undefined: what is kept tells. */
function whyUnknown(
  { outcome, project, upstreams }: Explanation,
  pages: ReadonlyMap<ProjectName, ReadonlySet<string>>,
): string | undefined {
  if (outcome !== 'failed') return undefined
  const silentOnes = upstreams.filter(({ said }) => said === 'failed').map(({ upstream }) => upstream)
  const who = silentOnes[0] ?? 'an upstream'
  return pages.get(project)?.has(who)
    ? `the pages of ${who} that are kept were read under other settings of it`
    : `whether ${who} has them is not known, since it was not asked`
}

function namesOnlyIn(config: Config, other: Config): string[] {
  return [...config.policy.indexes.keys()].filter((name) => !other.policy.indexes.has(name))
}
