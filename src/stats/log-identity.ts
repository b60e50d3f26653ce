/** Whether a log was counted before, told by its bytes: whole, or as far as it went then. */
import { type Hash, createHash } from 'node:crypto'
import type { CountedLog, Prefix } from './download-stats.ts'

/** The first bytes of a log, of which no two logs have the same: some tens of lines. */
const START_BYTES = 4096

const NEWLINE = 0x0a

/**
 * `new`: none begins so. `grown`: it was counted up to somewhere, and goes on from there. `same`: all of it was counted.
 * `older`: one that begins so and is longer was counted. `changed`: one that begins so was counted, and this one is another.
 */
export type LogKind = 'new' | 'grown' | 'same' | 'older' | 'changed'

export interface LogIdentity {
  /**
   * The next bytes, whatever pieces they come in. Gives the pieces in which to count them: with `isKnown`, all up to its end
   * was counted before.
   */
  pieces(bytes: Uint8Array): Iterable<{ readonly bytes: Uint8Array; readonly isKnown: boolean }>
  /** What the bytes so far are, and the log that they are like. */
  kind(): { readonly kind: LogKind; readonly like?: CountedLog }
  /** What was passed on so far; `toLastLine`: without what stands behind the end of the last line. */
  identity(name: string, options: { readonly toLastLine: boolean }): CountedLog
}

/** `known`: the logs that were counted. */
export function logIdentity(known: readonly CountedLog[]): LogIdentity {
  const hash = createHash('sha256')
  const marks = marksOf(known)
  const alike = new Set<CountedLog>()
  const counted = new Set<CountedLog>()
  let [length, next] = [0, 0]
  let start: Prefix | undefined
  let lastLine: { readonly length: number; readonly hash: Hash } = { length, hash: hash.copy() }

  function pass(piece: Uint8Array): void {
    const lineEnd = piece.lastIndexOf(NEWLINE) + 1
    if (lineEnd > 0) {
      hash.update(piece.subarray(0, lineEnd))
      lastLine = { length: length + lineEnd, hash: hash.copy() }
    }
    if (lineEnd < piece.length) hash.update(piece.subarray(lineEnd))
    length += piece.length
  }

  /** Whether all up to here was counted. */
  function look(): boolean {
    const sha256 = digest(hash)
    if (length === START_BYTES) start = { length, sha256 }
    let isKnown = false
    for (let mark = marks[next]; mark?.length === length; mark = marks[++next]) {
      if (mark.sha256 !== sha256) continue
      alike.add(mark.log)
      if (mark.kind === 'start') continue
      counted.add(mark.log)
      isKnown = true
    }
    return isKnown
  }

  return {
    *pieces(bytes) {
      for (let from = 0; from < bytes.length;) {
        const stop = Math.min(marks[next]?.length ?? Infinity, START_BYTES > length ? START_BYTES : Infinity)
        const piece = bytes.subarray(from, Math.min(bytes.length, from + stop - length))
        from += piece.length
        pass(piece)
        yield { bytes: piece, isKnown: length === stop && look() }
      }
    },

    kind() {
      const [first] = alike
      if (first === undefined) return { kind: 'new' }
      const all = [...alike].toSorted((a, b) => b.whole.length - a.whole.length)
      const longest = all[0] ?? first
      if (longest.whole.length > length) return { kind: 'older', like: longest }
      const other = all.find((log) => !counted.has(log))
      if (other !== undefined) return { kind: 'changed', like: other }
      return { kind: longest.whole.length === length ? 'same' : 'grown', like: longest }
    },

    identity(name, { toLastLine }) {
      const whole = toLastLine
        ? { length: lastLine.length, sha256: digest(lastLine.hash) }
        : { length, sha256: digest(hash) }
      return { name, start: start !== undefined && start.length <= whole.length ? start : whole, whole }
    },
  }
}

/** Where to look, the least first: at the ends of the starts, and at those of the logs. */
function marksOf(known: readonly CountedLog[]) {
  return known
    .flatMap((log) => [
      { kind: 'start' as const, log, ...log.start },
      { kind: 'whole' as const, log, ...log.whole },
    ])
    .filter(({ length }) => length > 0)
    .toSorted((a, b) => a.length - b.length)
}

function digest(hash: Hash): string {
  return hash.copy().digest('hex')
}
