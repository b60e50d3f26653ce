import { readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { atOnce } from '../../src/pace/steps.ts'
import { readHtmlDetail } from '../../src/simple/html.ts'
import { htmlListReader } from '../../src/simple/html-list.ts'
import { readJsonDetail } from '../../src/simple/json.ts'
import { jsonListReader } from '../../src/simple/json-list.ts'
import { PageError } from '../../src/simple/model.ts'
import { readWhole } from '../support/lists.ts'
import { SOURCE } from './arbitraries.ts'

// Time is linear by construction: the tokenizer sees each character once, nothing is a tree, and no pattern backtracks over
// more than a name. These tests look at the other promise: whatever comes, a page is read or refused.
const READERS: readonly ((body: Uint8Array) => unknown)[] = [
  (body) => atOnce(readJsonDetail(body, SOURCE)),
  (body) => readWhole(jsonListReader(), body),
  (body) => atOnce(readHtmlDetail(body, SOURCE, { delimited: true })),
  (body) => readWhole(htmlListReader({ delimited: true }), body),
]

/** What was thrown beside refusals. */
function failures(body: Uint8Array): unknown[] {
  return READERS.flatMap((read) => {
    try {
      read(body)
      return []
    } catch (error) {
      return error instanceof PageError ? [] : [error]
    }
  })
}

test('any bytes are read or refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 500 }), (body) => {
      expect(failures(body)).toEqual([])
    }),
  )
})

test('any markup is read or refused', () => {
  const scraps = [
    '<a href="',
    '<a href=acme_core-1.0.tar.gz',
    '>',
    '</a>',
    '<!--',
    '-->',
    '<![CDATA[',
    ']]>',
    '<base href="',
  ]
  const others = [
    '&#x110000;',
    '&lt',
    '"',
    "'",
    '<meta name=pypi:repository-version content=',
    '<title>',
    '<svg>',
    '\0',
    '%',
    '#',
    '/',
  ]
  const markup = fc.array(fc.oneof(fc.constantFrom(...scraps, ...others), fc.string()), { maxLength: 30 })
  fc.assert(
    fc.property(markup, (parts) => {
      expect(failures(Buffer.from(parts.join('')))).toEqual([])
    }),
  )
})

test('any JSON is read or refused', () => {
  const file = fc.dictionary(
    fc.constantFrom(
      'filename',
      'url',
      'hashes',
      'requires-python',
      'size',
      'yanked',
      'core-metadata',
      '__proto__',
      'constructor',
    ),
    fc.oneof(fc.jsonValue(), fc.constantFrom('acme_core-1.0.tar.gz', '\ud800', '../acme_core-1.0.tar.gz#md5=x')),
  )
  const page = fc.record({
    meta: fc.jsonValue(),
    name: fc.constant('acme-core'),
    files: fc.array(file),
    versions: fc.jsonValue(),
  })
  fc.assert(
    fc.property(page, (value) => {
      expect(failures(Buffer.from(JSON.stringify(value)))).toEqual([])
    }),
  )
})

test('a real page with bytes changed at any place is read or refused', () => {
  const real = readFileSync(new URL('../fixtures/pages/pypiron/acme-core-marked.html', import.meta.url))
  const changes = fc.array(fc.tuple(fc.nat(real.length - 1), fc.constantFrom(...Buffer.from('<>"\'&/=# \0'))), {
    maxLength: 6,
  })
  fc.assert(
    fc.property(changes, (all) => {
      const body = Buffer.from(real)
      for (const [at, byte] of all) body[at] = byte
      expect(failures(body)).toEqual([])
    }),
  )
})

test('JSON that is nested very deeply is read or refused', () => {
  expect(failures(Buffer.from('['.repeat(1_000_000)))).toEqual([])
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
  expect(failures(Buffer.from(`{"name":"acme-core","files":[],"x":${deep}}`))).toEqual([])
})

test('a long page of nothing but one scrap of markup is read or refused', () => {
  const shapes = [
    '<a ',
    '<!--',
    '<b>',
    '</b>',
    '&amp',
    '&#',
    '<a href="',
    "<a x='",
    '<![CDATA[',
    '<title>',
    '<div><p><form>',
  ]
  for (const shape of shapes) expect(failures(Buffer.from(shape.repeat(20_000)))).toEqual([])
})

test('names that JavaScript gives to every object change nothing', () => {
  const file =
    '{"filename":"acme_core-1.0.tar.gz","url":"acme_core-1.0.tar.gz","hashes":{"__proto__":{"md5":"x"},"constructor":"y"},"__proto__":{"yanked":true}}'
  const page = atOnce(
    readJsonDetail(Buffer.from(`{"name":"acme-core","__proto__":{"versions":["9"]},"files":[${file}]}`), SOURCE),
  )
  expect(page.versions).toEqual([])
  expect(page.files).toEqual([
    {
      filename: 'acme_core-1.0.tar.gz',
      url: 'https://corp.example/simple/acme-core/acme_core-1.0.tar.gz',
      upstream: 'corp',
      version: '1.0',
      hashes: {},
    },
  ])
  expect(Object.prototype).not.toHaveProperty('yanked')
})
