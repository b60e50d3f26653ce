import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { filePath, quotedAsPip } from '../../src/simple/file-url.ts'

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

// The right side is what pip 23.2 and 26.3 make of the left one (`_ensure_quoted_url`).
test.each([
  ['/files/pypi/files.pythonhosted.org/a/b_c-1.0~1.whl', '/files/pypi/files.pythonhosted.org/a/b_c-1.0~1.whl'],
  ['/files/corp/127.0.0.1:8001/a-1.0+cpu.whl', '/files/corp/127.0.0.1%3A8001/a-1.0%2Bcpu.whl'],
  ['/a-1.0%2bcpu.whl', '/a-1.0%2Bcpu.whl'],
  ["/a!(b)*'c;d,e=f$&.whl", '/a%21%28b%29%2A%27c%3Bd%2Ce%3Df%24%26.whl'],
  ['/default@2026-01-31T12:00:00Z/files/', '/default@2026-01-31T12%3A00%3A00Z/files/'],
  ['/a%40b%2fc%2525%41', '/a%40b%2Fc%2525A'],
  ['/caf%c3%a9.whl', '/caf%C3%A9.whl'],
  ['/no-utf-8-%ff', '/no-utf-8-%ff'],
])('pip writes the path %s as %s', (path, asPip) => {
  expect(quotedAsPip(path)).toBe(asPip)
  expect(quotedAsPip(asPip)).toBe(asPip)
})
