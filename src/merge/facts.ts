/** What we remember about names and files, given to the merge as data. */
import type { ProjectName } from '../simple/name.ts'

/** Facts are (upstream, project) and hold in every index. */
export interface Facts {
  /** Private upstreams whose own project list has the name. */
  readonly listedBy: readonly string[]
  /** Private upstreams that once served the name with at least one file; also those that the rules file no longer has. */
  readonly servedBy: readonly string[]
}

/** The hashes (sha256) under which files were once delivered whole, or accepted by an operator. */
export interface KnownHashes {
  of(upstream: string, project: ProjectName): ReadonlyMap<string, readonly string[]>
}

/** When files that do not say their age were first seen, by filename, ms since the epoch; 0 for those of the first page that was kept. */
export interface FirstSeen {
  of(upstream: string, project: ProjectName): ReadonlyMap<string, number>
}

/** What is known of a file's content beside what its page says, as long as the page says the same of it. */
export interface LearnedFile {
  /** Bytes. */
  readonly size?: number
  /** Of the first bytes that passed whole. */
  readonly sha256?: string
  /** Of others that passed later: the file has changed at its upstream. */
  readonly otherSha256?: string
  /** Its `sha256` may stand on pages. */
  readonly isPublished?: true
}

/** What was learned of files, by `learnedKey`. */
export interface Learned {
  of(upstream: string, project: ProjectName): ReadonlyMap<string, LearnedFile>
}

/** Nothing is known yet. */
export const NO_FACTS: Facts = { listedBy: [], servedBy: [] }

/** No file was ever delivered. */
export const NO_KNOWN_HASHES: KnownHashes = { of: () => new Map() }

/** No file has passed, and nothing was heard of one. */
export const NOTHING_LEARNED: Learned = { of: () => new Map() }

/** Every file is of the first page. */
export const NO_FIRST_SEEN: FirstSeen = { of: () => new Map() }
