/** Where events become lines: JSON for machines, text for a terminal, written behind so that no request waits for the disk. */
import type { Field, Level, Report } from './report.ts'

export interface LogOptions {
  readonly format: 'text' | 'json'
  /** Events below this level are not written. */
  readonly level: Level
  /** Takes whole lines. Must not throw. */
  readonly write: (lines: string) => void
  /** ms since the epoch. */
  readonly now: () => number
}

const RANK: Readonly<Record<Level, number>> = { error: 0, warn: 1, info: 2, debug: 3 }
/** A value is cut here: names and reasons come from strangers. */
const MAX_VALUE = 512
/** The same trouble with the same upstream is one line in that time, with the number of times that it came. */
const REPEAT_AFTER_MS = 1000

/** Lines that nobody alarms on are written together: a write for each would cost more than what it tells of. */
const TOGETHER_MS = 50

/** `flush` writes what is still held, for the end of the process. */
export function openLog({ format, level, write, now }: LogOptions): { report: Report; flush(): void } {
  let held = ''
  /** `soon`: a write follows in this turn of the event loop. */
  let writing: 'no' | 'later' | 'soon' = 'no'
  const line = format === 'json' ? jsonLine : textLine
  const troubles = new Map<string, { at: number; unsaid: number }>()

  function flush(): void {
    writing = 'no'
    if (held === '') return
    const lines = held
    held = ''
    write(lines)
  }

  function report(at: Level, event: string, fields: Readonly<Record<string, Field>> = {}): void {
    if (RANK[at] > RANK[level]) return
    const time = now()
    let repeated: number | undefined
    const isTrouble = RANK[at] <= RANK.warn
    if (isTrouble) {
      const key = `${event} ${fields['upstream'] ?? ''} ${fields['code'] ?? fields['project'] ?? fields['file'] ?? fields['reason'] ?? ''}`
      const before = troubles.get(key)
      if (before !== undefined && time - before.at < REPEAT_AFTER_MS && time >= before.at) {
        before.unsaid += 1
        return
      }
      repeated = before?.unsaid || undefined
      if (troubles.size > 1000) troubles.clear()
      troubles.set(key, { at: time, unsaid: 0 })
    }
    held += line(isoTime(time), at, event, repeated === undefined ? fields : { ...fields, repeated })
    if (isTrouble && writing !== 'soon') {
      writing = 'soon'
      setImmediate(flush)
    } else if (writing === 'no') {
      writing = 'later'
      setTimeout(flush, TOGETHER_MS).unref()
    }
  }

  return { report, flush }
}

let [lastTime, lastText] = [Number.NaN, '']

/** Many lines of a busy server are of the same millisecond. */
function isoTime(time: number): string {
  if (time !== lastTime) [lastTime, lastText] = [time, new Date(time).toISOString()]
  return lastText
}

type Fields = Readonly<Record<string, Field>>

function jsonLine(time: string, level: Level, event: string, fields: Fields): string {
  let text = `{"time":"${time}","level":"${level}","event":"${event}"`
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) text += `,"${name}":${typeof value === 'string' ? quoted(value) : JSON.stringify(value)}`
  }
  return `${text}}\n`
}

function textLine(time: string, level: Level, event: string, fields: Fields): string {
  let text = `${time} ${level.padEnd(5)} ${event}`
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) text += ` ${name}=${textValue(value)}`
  return `${text}\n`
}

/** What a reader could take for another field is quoted. */
function textValue(value: string | number | boolean): string {
  if (typeof value !== 'string') return String(value)
  return value.length <= MAX_VALUE && /^[!#-<>-~]+$/.test(value) ? value : quoted(value)
}

/** As JSON, in which nothing is a command to a terminal. */
function quoted(value: string): string {
  const isPlain = value.length <= MAX_VALUE && /^[ !#-[\]-~]*$/.test(value)
  return isPlain ? `"${value}"` : visible(JSON.stringify(value.slice(0, MAX_VALUE)))
}

/** Text in which whatever a terminal could obey, or show in another order, is escaped as in JSON: control and format signs, and ends of lines. */
export function visible(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (sign) =>
    Array.from({ length: sign.length }, (_, i) => `\\u${sign.charCodeAt(i).toString(16).padStart(4, '0')}`).join(''),
  )
}
