/** A trace as something to read: who was asked and what they said, and for every file why it is served or hidden. */
import type { Whence } from '../indexes/contract.ts'
import type { Ownership, Plan } from '../merge/plan.ts'
import type { Place, Policy } from '../merge/policy.ts'
import type { Settings } from '../merge/settings.ts'
import { type HiddenFile, type Verdict, sayVerdict } from '../merge/verdict.ts'
import { sayDuration } from '../simple/duration.ts'
import { sayInstant } from '../simple/instant.ts'
import type { ProjectFile } from '../simple/model.ts'
import type { ProjectName } from '../simple/name.ts'
import { sayAbsent } from './absence.ts'
import type { Heard } from './hear.ts'
import type { Trace } from './resolution.ts'

/** All times are ms since the epoch. Plain data: `JSON.stringify` of it is what programs read. */
export interface Explanation {
  readonly project: ProjectName
  readonly index: string
  /** The moment of the view; absent: now. */
  readonly asOf?: number
  /** `served`: there is a page, with or without files. The others are what a client gets: 404, a page that withholds, 502 or 503, offline 424. */
  readonly outcome: 'served' | 'absent' | 'denied' | 'failed'
  /** Where it failed: whether it may heal by itself (503), or an operator must act (502). */
  readonly mayHeal?: boolean
  /** The outcome in one sentence. */
  readonly summary: string
  /** Until then time alone changes nothing; absent: the next request asks again. */
  readonly until?: number
  readonly owner?: ExplainedOwner
  /** Those that a rule decided. */
  readonly settings: readonly ExplainedSetting[]
  /** Every upstream of the index and of the project's route, in the order in which they count. */
  readonly upstreams: readonly ExplainedUpstream[]
  /** By filename. */
  readonly files: readonly ExplainedFile[]
}

export interface ExplainedOwner {
  readonly upstream: string
  readonly by: Ownership['by']
  readonly why: string
}

export interface ExplainedSetting {
  readonly setting: string
  readonly value: string
  readonly place: Place
}

export interface ExplainedUpstream {
  readonly upstream: string
  /** It holds only the operator's own projects. */
  readonly private?: true
  /** `not-asked`: it did not learn the name. `not-needed`: somebody above it had decided. */
  readonly said: 'page' | 'absent' | 'listed-absent' | 'failed' | 'not-asked' | 'not-needed'
  /** What it said, or why it was not asked, in one sentence. */
  readonly why: string
  /** It sends whoever asks for the name to PyPI. */
  readonly forwards?: true
  /** On its page, before any rule. */
  readonly files?: number
  /** Entries of its page that could not be read, and why; the first hundred at most. */
  readonly dropped?: readonly { readonly what: string; readonly why: string }[]
  readonly checkedAt?: number
  readonly freshUntil?: number
}

export interface ExplainedFile {
  readonly filename: string
  readonly version: string
  readonly upstream: string
  readonly served: boolean
  /** Why it is hidden; absent where it is served. */
  readonly verdict?: Verdict
  readonly reason?: string
  readonly size?: number
  /** What its upstream says. */
  readonly uploadTime?: string
  /** Where it says nothing and pages show when the file was first seen: that time, or 1970 for what was there from the first. */
  readonly firstSeen?: string
  readonly yanked?: true | string
  readonly requiresPython?: string
}

/** Pure. `now` in ms since the epoch. */
export function explain(trace: Trace, policy: Policy, now: number): Explanation {
  const { view, plan, heard, result } = trace
  const owner = plan.kind === 'denied' ? undefined : plan.owner
  const files = result.kind === 'page' ? explainFiles(result.page.files, result.hidden) : []
  const until = result.kind === 'failed' || result.until === 0 ? undefined : result.until
  return {
    project: plan.project,
    index: view.index,
    ...(view.asOf !== undefined && { asOf: view.asOf }),
    outcome: result.kind === 'page' ? 'served' : result.kind,
    ...(result.kind === 'failed' && { mayHeal: result.error.mayHeal }),
    summary: summaryOf(trace, files),
    ...(until !== undefined && until !== Infinity && { until }),
    ...(owner && { owner: { upstream: owner.upstream, by: owner.by, why: sayOwner(owner, plan.project) } }),
    settings: explainSettings(plan.settings),
    upstreams: explainUpstreams(plan, heard, policy.indexes.get(view.index)?.upstreams ?? [], now).map((each) =>
      withRole(each, policy),
    ),
    files,
  }
}

function summaryOf({ plan, result }: Trace, files: readonly ExplainedFile[]): string {
  const { project } = plan
  switch (result.kind) {
    case 'absent':
      return sayAbsent(result)
    case 'denied':
      return `${project} is withheld: ${result.reason}`
    case 'failed':
      return `Upstream "${result.error.upstream}" cannot say (${result.error.message}), and nothing else may answer in its place`
    case 'page': {
      const served = files.filter((file) => file.served)
      const origins = [...new Set(served.map(({ upstream }) => upstream))]
      const hidden = files.length - served.length
      const from = origins.length === 0 ? '' : ` from ${origins.join(' and ')}`
      return `${project} is served with ${count(served.length, 'file')}${from}; ${hidden === 0 ? 'nothing is' : `${count(hidden, 'file')} ${hidden === 1 ? 'is' : 'are'}`} hidden`
    }
    default:
      return result satisfies never
  }
}

function sayOwner({ upstream, by }: Ownership, project: ProjectName): string {
  const alone = `and nobody else is asked for it, whatever other rules say`
  switch (by) {
    case 'pattern':
      return `${project} belongs to ${upstream} because its "owns" names it, ${alone}`
    case 'list':
      return `${project} belongs to ${upstream} because its own list of projects has it, ${alone}`
    case 'memory':
      return `${project} belongs to ${upstream} because it once served it, ${alone}; "unidex forget ${project}" lets it go`
    default:
      return by satisfies never
  }
}

/** In the words of the rules file. */
function explainSettings(settings: Settings): ExplainedSetting[] {
  const { upstreams, strategy, deny, versions, files, yanked, cooldown, excludeNewer } = settings
  const said: readonly (readonly [string, { readonly rule?: { readonly place: Place } }, string])[] = [
    ['upstreams', upstreams, upstreams.value.join(', ')],
    ['strategy', strategy, strategy.value],
    ['deny', deny, String(deny.value)],
    ['versions', versions, versions.value?.text ?? ''],
    ['files', files, files.value?.texts.join(' ') ?? ''],
    ['yanked', yanked, yanked.value],
    ['cooldown', cooldown, sayDuration(cooldown.value ?? 0)],
    ['excludeNewer', excludeNewer, sayInstant(excludeNewer.value ?? 0)],
  ]
  return said.flatMap(([setting, { rule }, value]) =>
    rule === undefined ? [] : [{ setting, value, place: rule.place }],
  )
}

function explainUpstreams(
  plan: Plan,
  heard: readonly Heard[],
  ofIndex: readonly string[],
  now: number,
): ExplainedUpstream[] {
  const asked = plan.kind === 'ask' ? plan.waves.flat() : []
  const all = [...new Set([...asked, ...plan.settings.upstreams.value, ...ofIndex])]
  const bySource = new Map(heard.map((each) => [each.source.upstream, each]))
  const decider = heard.find(({ outcome }) => outcome.kind !== 'absent')?.source.upstream
  return all.map((upstream) => {
    const said = bySource.get(upstream)
    if (said !== undefined) return explainHeard(upstream, said, now)
    if (asked.includes(upstream)) {
      const why = `not needed: ${decider ?? 'another upstream'}, of higher priority, decides`
      return { upstream, said: 'not-needed', why }
    }
    return { upstream, said: 'not-asked', why: `not asked: ${whyNotAsked(plan, upstream)}` }
  })
}

function withRole(said: ExplainedUpstream, { upstreams }: Policy): ExplainedUpstream {
  return upstreams.get(said.upstream)?.private ? { ...said, private: true } : said
}

function whyNotAsked(plan: Plan, upstream: string): string {
  if (plan.kind === 'denied') return 'the project is withheld'
  if (plan.owner !== undefined) return `the name belongs to ${plan.owner.upstream} alone`
  const { rule, value } = plan.settings.upstreams
  const at = rule === undefined ? '' : ` (${rule.place.file}:${rule.place.line})`
  return value.includes(upstream) ? 'nobody is' : `a rule asks ${value.join(', ')} alone${at}`
}

function explainHeard(upstream: string, { outcome, source, answer, error }: Heard, now: number): ExplainedUpstream {
  const times = answer && { checkedAt: answer.checkedAt, freshUntil: answer.freshUntil }
  const page = answer?.page
  const age = answer === undefined ? '' : `, ${sayAge(now - answer.checkedAt)}`
  if (outcome.kind === 'present' && page !== undefined) {
    const stale = source.state === 'stale' ? `; it cannot say now (${source.reason}), so what is kept of it counts` : ''
    const status = page.status === undefined || page.status.status === 'active' ? '' : `, ${page.status.status}`
    const left = page.droppedCount === 0 ? '' : `; ${count(page.droppedCount, 'entry', 'entries')} could not be read`
    const why = `has it, with ${count(page.files.length, 'file')}${status}${age}${sayWhence(answer?.whence)}${left}${stale}`
    const dropped = page.dropped.length === 0 ? {} : { dropped: page.dropped }
    return { upstream, said: 'page', why, files: page.files.length, ...dropped, ...times }
  }
  const forwards = error?.code === 'forwarded' ? ({ forwards: true } as const) : {}
  if (source.state === 'listed-absent') {
    const said = forwards.forwards ? 'sends whoever asks for it to PyPI' : `cannot say (${error?.message})`
    const why = `${said}, and its list, at most an hour old, does not have it`
    return { upstream, said: 'listed-absent', why, ...forwards }
  }
  if (outcome.kind === 'absent') return { upstream, said: 'absent', why: `does not have it${age}`, ...times }
  const why = `cannot say: ${error?.message ?? source.reason ?? 'no reason is known'}`
  return { upstream, said: 'failed', why, ...forwards }
}

/** Of an upstream with mirrors: which of them said it. */
function sayWhence({ mirror, behind }: Whence = {}): string {
  if (mirror === undefined) return ''
  return behind === undefined ? ` at ${mirror}` : ` at ${mirror}, which may be behind (${behind})`
}

function explainFiles(served: readonly ProjectFile[], hidden: readonly HiddenFile[]): ExplainedFile[] {
  const all = [
    ...served.map((file) => explainFile(file)),
    ...hidden.map((each) => ({ ...explainFile(each.file), served: false, ...explainVerdict(each) })),
  ]
  return all.toSorted((a, b) => (a.filename < b.filename ? -1 : a.filename > b.filename ? 1 : 0))
}

function explainVerdict(hidden: HiddenFile): Pick<ExplainedFile, 'verdict' | 'reason'> {
  return { verdict: hidden.verdict, reason: sayVerdict(hidden) }
}

function explainFile(file: ProjectFile): ExplainedFile {
  const { filename, version, upstream, size, uploadTime, isFirstSeen, yanked, requiresPython } = file
  return {
    filename,
    version,
    upstream,
    served: true,
    ...(size !== undefined && { size }),
    ...(uploadTime !== undefined && (isFirstSeen ? { firstSeen: uploadTime } : { uploadTime })),
    ...(yanked !== undefined && { yanked }),
    ...(requiresPython !== undefined && { requiresPython }),
  }
}

function sayAge(ms: number): string {
  const seconds = Math.floor(ms / 1000)
  if (seconds < 1) return 'asked just now'
  if (seconds < 120) return `asked ${count(seconds, 'second')} ago`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 120) return `asked ${count(minutes, 'minute')} ago`
  const hours = Math.floor(minutes / 60)
  return hours < 48 ? `asked ${count(hours, 'hour')} ago` : `asked ${count(Math.floor(hours / 24), 'day')} ago`
}

function count(number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString('en')} ${number === 1 ? one : many}`
}
