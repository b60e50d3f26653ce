import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { projectOfLink } from '../../src/simple/list-link.ts'
import { parseName, type ProjectName } from '../../src/simple/name.ts'

/** By the book: the text only says whether it can be a project at all, the link is taken apart. */
function byTheBook(link: string, text: string): ProjectName | undefined {
  if (text.trim().split(/\s+/).length > 1) return undefined
  const path = (link.split(/[?#]/)[0] ?? '').trim().replace(/^https?:\/\/[^/]*/i, '')
  const segments = path.replace(/\/(?:index\.html)?$/, '').split('/')
  const last = segments.at(-1) ?? ''
  try {
    return parseName(decodeURIComponent(last))
  } catch {
    return parseName(last)
  }
}

const PARTS = fc.constantFrom(
  'acme',
  'Acme.Core',
  'acme-core',
  'index.html',
  '..',
  '',
  ' ',
  '%2e',
  '%ff',
  'simple',
  'a b',
)
const STARTS = fc.constantFrom(
  '',
  '/',
  '//',
  '../',
  'https://',
  'https://host/',
  'HTTP://',
  'x:',
  ' ',
  '?',
  '#',
  '?q=/',
)
const ENDS = fc.constantFrom('/', '', '/index.html', '/?a', '#b/', '?c/', '/ ', '/x')

test('a link leads to the project that it names, whatever short cut was taken', () => {
  fc.assert(
    fc.property(STARTS, fc.array(PARTS, { maxLength: 3 }), PARTS, ENDS, PARTS, (start, parts, name, end, other) => {
      const link = `${start}${parts.map((part) => `${part}/`).join('')}${name}${end}`
      for (const text of [name, other]) expect(projectOfLink(link, text)).toBe(byTheBook(link, text))
    }),
    { numRuns: 5000 },
  )
})

test.each([
  ['/simple/acme-core/', 'Acme.Core', 'acme-core'],
  ['acme/', 'acme', 'acme'],
  ['https://acme/', 'acme', undefined],
  ['https://host/acme/', 'acme', 'acme'],
  ['/search?q=/acme/', 'acme', 'search'],
  ['/x#/acme/', 'acme', 'x'],
  ['/my-acme/', 'acme', 'my-acme'],
  ['x:/acme/', 'acme', 'acme'],
])('%s, called %s, leads to %s', (link, text, name) => {
  expect(projectOfLink(link, text)).toBe(name)
})
