import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { memberParts } from '../../src/simple/json-members.ts'
import { PageError } from '../../src/simple/model.ts'

/** What the parts make together; undefined: refused. */
function read(text: string | Buffer): Record<string, unknown> | undefined {
  const members = new Map<string, unknown>()
  try {
    for (const part of memberParts(Buffer.from(text))) {
      if (part.kind === 'value') members.set(part.name, part.value)
      else (members.get(part.name) as unknown[]).push(...part.elements)
    }
  } catch (error) {
    if (error instanceof PageError) return undefined
    throw error
  }
  return Object.fromEntries(members)
}

/** What JSON.parse makes of it; undefined: it is no JSON, or no object. */
function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}

const LONG = `"${'x'.repeat(70_000)}"`

describe('an object is read as JSON.parse reads it', () => {
  test.each([
    '{}',
    ' \t\r\n{ \n"files" : [ ] , "a" : [ 1 , [2] , {"b":[]} ] } \n',
    '{"files":[1,2],"files":[3]}',
    '{"files":[1,2],"files":"none"}',
    '{"files":"none","files":[1,2]}',
    String.raw`{"fi\u006ces":[1],"x\"]}":"\\","y":"[{\\\"","z":["a\\","]","\"]"]}`,
    '{"__proto__":[1],"constructor":{"__proto__":2},"a":[{"__proto__":3}]}',
    '{"a":-1.5e+300,"b":true,"c":null,"d":"\u2028\u{1f600}","e":[null,false]}',
    `{"a":[${LONG},${LONG},${LONG}],"b":[${LONG}],"c":${LONG}}`,
    `{"x":${'['.repeat(500)}${']'.repeat(500)}}`,
    `{"x":[${'['.repeat(500)}${']'.repeat(500)}]}`,
  ])('%.60s', (text) => {
    expect(read(text)).toEqual(parsed(text))
    expect(read(text)).toBeDefined()
  })
})

describe('what JSON.parse refuses is refused', () => {
  test.each([
    '',
    '   ',
    '{',
    '}',
    '{]',
    '{"a"',
    '{"a":',
    '{"a":1',
    '{"a":}',
    '{"a":1,}',
    '{,"a":1}',
    '{"a" 1}',
    '{a:1}',
    "{'a':1}",
    '{"a":1}}',
    '{"a":1} x',
    '{"a":1}{"b":2}',
    '{"a":1;"b":2}',
    '{"a":[}',
    '{"a":[1}',
    '{"a":[1}]}',
    '{"a":[1,]}',
    '{"a":[,1]}',
    '{"a":[,]}',
    '{"a":[1 2]}',
    '{"a":[1],]}',
    '{"a":[1]]}',
    '{"a":[1],[2]}',
    '{"a":[{]}}',
    '{"a":[{"b":1]}]}',
    '{"a":1]',
    '{"a":"\n"}',
    '{"a":"\\x"}',
    '{"a":"\\"}',
    '{"a\\":1}',
    '{"a":01}',
    '{"a":/**/1}',
    '{"a":\u00a01}',
    '\ufeff{"a":1}',
    `{"a":[${LONG},]}`,
    `{"a":[${LONG},${LONG},]}`,
    `{"a":[${' '.repeat(70_000)},1]}`,
    `{"a":[${LONG},,${LONG}]}`,
    `{"a":[${LONG},${LONG}}`,
    `{"a":[${LONG},${LONG}`,
  ])('%.60s', (text) => {
    expect(parsed(text)).toBeUndefined()
    expect(read(text)).toBeUndefined()
  })

  test.each(['[]', '"{}"', 'null', '1'])('so is %s, which is no object', (text) => {
    expect(read(text)).toBeUndefined()
  })

  test.each([[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82]])(
    'so are bytes that are no UTF-8: %j',
    (...bytes) => {
      const text = Buffer.concat([Buffer.from('{"a":"'), Buffer.from(bytes), Buffer.from('"}')])
      expect(read(text)).toBeUndefined()
    },
  )
})

test('a part of more than 1 MiB is refused as too large, wherever it stands', () => {
  const [long, deep, wide] = ['x', '[', ' '].map((sign) => sign.repeat(1024 * 1024 + 9))
  const texts = [`{"a":"${long}"}`, `{"${long}":1}`, `{"a":[1,"${long}"]}`, `{"a":${deep}`, `{"a":{"b":"${long}"}}`]
  for (const text of [...texts, `${wide}{}`, `{"a":1}${wide}`, `{"a":[${wide}]}`]) {
    const attempt = () => [...memberParts(Buffer.from(text))]
    expect(attempt).toThrow(expect.objectContaining({ code: 'too-large' }))
  }
})

test('a long array comes in parts, each of which is soon done', () => {
  const files = Array.from({ length: 100_000 }, (_, i) => ({ filename: `acme-${i}.tar.gz` }))
  const parts = [...memberParts(Buffer.from(JSON.stringify({ files })))]
  expect(parts.length).toBeGreaterThan(30)
  expect(parts.flatMap((part) => (part.kind === 'elements' ? part.elements : []))).toEqual(files)
})

/** Values as texts, of which some are long and some are wrong. */
const TEXTS = fc.oneof(
  { weight: 8, arbitrary: fc.json() },
  { weight: 2, arbitrary: fc.array(fc.json(), { maxLength: 4 }).map((all) => `[${all.join(' , ')}]`) },
  { weight: 1, arbitrary: fc.constantFrom(LONG, `[${LONG},${LONG},1]`, `[${LONG},{"a":${LONG}}]`) },
)
const NAMES = fc.oneof(
  fc.constantFrom('"files"', '"versions"', String.raw`"fi\u006ces"`, '"__proto__"', '""'),
  fc.string().map((text) => JSON.stringify(text)),
)

test('any object is read as JSON.parse reads it', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(NAMES, TEXTS), { maxLength: 6 }), (members) => {
      const text = `{${members.map(([name, value]) => `${name} :${value}`).join('\n,')}}`
      expect(read(text)).toEqual(parsed(text))
    }),
  )
})

test('an object in which signs were changed is read or refused as JSON.parse does', () => {
  const change = fc.tuple(
    fc.nat(),
    fc.string({
      unit: fc.constantFrom('{', '}', '[', ']', '"', ',', ':', '\\', ' ', '0', 'a', '\n'),
      minLength: 1,
      maxLength: 1,
    }),
    fc.constantFrom('instead', 'before', 'without'),
  )
  const real = `{"meta":{"api-version":"1.1"},"files":[{"filename":"a-1.whl","hashes":{"md5":"\\u0061"}},{}],"versions":["1",2]}`
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
      let text = real
      for (const [where, sign, how] of changes) {
        const at = where % text.length
        text = text.slice(0, at) + (how === 'without' ? '' : sign) + text.slice(how === 'before' ? at : at + 1)
      }
      expect(read(text)).toEqual(parsed(text))
    }),
    { numRuns: 5000 },
  )
})
