/** A rules file that is wrong near a secret is refused without repeating it. */
import { expect, it } from 'vitest'
import { CheckError } from '../../src/config/config.ts'
import { explainConfig } from '../../src/config/explain-config.ts'
import { readRules } from '../../src/config/read-rules.ts'
import { canary, foundIn } from './canary.ts'

const SECRET = canary('rules', 'ci')
const { value } = SECRET
const quoted = JSON.stringify(value)
const encoded = encodeURIComponent(value)

/** A rules file with this entry for its upstream `corp`. */
function withEntry(entry: unknown): string {
  return JSON.stringify({
    upstreams: { corp: typeof entry === 'object' ? { url: 'https://corp.example/simple/', ...entry } : entry },
    indexes: { default: { upstreams: ['corp'] } },
  })
}

const WRONG: Readonly<Record<string, string>> = {
  'a text for "auth"': withEntry({ auth: value }),
  'a list for "auth"': withEntry({ auth: ['ci', value] }),
  'a user and password in one': withEntry({ auth: { username: `ci:${value}`, password: '' } }),
  'a password without a user': withEntry({ auth: { password: value } }),
  'a misspelled key': withEntry({ auth: { username: 'ci', pasword: value } }),
  'a key that is unknown': withEntry({ auth: { username: 'ci', password: '', secret: value } }),
  'a password beside "auth"': withEntry({ password: value }),
  'a token beside a password': withEntry({ auth: { username: 'ci', password: value, token: value } }),
  'a password in a list': withEntry({ auth: { username: 'ci', password: [value] } }),
  'a password in an object': withEntry({ auth: { username: 'ci', password: { value } } }),
  'a password with a line break': withEntry({ auth: { username: 'ci', password: `${value}\n` } }),
  'a token with a tab': withEntry({ auth: { token: `\t${value}` } }),
  'a variable with a value': withEntry({ auth: { username: 'ci', password: { env: `PASSWORD=${value}` } } }),
  'two sources': withEntry({ auth: { username: 'ci', password: { env: 'A', file: 'b', exec: ['c', value] } } }),
  'a command in a text': withEntry({ auth: { username: 'ci', password: { exec: `echo ${value}` } } }),
  'a command with a number': withEntry({ auth: { username: 'ci', password: { exec: ['echo', value, 1] } } }),
  'a header in a list': withEntry({ headers: { Authorization: [`Bearer ${value}`] } }),
  'a header with a line break': withEntry({ headers: { Authorization: `Bearer ${value}\r\nX: y` } }),
  'headers in a list': withEntry({ headers: [`Authorization: Bearer ${value}`] }),
  'a header in its name': withEntry({ headers: { [`Authorization: Bearer ${value}`]: '' } }),
  'headers in a text': withEntry({ headers: `Authorization: Bearer ${value}` }),
  'another scheme': withEntry({ url: `ftp://ci:${encoded}@corp.example/simple/` }),
  'no scheme': withEntry({ url: `ci:${encoded}@corp.example/simple/` }),
  'a misspelled scheme': withEntry({ url: `htps://ci:${encoded}@corp.example/simple/` }),
  'a host that is none': withEntry({ url: `https://ci:${encoded}@[corp.example]/simple/` }),
  'a port that is none': withEntry({ url: `https://ci:${encoded}@corp.example:99999/simple/` }),
  'a password with a slash in a URL': withEntry({ url: `https://ci:${value}@corp.example/simple/` }),
  'percent signs that mean nothing': withEntry({ url: `https://ci:%zz${encoded}@corp.example/simple/` }),
  'a user in a URL and "auth"': withEntry({
    url: `https://ci:${encoded}@corp.example/simple/`,
    auth: { username: 'ci', password: value },
  }),
  'a secret in a query': withEntry({ url: `https://corp.example/simple/?token=${encoded}` }),
  'a secret in a fragment': withEntry({ url: `https://corp.example/simple/#${encoded}` }),
  'a user in a mirror': withEntry({ mirrors: [`https://ci:${encoded}@mirror.example/simple/`] }),
  'a user in "filesAt"': withEntry({ filesAt: [`https://ci:${encoded}@files.example/`] }),
  'a list for an upstream': withEntry([`https://ci:${encoded}@corp.example/simple/`]),
  'a text for an upstream': withEntry(`https://ci:${encoded}@corp.example/simple/`),
  'a comma that is missing': `{ "upstreams": { "corp": { "auth": { "username": "ci" "password": ${quoted} } } } }`,
  'a quote that is missing': `{ "upstreams": { "corp": { "auth": { "username": "ci", "password": ${quoted.slice(0, -1)} } } } }`,
  'a value without quotes': `{ "upstreams": { "corp": { "auth": { "username": "ci", "password": ${value} } } } }`,
  'single quotes': `{ "upstreams": { "corp": { "auth": { "username": "ci", "password": '${value}' } } } }`,
  'a file that ends too early': `{ "upstreams": { "corp": { "auth": { "username": "ci", "password": ${quoted}`,
  'a key twice': `{ "upstreams": { "corp": { "url": "https://corp.example/simple/", "auth": { "token": ${quoted}, "token": ${quoted} } } }, "indexes": { "default": { "upstreams": ["corp"] } } }`,
  'another file altogether': `[corp]\nusername = ci\npassword = ${value}\n`,
  'credentials beside the index': JSON.stringify({ password: value, upstreams: {}, indexes: {} }),
  'a secret as the name of an upstream': JSON.stringify({
    upstreams: { corp: { url: 'https://corp.example/simple/' } },
    indexes: { default: { upstreams: [`https://ci:${encoded}@corp.example/simple/`] } },
  }),
}

it.each(Object.keys(WRONG))('%s is refused, or accepted, without repeating the secret', (what) => {
  const said = sayOf(WRONG[what] ?? '', false)
  expect(said.length).toBeGreaterThan(0)
  expect(foundIn(said, [SECRET])).toEqual([])
})

it.each(['literal', 'header', 'userinfo'])(
  'a secret that stands in the file (%s) is warned of, and refused by --strict, without repeating it',
  (where) => {
    const text = withEntry(
      {
        literal: { auth: { username: 'ci', password: value } },
        header: { headers: { Authorization: `Bearer ${value}` } },
        userinfo: { url: `https://ci:${encoded}@corp.example/simple/` },
      }[where],
    )
    for (const strict of [false, true]) {
      const said = sayOf(text, strict)
      expect(said).toContain('a secret of "corp" stands in this file')
      expect(foundIn(said, [SECRET])).toEqual([])
    }
  },
)

/** All that anybody prints of a rules file: why it is refused, or its warnings and what it means. */
function sayOf(text: string, strict: boolean): string {
  try {
    const config = readRules(text, { file: 'merge-rules.json', strict })
    return [...config.warnings, explainConfig(config)].join('\n')
  } catch (error) {
    if (!(error instanceof CheckError)) throw error
    return [error.message, error.stack, String(error.cause)].join('\n')
  }
}
