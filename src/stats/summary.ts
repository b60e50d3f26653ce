/** Counts for people: a project's downloads over time, by version, by client and by where they came from; and who is on top. */
import type { Steps } from '../pace/steps.ts'
import type { ProjectName } from '../simple/name.ts'
import { versionOf } from './count.ts'
import { type Day, daysFrom } from './day.ts'
import type { DownloadStats, Span, Whose } from './download-stats.ts'

/** How often something of a name was downloaded. */
export interface Series {
  readonly name: string
  readonly count: number
  /** One number a day of the span. */
  readonly days: readonly number[]
}

export interface ProjectSummary {
  readonly project: ProjectName
  readonly total: number
  /** Every day of the span, the first one first. */
  readonly days: readonly { readonly day: Day; readonly count: number }[]
  /** Each with the most first. */
  readonly versions: readonly Series[]
  readonly clients: readonly Series[]
  /** Upstreams; of an empty name what came from logs and peers, which do not say. */
  readonly upstreams: readonly Series[]
}

/** Rows that are one step. */
const STEP = 500

export function* summariseProject(
  stats: DownloadStats,
  project: ProjectName,
  { span, whose }: { readonly span: Span; readonly whose: Whose },
): Steps<ProjectSummary> {
  const days = daysFrom(span.first, span.last)
  const places = new Map(days.map((day, i) => [day, i]))
  const counts = days.map(() => 0)
  const [versions, clients, upstreams] = [seriesOf(days.length), seriesOf(days.length), seriesOf(days.length)]
  const versionIn = new Map<string, string>()
  let [total, rows] = [0, 0]
  for (const { day, filename, client, upstream, count } of stats.ofProject(project, span, whose)) {
    const place = places.get(day) ?? 0
    const version = versionIn.get(filename) ?? versionOf(filename, project)
    versionIn.set(filename, version)
    counts[place] = (counts[place] ?? 0) + count
    versions.add(version, place, count)
    clients.add(client, place, count)
    upstreams.add(upstream, place, count)
    total += count
    if (++rows % STEP === 0) yield
  }
  return {
    project,
    total,
    days: days.map((day, i) => ({ day, count: counts[i] ?? 0 })),
    versions: versions.all(),
    clients: clients.all(),
    upstreams: upstreams.all(),
  }
}

/** Counts by name and day. */
function seriesOf(length: number) {
  const known = new Map<string, { count: number; readonly days: number[] }>()
  return {
    add(name: string, place: number, count: number): void {
      let series = known.get(name)
      if (series === undefined) known.set(name, (series = { count: 0, days: Array.from({ length }, () => 0) }))
      series.count += count
      series.days[place] = (series.days[place] ?? 0) + count
    },
    all: (): Series[] => Array.from(known, ([name, series]) => ({ name, ...series })).toSorted(mostFirst),
  }
}

function mostFirst(a: { count: number; name: string }, b: { count: number; name: string }): number {
  return b.count - a.count || (a.name < b.name ? -1 : 1)
}

export interface TopProject {
  readonly project: ProjectName
  readonly count: number
  /** One number a day of the span. */
  readonly days: readonly number[]
}

export interface TopProjects {
  /** Of all projects. */
  readonly total: number
  readonly projects: number
  readonly days: readonly { readonly day: Day; readonly count: number }[]
  /** The most first. */
  readonly top: readonly TopProject[]
}

export function* summariseTop(
  stats: DownloadStats,
  { span, whose, limit }: { readonly span: Span; readonly whose: Whose; readonly limit: number },
): Steps<TopProjects> {
  const counts = new Map<ProjectName, number>()
  const days: { day: Day; count: number }[] = []
  let [total, rows] = [0, 0]
  for (const day of daysFrom(span.first, span.last)) {
    let ofDay = 0
    for (const { project, count } of stats.projectsOn(day, whose)) {
      counts.set(project, (counts.get(project) ?? 0) + count)
      ofDay += count
      if (++rows % STEP === 0) yield
    }
    days.push({ day, count: ofDay })
    total += ofDay
    yield
  }
  const top: TopProject[] = []
  const ranking = Array.from(counts, ([name, count]) => ({ name, count })).toSorted(mostFirst)
  for (const { name, count } of ranking.slice(0, limit)) {
    const ofProject = yield* summariseProject(stats, name, { span, whose })
    top.push({ project: name, count, days: ofProject.days.map((each) => each.count) })
    yield
  }
  return { total, projects: counts.size, days, top }
}
