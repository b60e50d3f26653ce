/** What an operator wrote in the rules file, as the merge reads it: upstreams' roles, indexes, rules. */
import type { FilenameGlobs } from './filename-globs.ts'
import type { NamePattern } from './name-pattern.ts'
import type { VersionSpecifier } from '../simple/version.ts'

/** Where something stands in the rules file: for messages and verdicts. Lines and columns count from 1. */
export interface Place {
  readonly file: string
  readonly line: number
  readonly column: number
}

/** `first-index`: the first that has the project answers alone. `by-version`: each version from one. `by-file`: the union. */
export type Strategy = 'first-index' | 'by-version' | 'by-file'

/** What the merge must know of an upstream. */
export interface UpstreamPolicy {
  readonly name: string
  /** Holds only the operator's own projects: what it has never comes from elsewhere. */
  readonly private: boolean
  /** Names that this upstream alone answers for, published or not. */
  readonly owns: readonly NamePattern[]
  /** May be missing from a shared page; never the only source of a name. */
  readonly optional: boolean
  /** Base URLs, each ending in `/`, below which its files lie. */
  readonly filesAt: readonly string[]
  /** Its files may change under their name. */
  readonly mutable: boolean
  /** Files younger than this are hidden, in ms; where no rule says otherwise. */
  readonly cooldownMs?: number
  /** `redirect`: clients fetch its files from itself, so what passed here says nothing of what they get. Absent: `through`. */
  readonly deliver?: 'through' | 'redirect'
  /** Files that do not say when they were uploaded are given the time when they were first seen. */
  readonly uploadTimes?: 'listed' | 'first-seen'
}

/** What passed of a file whose page says nothing of its content is the file's content for good: it may not change, and passes here. */
export function isFixed({ mutable, deliver }: Pick<UpstreamPolicy, 'mutable' | 'deliver'>): boolean {
  return !mutable && deliver !== 'redirect'
}

/** One rule. A setting that is absent is not named by the rule. */
export interface Rule {
  readonly projects: readonly NamePattern[]
  readonly upstreams?: readonly string[]
  readonly strategy?: Strategy
  /** The reason, or false: not denied, whatever later rules say. */
  readonly deny?: string | false
  readonly versions?: VersionSpecifier
  readonly files?: FilenameGlobs
  readonly yanked?: 'keep' | 'hide'
  /** Files younger than this are hidden, in ms; 0: none. */
  readonly cooldown?: number
  /** Files that were not there before this moment are hidden, ms since the epoch. */
  readonly excludeNewer?: number
  readonly place: Place
}

/** A named, ordered list of upstreams and the rules that merge them. */
export interface IndexPolicy {
  readonly name: string
  /** Highest priority first. */
  readonly upstreams: readonly string[]
  readonly rules: readonly Rule[]
}

/** Everything that decides what is served; one value that a request keeps to its end. */
export interface Policy {
  readonly upstreams: ReadonlyMap<string, UpstreamPolicy>
  readonly indexes: ReadonlyMap<string, IndexPolicy>
}
