/** User agents as real clients send them, and as nobody should. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { reduceUserAgent } from '../../src/stats/client.ts'

describe('a user agent', () => {
  it.each([
    ['pip/26.3 {"ci":null,"cpu":"x86_64","distro":{"name":"Debian","id":"bookworm"}}', 'pip/26.3'],
    ['pip/20.3.4 {"python":"3.8.20","user_data":"build 17 of alice"}', 'pip/20.3.4'],
    ['uv/0.13.9 {"installer":{"name":"uv","version":"0.13.9","subcommand":["sync"]}}', 'uv/0.13.9'],
    ['poetry/2.5.1 CPython/3.12.1 Linux/6.1', 'poetry/2.5.1'],
    ['pdm/2.29.3', 'pdm/2.29.3'],
    ['twine/6.2.0 requests/2.32.5 setuptools/80 CPython/3.13', 'twine/6.2.0'],
    ['bandersnatch/7.0.0.dev0 (cpython 3.13.0-final0, Linux x86_64)', 'bandersnatch/7.0.0'],
    ['curl/8.10.1', 'curl/8.10.1'],
    ['Python-urllib/2.6 setuptools/0.6c11', 'setuptools/0.6'],
    ['Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0', 'firefox/144'],
    [
      'Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.3595.53',
      'edge/142',
    ],
    ['Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15', 'safari/26'],
    ['Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)', 'bot'],
    ['alice-laptop-10.0.0.7/1.0', 'other'],
    ['', 'other'],
  ])('%s is counted as its second column', (userAgent, client) => {
    expect(reduceUserAgent(userAgent)).toBe(client)
  })

  it('leaves nothing of a machine behind, whatever it is, and is the same when it is reduced again', () => {
    const known = fc.constantFrom(
      'pip/',
      'uv/',
      'Mozilla/5.0 ',
      'Firefox/',
      'Version/',
      '26.3',
      ' {"cpu":',
      '10.0.0.7',
      '\n',
    )
    const strange = fc.array(fc.oneof(known, fc.string())).map((parts) => parts.join(''))
    fc.assert(
      fc.property(strange, (userAgent) => {
        const client = reduceUserAgent(userAgent)
        expect(client).toMatch(/^[a-z][a-z0-9.-]*(?:\/\d{1,6}(?:\.\d{1,6}){0,2})?$/)
        expect(reduceUserAgent(client)).toBe(client)
      }),
    )
  })
})
