import { expect, it } from 'vitest'
import { isAllowedHost } from '../../src/http/host.ts'

it.each([
  ['127.0.0.1:8642', true],
  ['localhost', true],
  ['LOCALHOST:80', true],
  ['127.9.9.9', true],
  ['[::1]:8642', true],
  ['packages.example.com', true],
  ['Packages.Example.com:443', true],
  ['evil.example', false],
  ['127.0.0.1.evil.example', false],
  ['localhost.evil.example', false],
  ['', false],
])('a request for host %j is answered on loopback: %s', (host, expected) => {
  expect(isAllowedHost(host, ['packages.example.com'])).toBe(expected)
})
