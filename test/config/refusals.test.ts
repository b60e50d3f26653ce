import { describe, expect, test } from 'vitest'
import { CheckError } from '../../src/config/config.ts'
import { readRules } from '../../src/config/read-rules.ts'
import { BAD_FILES } from './bad-files.ts'

const MARK = '▸'

/** The text without its marks, and where they stood. */
function unmarked(marked: string): { text: string; places: string[] } {
  const places: string[] = []
  let before = ''
  for (const part of marked.split(MARK).slice(0, -1)) {
    before += part
    const lines = before.split('\n')
    places.push(`${lines.length}:${(lines.at(-1) ?? '').length + 1}`)
  }
  return { text: marked.replaceAll(MARK, ''), places }
}

/** The faults of a file, one a line. */
function faultsOf(text: string, strict = false): string[] {
  try {
    readRules(text, { file: 'merge-rules.json', strict })
    return []
  } catch (error) {
    if (error instanceof CheckError) return error.message.split('\n')
    throw error
  }
}

describe('a rules file is refused, with the place and what is wrong', () => {
  test.each(BAD_FILES.map((row): [string, ...typeof row] => [row[1].slice(0, 120), ...row]))(
    '%s',
    (_, make, written, ...words) => {
      const { text, places } = unmarked(make(written))
      const faults = faultsOf(text)
      expect(faults.map((fault) => fault.split(':').slice(1, 3).join(':'))).toEqual(places)
      expect(words).toHaveLength(places.length)
      for (const [at, parts] of words.entries()) {
        for (const part of parts.split(' … ')) expect(faults[at]).toContain(part)
      }
      // What is wrong, and what would be right.
      for (const fault of faults) expect(fault).toMatch(/^merge-rules\.json:\d+:\d+: .+ – .+$/u)
    },
  )

  test('the table is as long as was promised', () => {
    expect(BAD_FILES.length).toBeGreaterThanOrEqual(100)
  })
})
