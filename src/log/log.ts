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

/** `flush` writes what is still held, for the end of the process. */
export function openLog({ format, level, write, now }: LogOptions): { report: Report; flush(): void } {
  let held: string[] = []
  const troubles = new Map<string, { at: number; unsaid: number }>()

  function flush(): void {
    if (held.length === 0) return
    const lines = held.join('')
    held = []
    write(lines)
  }

  function report(at: Level, event: string, fields: Readonly<Record<string, Field>> = {}): void {
    if (RANK[at] > RANK[level]) return
    const time = now()
    let repeated: number | undefined
    if (RANK[at] <= RANK.warn) {
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
    if (held.length === 0) setImmediate(flush)
    const all = { ...fields, repeated }
    held.push(format === 'json' ? jsonLine(time, at, event, all) : textLine(time, at, event, all))
  }

  return { report, flush }
}

function jsonLine(time: number, level: Level, event: string, fields: Readonly<Record<string, Field>>): string {
  const cut = Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      typeof value === 'string' ? value.slice(0, MAX_VALUE) : value,
    ]),
  )
  return `${visible(JSON.stringify({ time: new Date(time).toISOString(), level, event, ...cut }))}\n`
}

function textLine(time: number, level: Level, event: string, fields: Readonly<Record<string, Field>>): string {
  const said = Object.entries(fields).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${textValue(value)}`],
  )
  return `${new Date(time).toISOString()} ${level.padEnd(5)} ${[event, ...said].join(' ')}\n`
}

/** What a reader could take for another field is quoted. */
function textValue(value: string | number | boolean): string {
  if (typeof value !== 'string') return String(value)
  const cut = value.slice(0, MAX_VALUE)
  return /^[!-~]+$/.test(cut) && !/["=]/.test(cut) ? cut : visible(JSON.stringify(cut))
}

/** JSON in which whatever a terminal could obey, or show in another order, is escaped: control and format signs, and ends of lines. */
function visible(json: string): string {
  return json.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (sign) =>
    Array.from({ length: sign.length }, (_, i) => `\\u${sign.charCodeAt(i).toString(16).padStart(4, '0')}`).join(''),
  )
}
