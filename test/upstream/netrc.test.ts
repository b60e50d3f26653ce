import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { findNetrcEntry } from '../../src/upstream/netrc.ts'

const FILE = `# of the build machines
macdef init
machine trap login trap password trap

machine One.Example
  login ci   # the robot
  account ignored
  password one#1
machine two.example login "with space" password "a\\"b"
machine three.example password back\\ slash
machine four.example login nobody
machine two.example login later password later
default login anybody password guest
`

test.each([
  ['one.example', { login: 'ci', password: 'one#1' }],
  ['ONE.example', { login: 'ci', password: 'one#1' }],
  ['two.example', { login: 'with space', password: 'a"b' }],
  ['three.example', { login: '', password: 'back slash' }],
  ['four.example', undefined],
  ['trap', { login: 'anybody', password: 'guest' }],
  ['elsewhere.example', { login: 'anybody', password: 'guest' }],
])('the entry for %s is found', (host, entry) => {
  expect(findNetrcEntry(FILE, host)).toEqual(entry)
  expect(findNetrcEntry(FILE.replaceAll('\n', '\r\n'), host)).toEqual(entry)
})

test('without an entry for the host and without a default there is none', () => {
  expect(findNetrcEntry('machine a login b password c', 'd')).toBeUndefined()
})

test('an entry that ends with the file has what was there', () => {
  expect(findNetrcEntry('machine a password', 'a')).toBeUndefined()
  expect(findNetrcEntry('machine a password x login', 'a')).toEqual({ login: '', password: 'x' })
})

/** `text` as a quoted value. */
function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`
}

test('what is written is read, whatever the characters', () => {
  const secret = fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\r'))
  fc.assert(
    fc.property(secret, secret, (login, password) => {
      const file = `machine x login y password z machine host login ${quoted(login)} password ${quoted(password)} machine z`
      expect(findNetrcEntry(file, 'host')).toEqual({ login, password })
    }),
  )
})

test('any text is read to its end, and what is found are texts', () => {
  const word = fc.constantFrom('machine', 'default', 'login', 'password', 'macdef', '#', '"', '\\', '\n', 'host', ' ')
  const file = fc.array(word).map((words) => words.join(' '))
  fc.assert(
    fc.property(file, (text) => {
      const entry = findNetrcEntry(text, 'host')
      expect(entry === undefined || typeof entry.password === 'string').toBe(true)
    }),
  )
})
