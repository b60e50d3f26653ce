/** Counts one access log, bit by bit: what was counted before is left out, what cannot be read is said. */
import type { CountedLog, Downloads } from './download-stats.ts'
import { type LogKind, logIdentity } from './log-identity.ts'
import { lineReader } from './log-line.ts'
import type { LogTally } from './log-tally.ts'
import { ownText } from './own-text.ts'

/** Longer lines are no answer of a server. */
const MAX_LINE = 64 * 1024

/** Of lines that cannot be read, so many are shown. */
const MAX_SHOWN = 3

export interface LogReport {
  readonly kind: LogKind
  /** The log that it is like, where there is one. */
  readonly like?: CountedLog
  /** Lines that were not counted before. */
  readonly lines: number
  /** Downloads, those that were broken off among them. */
  readonly downloads: number
  readonly broken: number
  readonly unreadable: number
  readonly shown: readonly string[]
}

export interface LogCount {
  readonly report: LogReport
  /** What it is known by from now on. */
  readonly identity: CountedLog
  readonly downloads: Iterable<Downloads>
}

export interface CountLogOptions {
  readonly name: string
  readonly known: readonly CountedLog[]
  /** Empty; what was counted is in it afterwards. */
  readonly tally: LogTally
  /** Days after it have not come: whoever wrote the line does not know which day it is. */
  readonly lastDay: string
}

/** @throws what `bytes` throws; then nothing of the log is to be counted */
export async function countLog(bytes: AsyncIterable<Uint8Array>, options: CountLogOptions): Promise<LogCount> {
  const { name, known, tally, lastDay } = options
  const identity = logIdentity(known)
  const read = lineReader()
  let [lines, downloads, unreadable] = [0, 0, 0]
  let shown: string[] = []
  let rest = ''
  /** What comes up to the end of the line belongs to one that was counted, or is too long. */
  let isSkipping = false

  function cannotRead(line: string): void {
    unreadable += 1
    if (shown.length < MAX_SHOWN) shown.push(ownText(line.slice(0, 200)))
  }

  function count(line: string): void {
    if (isSkipping) {
      isSkipping = false
      return
    }
    const text = line.endsWith('\r') ? line.slice(0, -1) : line
    lines += 1
    const found = read(text)
    if (found === 'other') return
    if (found === undefined || found.day > lastDay) cannotRead(text)
    else if (tally.add(found)) downloads += 1
  }

  function countPiece(piece: Uint8Array): void {
    const text = rest + Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength).toString('latin1')
    let from = 0
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', from)) {
      count(text.slice(from, end))
      from = end + 1
    }
    rest = text.slice(from)
    if (rest.length <= MAX_LINE) return
    if (!isSkipping) cannotRead(rest)
    ;[rest, isSkipping] = ['', true]
  }

  function forgetAll(): void {
    tally.clear()
    ;[lines, downloads, unreadable] = [0, 0, 0]
    shown = []
    isSkipping = rest !== ''
    rest = ''
  }

  for await (const chunk of bytes) {
    for (const { bytes: piece, isKnown } of identity.pieces(chunk)) {
      countPiece(piece)
      if (isKnown) forgetAll()
    }
  }
  // A last line without its end is being written, unless it looks like a whole one.
  const isWhole = rest === '' || isSkipping || /["}]\s*$/.test(rest.slice(-16))
  if (rest !== '' && isWhole) count(rest)
  return {
    report: { ...identity.kind(), lines, downloads, broken: tally.broken(), unreadable, shown },
    identity: identity.identity(name, { toLastLine: !isWhole }),
    downloads: tally.downloads(),
  }
}
