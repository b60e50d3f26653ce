import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { filePath } from '../../src/simple/file-url.ts'

test('the path of a file is host and path as the URL standard has them', () => {
  const urls = fc.oneof(
    fc.webUrl({ withQueryParameters: true }),
    fc.webPath().map((path) => `http://[::1]:8080${path}?a=//b`),
  )
  fc.assert(
    fc.property(urls, (url) => {
      const { href, host, pathname } = new URL(url)
      expect(filePath(href)).toBe(`${host}${pathname}`)
    }),
  )
})
