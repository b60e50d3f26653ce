/** What a line of an access log says, whatever its format. */
import type { Day } from './day.ts'

/** A GET that was answered 200 (PEP 381's rule), of whatever path. */
export interface LogLine {
  readonly day: Day
  /** As it was asked for, percent-encoded; a query may stand behind it. */
  readonly path: string
  /** Bytes that were sent; undefined: the log does not say. */
  readonly size: number | undefined
  readonly userAgent: string
}

/** `other`: an answer that is no download, or a comment. undefined: the line cannot be read. */
export type ReadLine = LogLine | 'other' | undefined
