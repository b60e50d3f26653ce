/** The contract of what keeps the counts: ours, those that came from logs, and those of other servers. */
import type { Steps } from '../pace/steps.ts'
import type { ProjectName } from '../simple/name.ts'
import type { Client } from './client.ts'
import type { Count, CountedFile } from './count.ts'
import type { Day } from './day.ts'

/** Downloads to be added. */
export interface Downloads {
  readonly day: Day
  readonly file: CountedFile
  readonly client: Client
  readonly count: number
}

/** Days, both among them. */
export interface Span {
  readonly first: Day
  readonly last: Day
}

/** Whose counts are meant: always ours, and those of these peers, by their addresses. */
export interface Whose {
  readonly peers: readonly string[]
}

/** What is known of a project on one day. */
export interface DayOfFile {
  readonly day: Day
  readonly filename: string
  /** Empty where it is not known: from logs of other servers, and from peers. */
  readonly upstream: string
  readonly client: Client
  readonly count: number
}

/** A log that was counted, told by its bytes. */
export interface CountedLog {
  /** As it was called then; for people. */
  readonly name: string
  /** Of its first bytes: how many, and their sha256. */
  readonly start: Prefix
  /** Of all that was counted. */
  readonly whole: Prefix
}

export interface Prefix {
  readonly length: number
  readonly sha256: string
}

/** How a peer was when it was asked last. Times in ms since the epoch. */
export interface PeerStanding {
  readonly answeredAt?: number
  /** Why it could not be read the last time. */
  readonly failure?: string
  readonly failedAt?: number
  readonly days: number
}

/** A day's file of a peer, as it was read. */
export interface PeerDay {
  readonly day: Day
  /** What makes the next question conditional. */
  readonly etag: string | undefined
  readonly counts: Iterable<Count>
}

/**
 * All methods may throw what the database throws; nothing was changed then. What iterates reads one state of it, and is
 * closed before the next write of the same process where it cannot be read to its end.
 */
export interface DownloadStats {
  /** Adds downloads of ours, in one transaction. Several processes add up. */
  add(downloads: Iterable<Downloads>): void
  /** The same together with the log that they were read from. */
  addLog(log: CountedLog, downloads: Iterable<Downloads>): void
  logs(): readonly CountedLog[]
  /** The first day on which anything was counted; undefined: nothing was. */
  firstDay(whose: Whose): Day | undefined
  /**
   * What is published of the days together, by project, file and client; undefined where nothing was found yet and others may
   * have their turn. Nothing of private upstreams is among it.
   */
  published(span: Span, whose: Whose): Iterable<Count | undefined>
  /** Downloads of a day by project, private ones too. */
  projectsOn(day: Day, whose: Whose): Iterable<{ readonly project: ProjectName; readonly count: number }>
  /** Of one project, private or not, the first day first. */
  ofProject(project: ProjectName, span: Span, whose: Whose): Iterable<DayOfFile>
  /** A name that no other database of counts has. */
  identity(): string
  /**
   * The day of a peer is this from now on, whatever it was: all at once, at the end of short steps. The counts of one day are
   * read in them.
   */
  setPeerDay(peer: string, day: PeerDay): Steps<void>
  /** Whether nobody else asked the peer within `withinMs` before `now` (ms since the epoch): then it is the caller's to ask. */
  claimPeer(peer: string, now: number, withinMs: number): boolean
  /** By day, the `etag` of the days of the peer that are kept. */
  peerDays(peer: string): ReadonlyMap<Day, string | undefined>
  setStanding(peer: string, standing: { readonly at: number; readonly failure?: string }): void
  standing(peer: string): PeerStanding | undefined
  /** Another number after every change, by whichever process. */
  version(): number
  close(): void
}
