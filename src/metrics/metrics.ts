/** What a process counts of its work: fed by the events that are reported anyway, and by the few places that have none. */
import type { Field, Level, Report } from '../log/report.ts'
import type { Family } from './exposition.ts'
import { counter, histogram } from './instruments.ts'
import { processFigures } from './process.ts'

/** What was asked for. */
export type Route = 'page' | 'list' | 'file' | 'metadata' | 'json' | 'people' | 'other'

/** Counts since the start; never a project's name. Nothing here throws or waits. */
export interface Metrics {
  /** A report that counts, and passes on what it hears. */
  counting(report: Report): Report
  /** Pages that were at hand, by status: the one thing that is done for each of them is to add 1. */
  readonly atHand: Record<200 | 304, number>
  /** A request was answered by the routes; `ms` to the answer's head. */
  answered(route: Route, status: number, ms: number): void
  /** Where a page that was not at hand came from. */
  resolved(from: 'kept' | 'confirmed' | 'merged'): void
  /** Bytes of bodies came from an upstream. */
  fetched(upstream: string, bytes: number): void
  /** Figures that are looked up when somebody asks for them. */
  watch(read: () => readonly Family[]): void
  families(): Family[]
}

type Fields = Readonly<Record<string, Field>>

export function openMetrics(): Metrics {
  const requests = counter({
    name: 'unidex_requests_total',
    help: 'Requests that were answered',
    labels: ['route', 'status'],
  })
  const requestTimes = histogram({
    name: 'unidex_request_seconds',
    help: 'Time from a request to the head of its answer, in seconds',
    labels: ['route'],
  })
  const pages = counter({
    name: 'unidex_pages_total',
    help: 'Project pages by where they came from: at_hand (finished bytes), kept (a resolution that still held), confirmed (its upstreams said nothing new), merged (resolved anew)',
    labels: ['from'],
  })
  const answers = counter({
    name: 'unidex_upstream_answers_total',
    help: 'Answers about a project or a list by where they came from: kept, stale (kept, because the upstream cannot say) or asked',
    labels: ['upstream', 'from'],
  })
  const outcomes = counter({
    name: 'unidex_upstream_outcomes_total',
    help: 'What came of questions to an upstream: page, list, file, absent, or the code of a failure',
    labels: ['upstream', 'kind', 'outcome'],
  })
  const upstreamTimes = histogram({
    name: 'unidex_upstream_seconds',
    help: 'Time that an upstream took to answer, or to fail, in seconds; of a file to its head',
    labels: ['upstream', 'kind'],
  })
  const fetchedBytes = counter({
    name: 'unidex_fetched_bytes_total',
    help: 'Bytes of bodies that came from an upstream, as they were sent',
    labels: ['upstream'],
  })
  const events = counter({
    name: 'unidex_events_total',
    help: 'Events of the log, also those that it did not repeat',
    labels: ['level', 'event'],
  })
  const alarms = counter({
    name: 'unidex_alarms_total',
    help: 'Events of the log that somebody should look at',
    labels: ['level'],
  })
  // There from the beginning: of a figure that begins at 1, nobody sees that it grew.
  for (const level of ['error', 'warn']) alarms.add([level], 0)
  const atHand = { 200: 0, 304: 0 }
  const watched: (() => readonly Family[])[] = [processFigures()]

  /** Figures that stand in fields of events. Events below `info` are only that. */
  function hear(level: Level, event: string, fields: Fields): void {
    if (level !== 'debug') events.add([level, event])
    if (level === 'error' || level === 'warn') alarms.add([level])
    if (event === 'upstream_answered') upstreamSaid(fields, fields['answer'])
    else if (event === 'upstream_failed' || event === 'upstream_forwards') upstreamSaid(fields, fields['code'])
    else if (event === 'answer_given') answers.add([said(fields['upstream']), said(fields['from'])])
  }

  function upstreamSaid({ upstream, kind, ms }: Fields, outcome: Field): void {
    outcomes.add([said(upstream), said(kind), said(outcome)])
    upstreamTimes.observe([said(upstream), said(kind)], Number(ms))
  }

  /** What was only added up is brought in where figures are made of it. */
  function bringIn(): void {
    for (const status of [200, 304] as const) {
      const more = atHand[status]
      if (more === 0) continue
      atHand[status] = 0
      requests.add(['page', String(status)], more)
      requestTimes.observe(['page'], 0, more)
      pages.add(['at_hand'], more)
    }
  }

  return {
    counting: (report) => (level, event, fields) => {
      // Requests are counted by those who know their route.
      if (event !== 'request') hear(level, event, fields ?? {})
      report(level, event, fields)
    },
    atHand,
    answered(route, status, ms) {
      requests.add([route, String(status)])
      requestTimes.observe([route], ms)
    },
    resolved: (from) => pages.add([from]),
    fetched: (upstream, bytes) => fetchedBytes.add([upstream], bytes),
    watch: (read) => void watched.push(read),
    families() {
      bringIn()
      const counted = [requests, requestTimes, pages, answers, outcomes, upstreamTimes, fetchedBytes, events, alarms]
      return [...counted.map((each) => each.family()), ...watched.flatMap((read) => read())]
    },
  }
}

function said(field: Field): string {
  return field === undefined ? '' : String(field)
}
