/** What is known of the content of files beside what their pages say, and how knowledge grows: what has passed outranks what was heard. */
import type { ProjectName } from '../simple/name.ts'

/** Something that was found out about a file of an upstream's page. */
export interface Finding {
  readonly upstream: string
  readonly project: ProjectName
  readonly filename: string
  /** What the page says that its content is (`contentOf`). */
  readonly content: string
  /** Bytes. */
  readonly size: number
  /** Of all its bytes, which have passed. Absent: its size was only heard of. */
  readonly sha256?: string
}

/** What is known of a file as long as its page says that its content is the same. */
export interface LearnedFile {
  /** Bytes. */
  readonly size?: number
  /** Of the first bytes that passed whole. */
  readonly sha256?: string
  /** Of others that passed later: it has changed, and an operator must say whether that is right. */
  readonly otherSha256?: string
  /** Its `sha256` was put on a page, and stays there. */
  readonly isPublished?: true
}

/** By `learnedKey`. */
export type LearnedFiles = ReadonlyMap<string, LearnedFile>

/** What is known after a finding; `known` itself where it adds nothing. */
export function withFinding(
  known: LearnedFile | undefined,
  { size, sha256 }: Pick<Finding, 'size' | 'sha256'>,
): LearnedFile {
  if (known?.sha256 === undefined) {
    if (sha256 !== undefined) return { size, sha256 }
    return known?.size === size ? known : { size }
  }
  if (sha256 === undefined || sha256 === known.otherSha256) return known
  if (sha256 !== known.sha256) return { ...known, otherSha256: sha256 }
  if (known.otherSha256 === undefined && known.size !== undefined) return known
  return { size, sha256, ...(known.isPublished && { isPublished: true }) }
}

/** What is known after an operator accepted `sha256`; `known` itself where that is about something else. */
export function afterAcceptance(known: LearnedFile | undefined, sha256: string): LearnedFile | undefined {
  if (known?.otherSha256 !== sha256) return known
  return { sha256, ...(known.isPublished && { isPublished: true }) }
}
