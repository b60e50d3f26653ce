/** The project lists of private upstreams: read each minute and remembered, so that ownership works without patterns. */
import { type Index, UpstreamError } from '../indexes/contract.ts'
import type { Report } from '../log/report.ts'
import { atMost } from '../pace/at-most.ts'
import type { ProjectName } from '../simple/name.ts'
import type { NameList } from '../simple/name-list.ts'
import type { KnownList, State } from '../store/state.ts'
import { isCopyOfPublic, isPublicProject, publicProjectsIn } from './public-projects.ts'
import { openPublicWithin } from './public-within.ts'

const REFRESH_EVERY_MS = 60_000
/** While an upstream fails, its list shows that it lacks a name only if it is at most this old. */
const ABSENCE_FROM_LIST_MS = 60 * 60_000
/** When a list was read that its upstream does not have any more: too long ago to show an absence. */
const NO_ABSENCE = 0
/** After as many readings of its list, an upstream that does not have PyPI in it is looked into again. */
const LOOKED_INTO_FOR = 60
/** What a client may be kept waiting, beside a page's 8 s, until it is known whether a name is an upstream's own. */
const WORTH_WAITING_MS = 1500

/** What private upstreams list, as the resolver reads it. */
export interface PrivateLists {
  /** Private upstreams whose list has the name. */
  listing(project: ProjectName): readonly string[]
  known(upstream: string): KnownList | undefined
  /** Waits for the list that is being read, if one is. */
  beingRead(upstream: string): Promise<void>
  /** It says that it is private and has PyPI in it: nothing is owned because of it. */
  isPublicCopy(upstream: string): boolean
  /** Whether `project` is the upstream's own because it gives it. Where its list does not have it, it is looked into first. */
  isOwn(upstream: string, project: ProjectName): Promise<boolean>
  /** Grows whenever a list changed. */
  generation(): number
}

export interface PrivateListsOptions {
  readonly upstreams: ReadonlyMap<string, Index>
  /** The same without what surrounds them, for questions of our own: nothing of these is kept, or is a failure. Default: `upstreams`. */
  readonly asides?: ReadonlyMap<string, Index>
  readonly state: State
  readonly report: Report
}

/** Whether a list that is young enough shows that the upstream does not have the name. No list, no absence. */
export function listsProjectAbsent(list: KnownList | undefined, project: ProjectName, now: number): boolean {
  if (list === undefined || isCopyOfPublic(list.names)) return false
  const ageMs = now - list.checkedAt
  return ageMs >= 0 && ageMs <= ABSENCE_FROM_LIST_MS && !list.names.has(project)
}

/**
 * Knows what is remembered. From `begin` on it reads every list at once and then each minute, until it is closed: what it reads
 * is a fact for good, so rules that may yet be refused begin nothing. `upstreams`: the private ones.
 */
export function watchPrivateLists({
  upstreams,
  asides = upstreams,
  state,
  report,
}: PrivateListsOptions): PrivateLists & { begin(): void; refresh(): Promise<void>; close(): void } {
  const lists = new Map<string, KnownList>()
  const reading = new Map<string, Promise<void>>()
  const copies = new Set<string>()
  const within = openPublicWithin({ upstreams: asides, report })
  const warned = new Set<string>()
  let generation = 0
  let readings = 0
  let recalled: number | undefined

  const isPublicCopy = (upstream: string) => copies.has(upstream) || within.has(upstream)

  function keep(upstream: string, list: KnownList): void {
    if (lists.get(upstream)?.names.bytes.equals(list.names.bytes) !== true) generation += 1
    lists.set(upstream, list)
    if (!isCopyOfPublic(list.names)) {
      copies.delete(upstream)
      return
    }
    if (copies.has(upstream)) return
    copies.add(upstream)
    report('error', 'private_is_public_copy', {
      upstream,
      names: list.names.count,
      reason:
        'it is declared private and lists public projects, so its list gives it no name: remove "private" or point it at an index of your own projects',
    })
  }

  /** That a private index has the name of a public project may be meant, and hides the public one. */
  function warnOf(upstream: string, projects: readonly ProjectName[]): void {
    const unsaid = projects.filter((project) => !warned.has(`${upstream} ${project}`))
    if (unsaid.length === 0) return
    for (const project of unsaid) warned.add(`${upstream} ${project}`)
    report('warn', 'private_has_public_names', {
      upstream,
      names: unsaid.join(' '),
      reason: 'it is declared private, so these well-known names are its own, and come from no public index',
    })
  }

  /** Before its names count: a list with well-known public names may be that of a cache. */
  async function lookAt(upstream: string, names: NameList): Promise<void> {
    const known = publicProjectsIn(names)
    if (known.length === 0 || isCopyOfPublic(names)) return
    await within.lookInto(upstream)
    if (!within.has(upstream)) warnOf(upstream, known)
  }

  /** What the state has, which other processes write as well; also of upstreams that the rules do not have any more. */
  function recall(): void {
    if (state.generation() === recalled) return
    recalled = state.generation()
    for (const upstream of state.listed()) {
      const list = state.listOf(upstream)
      if (list !== undefined && list.checkedAt >= (lists.get(upstream)?.checkedAt ?? 0)) keep(upstream, list)
    }
  }
  recall()

  async function refreshOne(upstream: string, index: Index): Promise<void> {
    try {
      const answer = await index.listProjects()
      if (answer.staleBecause !== undefined) return
      if (!answer.listed) {
        // It had a list and has none now: what was on it stays its own, and shows no absence any more.
        const before = lists.get(upstream)
        if (before === undefined) return
        const unproved = { names: before.names, checkedAt: NO_ABSENCE }
        lists.set(upstream, unproved)
        state.keepList(upstream, unproved)
        return
      }
      const list = { names: answer.names, checkedAt: answer.checkedAt }
      await lookAt(upstream, list.names)
      keep(upstream, list)
      if (!isPublicCopy(upstream)) state.keepList(upstream, list)
    } catch (error) {
      // The failure was reported where it happened; the remembered list grows old.
      if (!(error instanceof UpstreamError)) throw error
    }
  }

  async function refresh(): Promise<void> {
    readings += 1
    if (readings % LOOKED_INTO_FOR === 0) within.forget()
    await Promise.all(
      [...upstreams].map(([name, index]) => {
        const asking = refreshOne(name, index)
        reading.set(name, asking)
        return asking
      }),
    )
  }

  /** A list that breaks our reader must not end the process. */
  function refreshBehind(): void {
    refresh().catch((error: unknown) =>
      report('error', 'bug', { reason: error instanceof Error ? error.stack : String(error) }),
    )
  }

  let timer: NodeJS.Timeout | undefined

  return {
    begin() {
      timer = setInterval(refreshBehind, REFRESH_EVERY_MS)
      timer.unref()
      refreshBehind()
    },
    listing: (project) =>
      [...lists]
        .filter(([upstream, { names }]) => !isPublicCopy(upstream) && names.has(project))
        .map(([upstream]) => upstream),
    known: (upstream) => lists.get(upstream),
    beingRead: (upstream) => atMost(WORTH_WAITING_MS, reading.get(upstream) ?? Promise.resolve()),
    isPublicCopy,
    async isOwn(upstream, project) {
      if (lists.get(upstream)?.names.has(project) !== true) await atMost(WORTH_WAITING_MS, within.lookInto(upstream))
      if (isPublicCopy(upstream)) return false
      if (isPublicProject(project)) warnOf(upstream, [project])
      return true
    },
    generation() {
      recall()
      return generation + within.generation()
    },
    refresh,
    close: () => clearInterval(timer),
  }
}
