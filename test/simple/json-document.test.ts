import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { atOnce } from '../../src/pace/steps.ts'
import { jsonDocumentReader } from '../../src/simple/json-document.ts'
import { PageError } from '../../src/simple/model.ts'

/** The document with its arrays in it, or that it is refused. */
function read(pieces: readonly Uint8Array[]): unknown {
  const arrays = new Map<string, unknown[]>()
  const reader = jsonDocumentReader({
    begin: (name) => void arrays.set(name, []),
    take: (name, more) => void arrays.get(name)?.push(...more),
  })
  try {
    for (const piece of pieces) atOnce(reader.write(piece))
    const document = reader.end()
    if (!isObject(document)) return document
    const members = Object.entries(document).map(([name, value]) => {
      if (!Array.isArray(value)) return [name, value]
      expect(value).toEqual([])
      return [name, arrays.get(name)]
    })
    return Object.fromEntries(members)
  } catch (error) {
    if (error instanceof PageError) return `refused: ${error.message}`
    throw error
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** What `JSON.parse` makes of the whole. */
function expected(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body))
  } catch {
    return 'refused: it is no JSON in UTF-8'
  }
}

function inPieces(body: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const at = [0, ...cuts.map((cut) => cut % (body.length + 1)).toSorted((a, b) => a - b), body.length]
  return at.slice(1).map((end, i) => body.subarray(at[i], end))
}

const KEYS = fc.constantFrom('projects', 'meta', 'name', 'proj\\u0065cts', 'a\\"b', '__proto__', 'é', '')
const BLANKS = fc.constantFrom('', ' ', '\n\t', '\r ')

/** JSON as a text that nobody made tidy: blanks, escapes, keys twice. */
const { value: VALUES } = fc.letrec<{ value: string; array: string; object: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom(
      'null',
      'true',
      '-0.5e3',
      '""',
      '"a"',
      '"]"',
      '"},{"',
      '"\\\\"',
      '"\\""',
      '"é😀"',
      '"\\ud800"',
      '7',
    ),
    tie('object'),
    tie('array'),
  ),
  array: fc
    .array(fc.tuple(BLANKS, tie('value'), BLANKS), { maxLength: 4 })
    .map((elements) => `[${elements.map((each) => each.join('')).join(',')}]`),
  object: fc
    .array(fc.tuple(BLANKS, KEYS, BLANKS, tie('value'), BLANKS), { maxLength: 4 })
    .map((members) => `{${members.map(([a, key, b, value, c]) => `${a}"${key}"${b}:${value}${c}`).join(',')}}`),
}))

const DOCUMENTS = fc.tuple(BLANKS, VALUES, BLANKS).map((parts) => Buffer.from(parts.join('')))

const CUTS = fc.array(fc.nat(), { maxLength: 12 })

/** Bytes taken out, put in or changed: signs that mean something, and halves of characters. */
const FAULTS = fc.array(
  fc.record({
    at: fc.nat(),
    removed: fc.nat({ max: 3 }),
    added: fc.constantFrom(
      '',
      ',',
      '[',
      ']',
      '{',
      '}',
      '"',
      ':',
      '\\',
      '0',
      ' ',
      '"projects":[',
      '\xc3',
      '\xef\xbb\xbf',
    ),
  }),
  { maxLength: 3 },
)

function withFaults(body: Buffer, faults: typeof FAULTS extends fc.Arbitrary<infer T> ? T : never): Buffer {
  return faults.reduce((bytes, { at, removed, added }) => {
    const from = at % (bytes.length + 1)
    return Buffer.concat([bytes.subarray(0, from), Buffer.from(added, 'latin1'), bytes.subarray(from + removed)])
  }, body)
}

/** Longer than what is read in one step. */
const LONG = `"${'x'.repeat(70_000)}"`

describe('a document with long arrays', () => {
  test('is read as JSON.parse reads it, wherever it is cut into pieces', () => {
    fc.assert(
      fc.property(DOCUMENTS, CUTS, (body, cuts) => {
        expect(read(inPieces(body, cuts))).toEqual(expected(body))
      }),
      { numRuns: 3000 },
    )
  })

  test('is refused where JSON.parse refuses it, and nowhere else', () => {
    fc.assert(
      fc.property(DOCUMENTS, FAULTS, CUTS, (document, faults, cuts) => {
        const body = withFaults(document, faults)
        expect(read(inPieces(body, cuts))).toEqual(expected(body))
      }),
      { numRuns: 10_000 },
    )
  })

  test.each([
    '{"projects":[1,2]}',
    '{"projects":[1],"projects":[2,3]}',
    '{"projects":[1],"projects":{}}',
    '{"projects":0,"projects":[1]}',
    '{"pro\\u006aects":[1,2]}',
    '{"a":"projects","b":[1]}',
    '{"a":{"projects":[1]},"projects":[2]}',
    '{"projects":[[1,2],{"projects":[3]}]}',
    '{"projects":["],",",",[","\\\\",{"a":"}"}]}',
    '["projects",[1]]',
    '{"projects":[1,]}',
    '{"projects":[,1]}',
    '{"projects":[1,,2]}',
    '{"projects":[,]}',
    '{"projects":[1}',
    '{"projects":[1]]}',
    '{"projects":[{"a":1]}]}',
    '{"projects":[1],[2]}',
    '{"projects"[1]}',
    '{"projects":[1] 2}',
    '{"projects":[1]}{}',
    '\ufeff{"projects":[1]}',
    '}{"projects":[1]}',
    '{"projects":[1],"projects":"none"}',
    '{"projects":"none","projects":[1,2]}',
    '{"__proto__":[1],"constructor":{"__proto__":2},"a":[{"__proto__":3}]}',
    '{"a":"\n"}',
    '{"a":"\\x"}',
    '{"a\\":1}',
    '{"a":01}',
    '{"a":/**/1}',
    '{"a":\u00a01}',
    '{"a":1;"b":2}',
    '{,"a":1}',
    '{"a":1',
    '',
  ])('%s is taken as JSON.parse takes it, byte by byte as well', (text) => {
    const body = Buffer.from(text)
    const bytes = [...body].map((byte) => Buffer.of(byte))
    expect([read([body]), read(bytes)]).toEqual([expected(body), expected(body)])
  })

  test.each([
    `{"a":[${LONG},${LONG},${LONG}],"b":[${LONG}],"c":${LONG}}`,
    `{"x":${'['.repeat(500)}${']'.repeat(500)}}`,
    `{"x":[${'['.repeat(500)}${']'.repeat(500)}]}`,
    `{"a":[${LONG},]}`,
    `{"a":[${LONG},${LONG},]}`,
    `{"a":[${' '.repeat(70_000)},1]}`,
    `{"a":[${LONG},,${LONG}]}`,
    `{"a":[${LONG},${LONG}}`,
    `{"a":[${LONG},${LONG}`,
  ])('that takes several steps, %.40s, is taken as JSON.parse takes it', (text) => {
    const body = Buffer.from(text)
    expect(read([body])).toEqual(expected(body))
  })

  test.each([[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82]])(
    'is refused with bytes that are no UTF-8, in an array and beside it: %j',
    (...bytes) => {
      const around = (before: string, after: string) => [Buffer.from(before), Buffer.from(bytes), Buffer.from(after)]
      const refused = 'refused: it is no JSON in UTF-8'
      expect(read(around('{"a":"', '"}'))).toBe(refused)
      expect(read(around('{"a":["', '"]}'))).toBe(refused)
    },
  )

  test('gives its arrays in parts, each of which is soon done', () => {
    const files = Array.from({ length: 100_000 }, (_, i) => ({ filename: `acme-${i}.tar.gz` }))
    let parts = 0
    const reader = jsonDocumentReader({ begin: () => undefined, take: () => (parts += 1) })
    atOnce(reader.write(Buffer.from(JSON.stringify({ files }))))
    expect(parts).toBeGreaterThan(30)
  })

  test('may be as long as it likes', () => {
    const projects = Array.from({ length: 50_000 }, (_, i) => ({ name: `project-${i}`, tags: ['a', i] }))
    const body = Buffer.from(JSON.stringify({ meta: {}, projects, last: true }, undefined, 1))
    expect(read([body])).toEqual({ meta: {}, projects, last: true })
  })

  test('is refused where an entry, or all that is no entry, is too long to be read in one go', () => {
    const long = 'x'.repeat(2 * 1024 * 1024)
    const refused = (value: unknown) => read([Buffer.from(JSON.stringify(value))])
    expect([refused({ projects: [1, long] }), refused({ projects: [1], more: long })]).toEqual([
      'refused: it has an entry of more than 1 MiB',
      'refused: it has more than 1 MiB beside its lists',
    ])
  })

  test('takes linear time, whatever begins in it and does not end', () => {
    for (const text of ['{"a":[],', '{"projects":[],', '[', '{"a":', '"projects":[', '"', '\\', ',']) {
      const body = Buffer.from(`{"projects":[],"b":${text.repeat(1_000_000 / text.length)}`)
      expect(read([body])).toMatch(/^refused/)
      expect(read([Buffer.from(text.repeat(1_000_000 / text.length))])).toMatch(/^refused/)
    }
  })
})
