import { describe, expect, it } from 'vitest'
import { acceptedCoding, isHeld, wantedMaxAgeMs } from '../../src/http/conditions.ts'

describe('If-None-Match', () => {
  it.each([
    ['"abc"', true],
    ['W/"abc"', true],
    ['"abc-gzip"', true],
    ['"x", "abc"', true],
    ['*', true],
    ['"abcd"', false],
    ['abc', false],
    [undefined, false],
  ])('%s holds "abc": %s', (header, expected) => {
    expect(isHeld(header, '"abc"')).toBe(expected)
  })
})

describe('Cache-Control of a client', () => {
  it.each([
    ['no-cache', 0],
    ['max-age=0', 0],
    ['No-Store, Max-Age=5', 5000],
    ['max-age="7"', 7000],
    ['max-age=-1', undefined],
    ['max-age=later', undefined],
    ['max-age=600, no-cache', 0],
    ['max-age=9, max-age=5', 5000],
    ['only-if-cached', undefined],
    [undefined, undefined],
  ])('%s wants at most %s ms', (header, expected) => {
    expect(wantedMaxAgeMs(header)).toBe(expected)
  })
})

describe('Accept-Encoding', () => {
  it.each([
    ['gzip, deflate', 'gzip'],
    ['gzip, deflate, zstd', 'zstd'],
    ['identity', undefined],
    ['gzip;q=0', undefined],
    ['zstd;q=0.0, gzip;q=0.5', 'gzip'],
    ['br', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%s gets %s', (header, expected) => {
    expect(acceptedCoding(header)).toBe(expected)
  })
})
