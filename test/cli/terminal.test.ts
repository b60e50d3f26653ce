/** What a terminal is given: lines that fit, colours where they are wanted, and no commands. */
import { describe, expect, it } from 'vitest'
import { coloured, lines, terminalOf } from '../../src/cli/terminal.ts'
import { explanationJson } from '../../src/resolve/explanation-json.ts'

describe('a terminal', () => {
  it('has colours, but not where NO_COLOR is set, for a dumb one, or for a pipe', () => {
    const screen = { isTTY: true, columns: 80 }
    expect(terminalOf(screen, {})).toEqual({ width: 80, colours: true })
    expect(terminalOf(screen, { NO_COLOR: '1' })).toEqual({ width: 80, colours: false })
    expect(terminalOf(screen, { TERM: 'dumb' }).colours).toBe(false)
    expect(terminalOf({ columns: 80 }, {})).toEqual({ colours: false })
    expect(coloured('x', 'red', { colours: false })).toBe('x')
    expect(coloured('x', 'red', { colours: true })).toBe('\u001b[31mx\u001b[39m')
  })

  it('is given lines that fit it, and one that is as long as it is where nobody looks', () => {
    const text = 'one two three four five six seven eight nine ten'
    const broken = lines(text, 4, { width: 40, colours: false })
    expect(broken).toEqual(['one two three four five six seven', '    eight nine ten'])
    expect(lines(text, 4, { colours: false })).toEqual([text])
  })

  it('obeys nothing that an upstream wrote, in text or in JSON', () => {
    const hostile = 'a\u001b[2Jb\u009b\u202ec\nd'
    expect(lines(hostile, 0, { colours: false })).toEqual(['a\\u001b[2Jb\\u009b\\u202ec\\u000ad'])
    const json = explanationJson({ reason: hostile })
    expect(json).not.toMatch(/\p{Cf}|[^\P{Cc}\n]/u)
    expect(JSON.parse(json)).toEqual({ reason: hostile })
  })
})
