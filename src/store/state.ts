/** Facts that must not be lost: who owns a name, what private upstreams list, which bytes were served. Shared by processes. */
import type { NameList } from '../simple/name-list.ts'
import type { ProjectName } from '../simple/name.ts'

/** A private upstream's own list of projects, as it was last read. */
export interface KnownList {
  readonly names: NameList
  /** When it was read, ms since the epoch. */
  readonly checkedAt: number
}

/** Answers come from memory or an embedded database, at once; every write is durable when it returns. */
export interface State {
  /** Private upstreams that once served the project with at least one file, in the order in which they did. */
  ownersOf(project: ProjectName): readonly string[]
  /** Remembers that `upstream`, a private one, served the project. Idempotent; costs no write the second time. */
  own(upstream: string, project: ProjectName): void
  /** Lets a name go: whoever owned it does no longer, until it serves it again. How many facts that were. */
  forget(project: ProjectName): number
  /** Upstreams that own at least one name. */
  owners(): readonly string[]
  listOf(upstream: string): KnownList | undefined
  keepList(upstream: string, list: KnownList): void
  /** By filename: the sha256 (hex) under which files of the project were delivered whole, or accepted, oldest first. One query. */
  servedHashes(upstream: string, project: ProjectName): ReadonlyMap<string, readonly string[]>
  /** Remembers that these bytes were delivered to somebody, in whole. Idempotent. */
  served(upstream: string, project: ProjectName, filename: string, sha256: string): void
  /** Grows whenever a fact was added or dropped, by this process or another: what was derived from facts is then old. */
  generation(): number
  close(): void
}
