/** What a request lives with from its beginning to its end, whatever is reloaded meanwhile. */
import type { Companions } from '../files/companion.ts'
import type { Deliverer } from '../files/deliver.ts'
import type { FileSource } from '../files/source.ts'
import type { MirrorView } from '../indexes/mirror-view.ts'
import type { Explanation } from '../resolve/explanation.ts'
import type { Resolver } from '../resolve/resolution.ts'
import type { ProjectFile } from '../simple/model.ts'
import type { ProjectName } from '../simple/name.ts'

export interface Snapshot {
  readonly resolver: Resolver
  readonly deliverer: Deliverer
  readonly companions: Companions
  /** How the upstream that listed the file is asked for it. */
  sourceOf(
    file: ProjectFile,
    project: ProjectName,
  ): FileSource & {
    /** Clients are sent to the upstream for its files. */
    readonly redirects: boolean
    /** It may change under its name. */
    readonly mutable: boolean
  }
  /** What a page promises of a file's core metadata. */
  promisedMetadata(file: ProjectFile): ProjectFile['coreMetadata']
  /** The hashes under which the file was delivered, where its own is not among them (and it may not change). */
  changedFrom(file: ProjectFile, project: ProjectName): readonly string[] | undefined
  /** Why a project is as it is; asks as a request would. @throws UnknownIndexError */
  explain(index: string, project: ProjectName): Promise<Explanation>
  /** The rules as they are understood. No secret is in them. */
  rules(): Promise<RulesInWords>
  /** In the order of the rules file. */
  readonly upstreams: readonly {
    readonly name: string
    readonly host: string
    readonly private: boolean
    /** Its addresses as they stand now, in the order in which they are asked. Empty: it has one. */
    mirrors(): readonly MirrorView[]
  }[]
  /** Names of the indexes; `default` is the one at `/simple/`. */
  readonly indexes: readonly string[]
  /** Whether an index has a private upstream: then even a public page may become private at any moment. */
  hasPrivate(index: string): boolean
  /** Servers whose download counts are added to ours, by their addresses. */
  readonly peers: readonly string[]
  /** No upstream is private: what is public stays so. */
  readonly isAllPublic: boolean
  /** When the upstreams of `default` were asked last, each of them with success, ms since the epoch; undefined: one never was. */
  upToDateAt(): number | undefined
  /** Upstreams that anybody may be told of, with their addresses. */
  readonly mirrored: readonly MirroredUpstream[]
  /** `Host` headers that are answered beside loopback ones, lower case, without port. */
  readonly hosts: readonly string[]
  /** Under which clients reach us, ending in `/`, where that is not what they send as `Host`: only absolute links need it. */
  readonly servedAt?: string
}

/** A public upstream with several addresses. */
export interface MirroredUpstream {
  readonly name: string
  /** Its own address. */
  readonly url: string
  /** Those that need no secret, in the order in which they are asked. */
  addresses(): readonly MirrorView[]
}

/** What the rules mean, as sentences with titles. */
export interface RulesInWords {
  readonly title: string
  readonly sections: readonly { readonly title: string; readonly sentences: readonly string[] }[]
}

/** Gives the snapshot of this moment. */
export type CurrentSnapshot = () => Snapshot
