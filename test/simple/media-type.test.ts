import { describe, expect, test } from 'vitest'
import { acceptFor, MEDIA_TYPES, negotiate, readMediaType } from '../../src/simple/media-type.ts'

const JSON_TYPE = 'application/vnd.pypi.simple.v1+json'
const HTML_TYPE = 'application/vnd.pypi.simple.v1+html'

describe('what a client is given', () => {
  test.each([
    ['nothing', undefined, 'text'],
    ['an empty list', ' , ', 'text'],
    ['anything', '*/*', 'text'],
    ['a browser', 'text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8', 'text'],
    ['pip', `${JSON_TYPE}, ${HTML_TYPE}; q=0.1, text/html; q=0.01`, 'json'],
    ['uv', `${JSON_TYPE}, ${HTML_TYPE};q=0.2, text/html;q=0.01`, 'json'],
    ['poetry', `${JSON_TYPE}, */*;q=0.1`, 'json'],
    ['an old pip', 'text/html', 'text'],
    ['the latest JSON', 'application/vnd.pypi.simple.latest+json', 'json'],
    ['the latest HTML', 'application/vnd.pypi.simple.latest+html', 'html'],
    ['anything but JSON', `${JSON_TYPE};q=0, */*`, 'text'],
    ['a type in capitals', JSON_TYPE.toUpperCase(), 'json'],
    ['HTML or anything', `*/*, ${HTML_TYPE}`, 'html'],
    ['equally JSON and HTML', `text/html, ${HTML_TYPE}, ${JSON_TYPE}`, 'json'],
    ['HTML rather than JSON', `${JSON_TYPE};q=0.5, ${HTML_TYPE};q=0.6`, 'html'],
    [
      'a narrow range that says less than a wide one',
      `text/html;q=0.1, */*;q=0.5, ${HTML_TYPE};q=0.2, ${JSON_TYPE};q=0.3`,
      'json',
    ],
    ['any application', 'application/*', 'json'],
    ['any text', 'text/*', 'text'],
    ['other JSON', 'application/json', undefined],
    ['a later version', 'application/vnd.pypi.simple.v2+json', undefined],
    ['nothing of ours', `${JSON_TYPE};q=0, image/png`, undefined],
    ['a quality that is none', 'text/html;q=high', undefined],
  ])('%s', (_who, accept, given) => {
    expect(negotiate(accept, undefined)).toBe(given)
  })

  test('the query decides before the header', () => {
    expect(negotiate('text/html', JSON_TYPE)).toBe('json')
    expect(negotiate('text/html', JSON_TYPE.replace('+', ' '))).toBe('json')
    expect(negotiate(JSON_TYPE, 'text/html')).toBe('text')
  })

  test('a format that we do not know leaves it to the header', () => {
    expect(negotiate(JSON_TYPE, 'application/json')).toBe('json')
    expect(negotiate('application/json', 'constructor')).toBeUndefined()
  })

  test('a very long list is read to a limit', () => {
    expect(negotiate(`${'image/png,'.repeat(100_000)}text/html`, undefined)).toBeUndefined()
    expect(negotiate(`text/html,${'image/png;q=0.1,'.repeat(100_000)}`, undefined)).toBe('text')
  })
})

describe('what an upstream is asked for', () => {
  test.each([
    ['auto', 'json'],
    ['json', 'json'],
    ['html', 'html'],
  ] as const)('format %s prefers %s', (format, representation) => {
    expect(negotiate(acceptFor(format), undefined)).toBe(representation)
  })

  test('an upstream of HTML is not asked for JSON', () => {
    expect(acceptFor('html')).not.toContain('json')
  })
})

describe('what an upstream answered', () => {
  test.each([
    [MEDIA_TYPES.json, 'json'],
    [MEDIA_TYPES.html, 'html'],
    ['text/html', 'html'],
    ['Text/HTML; charset=UTF-8', 'html'],
    ['text/html;charset="utf-8"', 'html'],
    ['text/html; charset=ISO-8859-1', 'html'],
    ['text/html; charset=utf-16', undefined],
    [`${MEDIA_TYPES.json}; charset=utf-16le`, undefined],
    ['application/json', undefined],
    ['application/vnd.pypi.simple.v2+json', undefined],
    ['application/xhtml+xml', undefined],
    ['text_html', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%s', (contentType, format) => {
    expect(readMediaType(contentType)).toBe(format)
  })
})
