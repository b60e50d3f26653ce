/** The simple repository API as data: what a project page says, in one type, whatever format it came in. */
import type { ProjectName } from './name.ts'

/** The hash algorithms that are read and written; every other name is dropped, since pip hands it to `hashlib.new` and fails. */
export const HASH_NAMES = ['sha256', 'sha384', 'sha512', 'blake2b', 'sha224', 'sha1', 'md5'] as const
export type HashName = (typeof HASH_NAMES)[number]

/** Proof enough that two files are the same: a collision cannot be made. */
export const STRONG_HASH_NAMES = ['sha256', 'sha384', 'sha512', 'blake2b'] as const satisfies readonly HashName[]

/** Algorithm to lower-case hex digest, in the order of `HASH_NAMES`: pip checks the first key only. */
export type Hashes = Readonly<Partial<Record<HashName, string>>>

/** Stands for the sha256 of a file that is listed without one, where hashes are remembered. */
export const NO_HASH = ''

/** One file of a project, as one upstream lists it. */
export interface ProjectFile {
  /** The last segment of the URL's path, percent-decoded once: pip takes the name from there. */
  readonly filename: string
  /** Absolute http(s), without userinfo and fragment: a relative URL was resolved against the page it stood on. May have a query. */
  readonly url: string
  /** The upstream that listed the file. */
  readonly upstream: string
  /** The version that the filename says, as it is spelled there. */
  readonly version: string
  readonly hashes: Hashes
  readonly requiresPython?: string
  /** Bytes. */
  readonly size?: number
  /** `yyyy-mm-ddThh:mm:ss[.ffffff]Z` (PEP 700). */
  readonly uploadTime?: string
  /** true, or the reason. Absent when the file is not yanked (PEP 592). */
  readonly yanked?: true | string
  /** Whether `{url}.metadata` exists (PEP 658, 714), with its hashes where they were given. Absent: the upstream does not say. */
  readonly coreMetadata?: boolean | Hashes
  /** Whether `{url}.asc` exists. */
  readonly gpgSig?: boolean
  /** Absolute https URL (PEP 740). */
  readonly provenance?: string
  /** The entry as its upstream wrote it, where this one has more. */
  readonly listed?: ProjectFile
  /** Of its bytes, computed when they passed, since its upstream gives none; among `hashes` only where it was published. */
  readonly computedSha256?: string
  /** `uploadTime` is when we first saw it, since its upstream gives none. */
  readonly isFirstSeen?: true
}

/** PEP 792. Absent is `active`. */
export interface ProjectStatus {
  readonly status: 'active' | 'archived' | 'quarantined' | 'deprecated'
  readonly reason?: string
}

/** Something that a page listed and that was left out, with the reason: for counting and for explaining. */
export interface DroppedEntry {
  /** What the page called it: a filename or a link, cut to 200 characters. */
  readonly what: string
  readonly why: string
}

/** A project page. */
export interface ProjectDetail {
  readonly name: ProjectName
  readonly files: readonly ProjectFile[]
  /** As the upstream spells them (PEP 700); empty where it does not say. */
  readonly versions: readonly string[]
  readonly status?: ProjectStatus
  /** Its API version, where it is later than those that are known: it may say more than was read. */
  readonly laterVersion?: string
  /** How many entries were left out; `dropped` keeps the first of them. */
  readonly droppedCount: number
  readonly dropped: readonly DroppedEntry[]
}

/** Where a page came from: what a reader needs beside the bytes. */
export interface PageSource {
  readonly upstream: string
  /** The project that was asked for: a page that names another one is refused. */
  readonly project: ProjectName
  /** The URL that answered, after redirects: relative links hang on it. */
  readonly url: string
}

/** A project page as it is written, for a client. */
export interface PageToWrite {
  readonly name: ProjectName
  /** Written in this order. */
  readonly files: readonly ProjectFile[]
  /** All versions that `files` have; written in this order. */
  readonly versions: readonly string[]
  readonly status?: ProjectStatus
  /** The URL of a file as it stands in the page, percent-encoded, without a fragment; clients take the filename from its end. */
  readonly link: (file: ProjectFile) => string
  /** What is said of a file's core metadata. Default: what its upstream says. */
  readonly metadata?: (file: ProjectFile) => ProjectFile['coreMetadata']
}

/** What is said of a file where nobody knows better than its upstream. */
export function metadataAsListed({ coreMetadata }: ProjectFile): ProjectFile['coreMetadata'] {
  return coreMetadata
}

/** Why a page was refused, in the words of an upstream's failures. `api-version` does not heal by itself. */
export type PageFault = 'bad-page' | 'truncated' | 'too-large' | 'api-version'

/** A page that cannot be trusted as a whole: not an index page, cut off, of another project or of a later major version. */
export class PageError extends Error {
  override readonly name = 'PageError'
  readonly code: PageFault

  /** `message` says what is wrong with the page, without quoting it. */
  constructor(message: string, code: PageFault = 'bad-page', options: { readonly cause?: unknown } = {}) {
    super(message, options)
    this.code = code
  }
}
