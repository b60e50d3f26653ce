/** The project lists of private upstreams: read each minute and remembered, so that ownership works without patterns. */
import { type Index, UpstreamError } from '../indexes/contract.ts'
import type { Report } from '../log/report.ts'
import { type ProjectName, parseName } from '../simple/name.ts'
import type { NameList } from '../simple/name-list.ts'
import type { KnownList, State } from '../store/state.ts'

const REFRESH_EVERY_MS = 60_000
/** While an upstream fails, its list shows that it lacks a name only if it is at most this old. */
const ABSENCE_FROM_LIST_MS = 60 * 60_000
/** When a list was read that its upstream does not have any more: too long ago to show an absence. */
const NO_ABSENCE = 0
/** No company has as many projects of its own. */
const MAX_OWN_PROJECTS = 50_000

/** What private upstreams list, as the resolver reads it. */
export interface PrivateLists {
  /** Private upstreams whose list has the name. */
  listing(project: ProjectName): readonly string[]
  known(upstream: string): KnownList | undefined
  /** It says that it is private and lists PyPI: nothing is owned because of it. */
  isPublicCopy(upstream: string): boolean
  /** Grows whenever a list changed. */
  generation(): number
}

export interface PrivateListsOptions {
  readonly upstreams: ReadonlyMap<string, Index>
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
  state,
  report,
}: PrivateListsOptions): PrivateLists & { begin(): void; refresh(): Promise<void>; close(): void } {
  const lists = new Map<string, KnownList>()
  const copies = new Set<string>()
  let generation = 0
  let recalled: number | undefined

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
      keep(upstream, list)
      if (!copies.has(upstream)) state.keepList(upstream, list)
    } catch (error) {
      // The failure was reported where it happened; the remembered list grows old.
      if (!(error instanceof UpstreamError)) throw error
    }
  }

  async function refresh(): Promise<void> {
    await Promise.all([...upstreams].map(([name, index]) => refreshOne(name, index)))
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
        .filter(([upstream, { names }]) => !copies.has(upstream) && names.has(project))
        .map(([upstream]) => upstream),
    known: (upstream) => lists.get(upstream),
    isPublicCopy: (upstream) => copies.has(upstream),
    generation() {
      recall()
      return generation
    },
    refresh,
    close: () => clearInterval(timer),
  }
}

const PIP = parseName('pip')
const SETUPTOOLS = parseName('setuptools')

/** Whether a list that is said to be of private projects is a copy of PyPI. */
export function isCopyOfPublic(names: NameList): boolean {
  return (
    names.count > MAX_OWN_PROJECTS ||
    (PIP !== undefined && SETUPTOOLS !== undefined && names.has(PIP) && names.has(SETUPTOOLS))
  )
}
