/** What of an explanation a project page shows: its files by version, newest first, filtered, in parts that a browser likes. */
import type { ExplainedFile } from '../resolve/explanation.ts'
import type { Steps } from '../pace/steps.ts'
import { sortVersions } from '../simple/version.ts'

/** What the reader chose; empty texts choose nothing. */
export interface Filter {
  readonly text: string
  readonly upstream: string
  readonly show: 'all' | 'served' | 'hidden'
  /** From 1. */
  readonly part: number
}

export interface VersionGroup {
  readonly version: string
  readonly files: readonly ExplainedFile[]
}

export interface ProjectView {
  readonly filter: Filter
  /** The versions of this part. */
  readonly groups: readonly VersionGroup[]
  readonly parts: number
  /** Files that pass the filter, in all parts. */
  readonly found: number
  /** Every version with a time, for the plot; whatever the filter is. */
  readonly releases: readonly Release[]
}

export interface Release {
  /** The first upload, ms since the epoch. */
  readonly at: number
  readonly served: boolean
}

/** Files in a part, but for those of its last version. */
const FILES_OF_PART = 100

export function* viewProject(files: readonly ExplainedFile[], filter: Filter): Steps<ProjectView> {
  const all = Map.groupBy(files, ({ version }) => version)
  yield
  const text = filter.text.toLowerCase()
  const found = files.filter(
    (file) =>
      (filter.show === 'all' || file.served === (filter.show === 'served')) &&
      (filter.upstream === '' || file.upstream === filter.upstream) &&
      file.filename.toLowerCase().includes(text),
  )
  yield
  const byVersion = Map.groupBy(found, ({ version }) => version)
  const newestFirst = (yield* sortVersions(byVersion.keys())).toReversed()
  const parts: VersionGroup[][] = [[]]
  let inPart = 0
  for (const version of newestFirst) {
    const group = { version, files: byVersion.get(version) ?? [] }
    if (inPart >= FILES_OF_PART) {
      parts.push([])
      inPart = 0
    }
    inPart += group.files.length
    parts.at(-1)?.push(group)
  }
  const part = Math.min(Math.max(Math.trunc(filter.part) || 1, 1), parts.length)
  return {
    filter: { ...filter, part },
    groups: parts[part - 1] ?? [],
    parts: parts.length,
    found: found.length,
    releases: [...all.values()].flatMap(releaseOf),
  }
}

function releaseOf(files: readonly ExplainedFile[]): Release[] {
  const times = files.map(({ uploadTime }) => Date.parse(uploadTime ?? '')).filter((time) => !Number.isNaN(time))
  return times.length === 0 ? [] : [{ at: Math.min(...times), served: files.some(({ served }) => served) }]
}
