/** What happened lately, in memory: how upstreams answered in the last hour, and what somebody should know since the start. */
import type { Field, Report } from './report.ts'

/** What came of the questions to one upstream within one minute. */
export interface MinuteOfUpstream {
  /** Minutes since the epoch. */
  readonly minute: number
  readonly asked: number
  readonly failed: number
  /** Of all questions together; the mean is `ms / asked`. */
  readonly ms: number
}

export interface RecentUpstream {
  /** Oldest first, of the last hour; minutes without a question are left out. */
  readonly minutes: readonly MinuteOfUpstream[]
  readonly lastFailure?: { readonly at: number; readonly code: string; readonly reason: string }
  readonly lastAnswerAt?: number
  /** It fails, and is asked only now and then. */
  readonly leftAlone: boolean
}

/** Something that came once or more often since the start. `subject`: a project or a file; empty where it is about the upstream. */
export interface Notice {
  readonly event: string
  readonly subject: string
  readonly upstream: string
  readonly reason: string
  readonly count: number
  /** ms since the epoch. */
  readonly lastAt: number
}

export interface Recent {
  /** A report that remembers, and passes on to `report`. */
  listening(report: Report): Report
  /** As it is at this moment; undefined: nothing has been heard of it yet. */
  upstream(name: string): RecentUpstream | undefined
  /** Newest first. */
  notices(): Notice[]
}

const MINUTE_MS = 60_000
const KEPT_MINUTES = 60
/** Of different notices; the ones that came longest ago are forgotten first. */
const MAX_NOTICES = 200

const NOTICED: ReadonlySet<string> = new Set([
  'name_held',
  'names_held',
  'owner_absent',
  'hash_conflict',
  'hash_changed',
  'private_is_public_copy',
  'private_has_public_names',
  'mirror_conflict',
  'mirror_overruled',
  'mirror_wrong_file',
  'served_stale',
  'served_partial',
])

type Fields = Readonly<Record<string, Field>>
type Mutable<T> = { -readonly [K in keyof T]: T[K] }
type Heard = Mutable<Omit<RecentUpstream, 'minutes'>> & { readonly minutes: Mutable<MinuteOfUpstream>[] }

/** `now` in ms since the epoch. */
export function openRecent(now: () => number): Recent {
  const upstreams = new Map<string, Heard>()
  const notices = new Map<string, Notice>()

  function upstreamOf(fields: Fields) {
    const name = String(fields['upstream'])
    let known = upstreams.get(name)
    if (known === undefined) upstreams.set(name, (known = { minutes: [], leftAlone: false }))
    return known
  }

  function asked(fields: Fields, failed: boolean): void {
    // A file takes as long as it is large, and says little about how an upstream is.
    if (fields['kind'] === 'file') return
    const known = upstreamOf(fields)
    const minute = Math.floor(now() / MINUTE_MS)
    let last = known.minutes.at(-1)
    if (last?.minute !== minute) {
      known.minutes.push((last = { minute, asked: 0, failed: 0, ms: 0 }))
      if (known.minutes.length > KEPT_MINUTES) known.minutes.shift()
    }
    last.asked += 1
    last.ms += Number(fields['ms'] ?? 0)
    if (!failed) {
      // After a reload nobody says that it is back: the breaker that opened is gone.
      known.leftAlone = false
      known.lastAnswerAt = now()
      return
    }
    last.failed += 1
    known.lastFailure = { at: now(), code: String(fields['code'] ?? ''), reason: String(fields['reason'] ?? '') }
  }

  function notice(event: string, fields: Fields): void {
    const subject = String(fields['project'] ?? fields['file'] ?? '')
    const upstream = String(fields['upstream'] ?? '')
    const key = `${event} ${subject} ${upstream}`
    const count = (notices.get(key)?.count ?? 0) + 1
    // Deleted first, so that the newest stands last.
    notices.delete(key)
    notices.set(key, { event, subject, upstream, reason: String(fields['reason'] ?? ''), count, lastAt: now() })
    const [oldest] = notices.keys()
    if (notices.size > MAX_NOTICES && oldest !== undefined) notices.delete(oldest)
  }

  return {
    listening: (report) => (level, event, fields) => {
      report(level, event, fields)
      if (fields === undefined) return
      if (event === 'upstream_answered') asked(fields, false)
      else if (event === 'upstream_forwards') asked(fields, false)
      else if (event === 'upstream_failed') asked(fields, true)
      else if (event === 'upstream_left_alone') upstreamOf(fields).leftAlone = true
      else if (event === 'upstream_is_back') upstreamOf(fields).leftAlone = false
      else if ((level === 'error' || level === 'warn') && NOTICED.has(event)) notice(event, fields)
    },

    upstream(name) {
      const known = upstreams.get(name)
      if (known === undefined) return undefined
      const since = Math.floor(now() / MINUTE_MS) - KEPT_MINUTES
      return { ...known, minutes: known.minutes.filter(({ minute }) => minute > since) }
    },

    notices: () => [...notices.values()].toReversed(),
  }
}
