/** What is counted: downloads of one file by one kind of client on one day. */
import { MAX_FILENAME_BYTES, projectsOf, readFilename } from '../simple/filename.ts'
import type { ProjectName } from '../simple/name.ts'
import type { Client } from './client.ts'

/** A file that was downloaded. */
export interface CountedFile {
  readonly project: ProjectName
  readonly filename: string
  /** Where it came from; empty where that is not known. */
  readonly upstream: string
  /** Its upstream holds our own packages: counted for ourselves, and never published. */
  readonly isPrivate: boolean
}

/** Downloads of a file on a day, by clients of one name and version. */
export interface Count {
  readonly project: ProjectName
  readonly filename: string
  readonly client: Client
  readonly count: number
}

/**
 * Whether a filename can be counted as one of `project`: a distribution, and nothing that a line, a terminal or a table
 * could take for something else.
 */
export function isCountable(filename: string, project: ProjectName): boolean {
  return isPlain(filename) && readFilename(filename, project) !== undefined
}

/** The project of a file of which only the name is known; the longest name where several fit. undefined: it is no distribution. */
export function projectOf(filename: string): ProjectName | undefined {
  return isPlain(filename) ? projectsOf(filename)[0] : undefined
}

function isPlain(filename: string): boolean {
  return filename.length <= MAX_FILENAME_BYTES && /^[A-Za-z0-9][!-~]*$/.test(filename)
}

/** The version in the name of a file of `project`. */
export function versionOf(filename: string, project: ProjectName): string {
  return readFilename(filename, project)?.version ?? ''
}
