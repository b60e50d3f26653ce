/** Counts for people: a project's downloads over time, by version, by client and by where they came from; and who is on top. */
import type { Steps } from '../pace/steps.ts'
import type { ProjectName } from '../simple/name.ts'
import type { Client } from './client.ts'
import { versionOf } from './count.ts'
import { type Day, daysFrom } from './day.ts'
import type { DownloadStats, Span, Whose } from './download-stats.ts'

/** How often something of a name was downloaded. */
export interface Share {
  readonly name: string
  readonly count: number
}

export interface ProjectSummary {
  readonly project: ProjectName
  readonly total: number
  /** Every day of the span, the first one first. */
  readonly days: readonly { readonly day: Day; readonly count: number }[]
  /** Each with the most first. */
  readonly versions: readonly Share[]
  readonly clients: readonly Share[]
  /** Upstreams; of an empty name what came from logs and peers, which do not say. */
  readonly upstreams: readonly Share[]
}

/** Rows that are one step. */
const STEP = 500

export function* summariseProject(
  stats: DownloadStats,
  project: ProjectName,
  { span, whose }: { readonly span: Span; readonly whose: Whose },
): Steps<ProjectSummary> {
  const days = new Map(daysFrom(span.first, span.last).map((day) => [day, 0]))
  const versions = new Map<string, number>()
  const clients = new Map<Client, number>()
  const upstreams = new Map<string, number>()
  const versionIn = new Map<string, string>()
  let [total, rows] = [0, 0]
  for (const { day, filename, client, upstream, count } of stats.ofProject(project, span, whose)) {
    const version = versionIn.get(filename) ?? versionOf(filename, project)
    versionIn.set(filename, version)
    add(days, day, count)
    add(versions, version, count)
    add(clients, client, count)
    add(upstreams, upstream, count)
    total += count
    if (++rows % STEP === 0) yield
  }
  return {
    project,
    total,
    days: Array.from(days, ([day, count]) => ({ day, count })),
    versions: shares(versions),
    clients: shares(clients),
    upstreams: shares(upstreams),
  }
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
      add(counts, project, count)
      ofDay += count
      if (++rows % STEP === 0) yield
    }
    days.push({ day, count: ofDay })
    total += ofDay
    yield
  }
  const top: TopProject[] = []
  for (const { name, count } of shares(counts).slice(0, limit)) {
    const ofProject = yield* summariseProject(stats, name, { span, whose })
    top.push({ project: name, count, days: ofProject.days.map((each) => each.count) })
    yield
  }
  return { total, projects: counts.size, days, top }
}

function add<Key>(counts: Map<Key, number>, key: Key, count: number): void {
  counts.set(key, (counts.get(key) ?? 0) + count)
}

function shares<Name extends string>(counts: ReadonlyMap<Name, number>): (Share & { readonly name: Name })[] {
  return Array.from(counts, ([name, count]) => ({ name, count })).toSorted(
    (a, b) => b.count - a.count || (a.name < b.name ? -1 : 1),
  )
}
