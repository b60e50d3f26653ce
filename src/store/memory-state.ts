/** A state that is gone with the process: for tests, and for commands that only look. */
import { learnedKey } from '../simple/hashes.ts'
import type { ProjectName } from '../simple/name.ts'
import { withoutName } from '../simple/name-list.ts'
import { type LearnedFile, afterAcceptance, withFinding } from './learned.ts'
import type { KnownList, State } from './state.ts'

export function memoryState(): State {
  const owners = new Map<ProjectName, string[]>()
  const lists = new Map<string, KnownList>()
  const served = new Map<string, Map<string, string[]>>()
  const seen = new Map<string, Map<string, number>>()
  const learned = new Map<string, Map<string, LearnedFile>>()
  const refreshed = new Map<ProjectName, number>()
  let generation = 1

  function add(upstream: string, project: ProjectName, filename: string, sha256: string): void {
    const files = served.get(keyOf(upstream, project))
    // What was handed out before stays as it was.
    served.set(keyOf(upstream, project), new Map(files).set(filename, [...(files?.get(filename) ?? []), sha256]))
  }

  function deliver(upstream: string, project: ProjectName, filename: string, sha256: string): void {
    const known = served.get(keyOf(upstream, project))?.get(filename) ?? []
    if (known.length === 0) add(upstream, project, filename, sha256)
    else if (!known.includes(sha256)) generation += 1
  }

  /** Whether that is new. What was handed out before stays as it was. */
  function change(upstream: string, project: ProjectName, key: string, known: LearnedFile | undefined): boolean {
    const files = learned.get(keyOf(upstream, project))
    if (known === undefined || known === files?.get(key)) return false
    learned.set(keyOf(upstream, project), new Map(files).set(key, known))
    return true
  }

  const knownOf = (upstream: string, project: ProjectName, key: string) =>
    learned.get(keyOf(upstream, project))?.get(key)

  return {
    ownersOf: (project) => owners.get(project) ?? [],
    own(upstream, project) {
      const known = owners.get(project) ?? []
      if (known.includes(upstream)) return
      owners.set(project, [...known, upstream])
      generation += 1
    },
    forget(project) {
      const held = new Set(owners.get(project))
      owners.delete(project)
      for (const [upstream, { names, checkedAt }] of lists) {
        if (!names.has(project)) continue
        held.add(upstream)
        lists.set(upstream, { names: withoutName(names, project), checkedAt })
      }
      if (held.size > 0) generation += 1
      return [...held]
    },
    owners: () => [...new Set([...owners.values()].flat())],
    listed: () => [...lists.keys()],
    listOf: (upstream) => lists.get(upstream),
    keepList(upstream, list) {
      const kept = lists.get(upstream)
      if (kept !== undefined && kept.checkedAt > list.checkedAt && list.checkedAt !== 0) return
      lists.set(upstream, list)
      if (kept === undefined || !kept.names.bytes.equals(list.names.bytes)) generation += 1
    },
    servedHashes: (upstream, project) => served.get(keyOf(upstream, project)) ?? new Map(),
    served: deliver,
    servedAll(deliveries) {
      for (const { upstream, project, filename, sha256 } of deliveries) deliver(upstream, project, filename, sha256)
    },
    learn(findings) {
      let isNew = false
      for (const finding of findings) {
        const { upstream, project, filename, content, sha256 } = finding
        const key = learnedKey(filename, content)
        if (change(upstream, project, key, withFinding(knownOf(upstream, project, key), finding))) isNew = true
        const isFirst = served.get(keyOf(upstream, project))?.get(filename) === undefined
        if (content === '' && sha256 !== undefined && isFirst) add(upstream, project, filename, sha256)
      }
      if (isNew) generation += 1
    },
    learned: (upstream, project) => learned.get(keyOf(upstream, project)) ?? new Map(),
    publish(upstream, project, filenames) {
      for (const filename of filenames) {
        const key = learnedKey(filename, '')
        const known = knownOf(upstream, project, key)
        if (!known?.isPublished) change(upstream, project, key, known && { ...known, isPublished: true })
      }
    },
    accept(upstream, project, filename, sha256) {
      const key = learnedKey(filename, '')
      if (change(upstream, project, key, afterAcceptance(knownOf(upstream, project, key), sha256))) generation += 1
      if (served.get(keyOf(upstream, project))?.get(filename)?.includes(sha256)) return
      add(upstream, project, filename, sha256)
      generation += 1
    },
    see(upstream, project, filenames, at) {
      const key = keyOf(upstream, project)
      const before = seen.get(key)
      const files = before ?? new Map<string, number>()
      for (const filename of filenames) if (!files.has(filename)) files.set(filename, before === undefined ? 0 : at)
      seen.set(key, files)
    },
    firstSeen: (upstream, project) => seen.get(keyOf(upstream, project)) ?? new Map(),
    refresh(project, at) {
      refreshed.set(project, at)
      generation += 1
    },
    refreshedAt: (project) => refreshed.get(project),
    generation: () => generation,
    close() {},
  }
}

/** A project name has no space in it. */
function keyOf(upstream: string, project: ProjectName): string {
  return `${project} ${upstream}`
}
