/** Names and reasons come from strangers: each event stays one line, and nothing in it is a command to a terminal. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openLog } from '../../src/log/log.ts'

/** What a line may hold: anything but control signs, signs that are not seen and signs that turn the order of others. */
const VISIBLE = /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*$/u

function logged(format: 'text' | 'json', value: string): string {
  let written = ''
  const log = openLog({ format, level: 'debug', write: (lines) => (written += lines), now: () => 0 })
  log.report('info', 'seen', { project: value, reason: value })
  log.flush()
  return written
}

const HOSTILE: readonly [what: string, value: string][] = [
  ['a line break', 'a\nerror forged'],
  ['a carriage return', 'a\rerror forged'],
  ['ESC', '\x1b[2J\x1b]0;title\x07'],
  ['the one-byte CSI', '\x9b2J'],
  ['NUL, BEL and DEL', '\0\x07\x7f'],
  ['marks that turn the order', '\u202egnp.exe\u2066\u200f'],
  ['line separators', 'a\u2028b\u2029c\x85d'],
  ['tags that are not seen', '\u{e0041}\u{e0042}'],
  ['half a sign', '\ud83d'],
  ['quotes and equal signs', 'x" level=error reason="y'],
]

describe.each(['text', 'json'] as const)('a line of the log (%s)', (format) => {
  it.each(HOSTILE)('is one line and shows nothing but what it says, with %s', (_what, value) => {
    const written = logged(format, value)
    expect(written.endsWith('\n')).toBe(true)
    expect(written.slice(0, -1)).toMatch(VISIBLE)
    expect(written).not.toContain('level=error reason="y"')
  })

  it('is so for every text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 600 }), (value) =>
        VISIBLE.test(logged(format, value).slice(0, -1)),
      ),
      { numRuns: 500 },
    )
  })

  it('is short, however long a name is', () => {
    expect(logged(format, '\u202e'.repeat(100_000)).length).toBeLessThan(2 * 512 * '\\u202e'.length + 200)
  })
})

describe('the log', () => {
  it('gives back what was said, as JSON', () => {
    for (const [, value] of HOSTILE.filter(([what]) => what !== 'half a sign'))
      expect(JSON.parse(logged('json', value))).toMatchObject({ project: value })
  })

  it('says the same trouble once in a second, and then how often it came', () => {
    let time = 0
    const lines: string[] = []
    const { report, flush } = openLog({
      format: 'json',
      level: 'info',
      write: (text) => lines.push(text),
      now: () => time,
    })
    for (let i = 0; i < 1000; i += 1) report('warn', 'request_refused', { code: 'body' })
    time = 1000
    report('warn', 'request_refused', { code: 'body' })
    flush()
    expect(
      lines
        .join('')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).repeated),
    ).toEqual([undefined, 999])
  })
})
