/** Facts that must not be lost: who owns a name, what private upstreams list, which bytes were served. Shared by processes. */
import type { NameList } from '../simple/name-list.ts'
import type { ProjectName } from '../simple/name.ts'
import type { Finding, LearnedFiles } from './learned.ts'

/** A private upstream's own list of projects, as it was last read. */
export interface KnownList {
  readonly names: NameList
  /** When it was read, ms since the epoch. */
  readonly checkedAt: number
}

/** Bytes that were delivered to somebody, in whole. */
export interface Delivery {
  readonly upstream: string
  readonly project: ProjectName
  readonly filename: string
  readonly sha256: string
}

/**
 * Answers come from memory or an embedded database, at once; every write is durable when it returns, and binds every process
 * that shares the state from then on. All methods but
 * `close` throw StateError when the database does not do its part; nothing was changed then.
 */
export interface State {
  /** Private upstreams that once served the project with at least one file, in the order in which they did. */
  ownersOf(project: ProjectName): readonly string[]
  /** Remembers that `upstream`, a private one, served the project. Idempotent; costs no write the second time. */
  own(upstream: string, project: ProjectName): void
  /**
   * Lets a name go: whoever owned it does no longer, until it serves or lists it again; it is taken out of the kept lists too.
   * The upstreams that held it.
   */
  forget(project: ProjectName): readonly string[]
  /** Upstreams that own at least one name. */
  owners(): readonly string[]
  /** Upstreams whose list is kept. */
  listed(): readonly string[]
  listOf(upstream: string): KnownList | undefined
  /** A list that was read earlier than the kept one is passed over, unless it was read at 0: then it is no list any more. */
  keepList(upstream: string, list: KnownList): void
  /** By filename: the sha256 (hex) under which files of the project were delivered whole, or accepted, oldest first. One query. */
  servedHashes(upstream: string, project: ProjectName): ReadonlyMap<string, readonly string[]>
  /**
   * Remembers that these bytes were delivered to somebody, in whole. The first ones count: where others are known already,
   * nothing is added, and what was derived from facts is old, so that the file is looked at again.
   */
  served(upstream: string, project: ProjectName, filename: string, sha256: string): void
  /** The same for many, in one write. */
  servedAll(deliveries: readonly Delivery[]): void
  /**
   * Remembers what was found out about the content of files, in one write; costs none where nothing is new. A sha256 of a file
   * whose page says nothing of its content counts as delivered, as by `served`. Counts for `generation`, since pages show it.
   */
  learn(findings: readonly Finding[]): void
  /** What was found out about files of an upstream's project. One query. */
  learned(upstream: string, project: ProjectName): LearnedFiles
  /** Remembers that the computed sha256 of these files was put on a page. Does not count for `generation`. */
  publish(upstream: string, project: ProjectName, filenames: readonly string[]): void
  /** An operator takes these bytes (or `NO_HASH`) for right as well. */
  accept(upstream: string, project: ProjectName, filename: string, sha256: string): void
  /**
   * Remembers that these files were seen at `at` (ms since the epoch). The first call for an upstream's project is about files
   * that may have been there for ever: they count as seen at 0. Costs no write where all are known. Does not count for `generation`.
   */
  see(upstream: string, project: ProjectName, filenames: readonly string[], at: number): void
  /** By filename, when each was seen first; 0 for those of the first time. One query. */
  firstSeen(upstream: string, project: ProjectName): ReadonlyMap<string, number>
  /** Asks that no answer about the project that is older than `at` (ms since the epoch) is given before its upstream was asked again. */
  refresh(project: ProjectName, at: number): void
  /** When that was last asked for; undefined: never. */
  refreshedAt(project: ProjectName): number | undefined
  /**
   * Grows whenever a fact was added or dropped, by this process or another (noticed within a millisecond): what was derived
   * from facts is then old. Two things that happen all the time do not count, since no answer follows from them: a list
   * that was read again and is the same, and the first sha256 of a file, which is the one that the page gave.
   */
  generation(): number
  close(): void
}

/** Why a state cannot be used: it is not there, a newer Unidex wrote it, it cannot be read, or it takes no writes. */
export type StateProblem = 'missing' | 'newer' | 'unreadable' | 'unwritable'

/** The state cannot be used. `message` names the file and says what can be done; it is never made anew behind somebody's back. */
export class StateError extends Error {
  override readonly name = 'StateError'
  readonly problem: StateProblem

  constructor(problem: StateProblem, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.problem = problem
  }
}
