/** A mirror's page beside what is known of the project: what of it counts, and what it lacks or says otherwise. */
import { batches } from '../pace/batches.ts'
import type { Steps } from '../pace/steps.ts'
import { HASH_NAMES, type DroppedEntry, type ProjectDetail, type ProjectFile } from './model.ts'

/** Something that a mirror says otherwise than is known. */
export interface Overruled {
  readonly what: 'hash' | 'yanked' | 'quarantined'
  /** undefined: it is about the project. */
  readonly filename?: string
}

export interface MirroredPage {
  /** With the upstream's own addresses, and what is known in the place of what the mirror says; the known one itself, where nothing is new. */
  readonly page: ProjectDetail
  /** Known files that it does not list. */
  readonly missing: readonly string[]
  readonly overruled: readonly Overruled[]
  /** Files that mirrors contradict each other about, while the upstream's own address never said: nobody gets them. */
  readonly conflicts: readonly string[]
  /** A file as both list it, by which the mirror's addresses can be understood. */
  readonly example?: { readonly here: string; readonly own: string }
}

export interface Known {
  /** undefined: nothing is known of the project. */
  readonly page: ProjectDetail | undefined
  /** The upstream's own address said so; otherwise it was another mirror. */
  readonly isConfirmed: boolean
  readonly conflicts: readonly string[]
}

const MAX_DROPPED = 10

/** `ownUrl`: the upstream's own address of a file that the mirror links to; undefined: it leads elsewhere. */
export function* compareWithKnown(
  page: ProjectDetail,
  known: Known,
  ownUrl: (url: string) => string | undefined,
): Steps<MirroredPage> {
  const before = new Map<string, ProjectFile>()
  for (const batch of batches(known.page?.files ?? [])) {
    for (const file of batch) before.set(file.filename, file)
    yield
  }
  const conflicts = new Set(known.conflicts)
  const overruled: Overruled[] = []
  const files: ProjectFile[] = []
  const dropped: DroppedEntry[] = []
  let droppedCount = 0
  let kept = 0
  let example: MirroredPage['example']

  /** As it counts; undefined: it does not. */
  function judge(file: ProjectFile): ProjectFile | undefined {
    const { filename } = file
    if (conflicts.has(filename)) return undefined
    const held = before.get(filename)
    if (held === undefined) return translated(file)
    if (contradict(file, held)) {
      overruled.push({ what: 'hash', filename })
      if (known.isConfirmed) return held
      conflicts.add(filename)
      return undefined
    }
    example ??= { here: file.url, own: held.url }
    if (held.yanked !== undefined && file.yanked === undefined) overruled.push({ what: 'yanked', filename })
    // What takes a file back is believed of anybody, until the upstream itself says otherwise.
    return held.yanked === undefined && file.yanked !== undefined ? { ...held, yanked: file.yanked } : held
  }

  function translated(file: ProjectFile): ProjectFile | undefined {
    const url = ownUrl(file.url)
    if (url !== undefined) return url === file.url ? file : { ...file, url }
    droppedCount += 1
    if (dropped.length < MAX_DROPPED)
      dropped.push({
        what: file.filename,
        why: 'it lies where no files of this mirror are expected: add to its "filesAt"',
      })
    return undefined
  }

  const listed = new Set<string>()
  for (const batch of batches(page.files)) {
    for (const file of batch) {
      listed.add(file.filename)
      const counts = judge(file)
      if (counts === undefined) continue
      files.push(counts)
      if (counts === before.get(file.filename)) kept += 1
    }
    yield
  }
  const status = statusOf(page, known)
  if (known.page?.status?.status === 'quarantined' && page.status?.status !== 'quarantined')
    overruled.push({ what: 'quarantined' })
  const missing = [...before.keys()].filter((filename) => !listed.has(filename) && !conflicts.has(filename))
  const isSame = kept === files.length && kept === before.size && status === known.page?.status
  const result = { missing, overruled, conflicts: [...conflicts], ...(example && { example }) }
  if (known.page !== undefined && isSame) return { ...result, page: known.page }
  const versions = [...new Set([...(known.page?.versions ?? []), ...page.versions])]
  const all = {
    droppedCount: page.droppedCount + droppedCount,
    dropped: [...page.dropped, ...dropped].slice(0, MAX_DROPPED),
  }
  return { ...result, page: { name: page.name, files, versions, ...all, ...(status && { status }) } }
}

/** Whether both give a hash of one kind that is not the same. */
export function contradict(a: ProjectFile, b: ProjectFile): boolean {
  return HASH_NAMES.some((name) => {
    const [mine, yours] = [a.hashes[name], b.hashes[name]]
    return mine !== undefined && yours !== undefined && mine !== yours
  })
}

/** Quarantine holds, whoever says so. A mirror that says nothing may not be able to. */
function statusOf(page: ProjectDetail, known: Known): ProjectDetail['status'] {
  const before = known.page?.status
  if (before?.status === 'quarantined' || page.status === undefined) return before
  if (page.status.status === 'quarantined') return page.status
  return known.isConfirmed && known.page !== undefined ? before : page.status
}
