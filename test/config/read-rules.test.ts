import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readFileSync } from 'node:fs'
import { CheckError, type Config, type UpstreamConfig } from '../../src/config/config.ts'
import { readRules } from '../../src/config/read-rules.ts'
import { parseName } from '../../src/simple/name.ts'
import { rulesLike } from './arbitraries.ts'

const FILE = '/etc/unidex/merge-rules.json'
const DAY = 86_400_000
const EXAMPLE = readFileSync(new URL('../../merge-rules.example.json', import.meta.url), 'utf8')

function read(text: string, strict = false): Config {
  return readRules(text, { file: FILE, strict })
}

/** A file with one upstream of these entries, and one index that asks it. */
function oneUpstream(entries: string): string {
  return `{ "upstreams": { "a": { ${entries} } }, "indexes": { "default": { "upstreams": ["a"] } } }`
}

function upstreamOf(entries: string): UpstreamConfig | undefined {
  return read(oneUpstream(entries)).upstreams.get('a')
}

function messageOf(text: string, strict = false): string {
  try {
    read(text, strict)
  } catch (error) {
    if (error instanceof CheckError) return error.message
    throw error
  }
  throw new Error('The file was accepted')
}

describe('an upstream', () => {
  test('has defaults for everything but its address', () => {
    expect(upstreamOf('"url": "https://a.example/simple"')).toEqual({
      name: 'a',
      url: 'https://a.example/simple/',
      private: false,
      owns: [],
      optional: false,
      filesAt: ['https://a.example/'],
      mutable: false,
      headers: [],
      absentOn: [],
      emptyIsAbsent: false,
      format: 'auto',
      deliver: 'through',
      timeoutMs: 8000,
      mirrors: [],
    })
  })

  test('has what the file says of it', () => {
    const upstream = upstreamOf(`
      "url": "HTTPS://A.Example:443/x/../simple/", "private": true, "owns": ["Acme_Core", "acme.*"], "optional": false,
      "filesAt": ["https://files.example/p", "http://127.0.0.1:8001/"], "mutable": true, "absentOn": [404, 451],
      "emptyIsAbsent": true, "format": "html", "freshFor": "10m", "timeout": "3s", "ca": "ca.pem",
      "headers": { "X-Key": { "env": "KEY" }, "X-Team": "data" }`)
    expect(upstream).toMatchObject({
      url: 'https://a.example/simple/',
      private: true,
      filesAt: ['https://files.example/p/', 'http://127.0.0.1:8001/'],
      mutable: true,
      absentOn: [404, 451],
      emptyIsAbsent: true,
      format: 'html',
      freshForMs: 600_000,
      timeoutMs: 3000,
      ca: '/etc/unidex/ca.pem',
      headers: [
        { name: 'X-Key', value: { kind: 'env', name: 'KEY' } },
        { name: 'X-Team', value: { kind: 'literal', value: 'data' } },
      ],
    })
    expect(upstream?.owns.map(({ text }) => text)).toEqual(['acme-core', 'acme-*'])
  })

  test.each([
    ['https://pypi.org/simple/', ['https://pypi.org/', 'https://files.pythonhosted.org/']],
    ['https://test.pypi.org/simple', ['https://test.pypi.org/', 'https://test-files.pythonhosted.org/']],
    ['https://pypi.org.example/simple/', ['https://pypi.org.example/']],
    ['http://127.0.0.1:8001/root/+simple/', ['http://127.0.0.1:8001/']],
  ])('at %s has files at its own origin and, for PyPI, at its file host', (url, filesAt) => {
    expect(upstreamOf(`"url": "${url}"`)?.filesAt).toEqual(filesAt)
  })

  test.each([
    ['"netrc"', { kind: 'netrc' }],
    ['{ "token": { "env": "T" } }', { kind: 'bearer', token: { kind: 'env', name: 'T' } }],
    ['{ "token": { "file": "keys/t" } }', { kind: 'bearer', token: { kind: 'file', path: '/etc/unidex/keys/t' } }],
    ['{ "token": { "file": "/run/t" } }', { kind: 'bearer', token: { kind: 'file', path: '/run/t' } }],
    [
      '{ "token": { "exec": ["gcloud", "auth"] } }',
      { kind: 'bearer', token: { kind: 'exec', command: ['gcloud', 'auth'] } },
    ],
    [
      '{ "token": { "exec": ["./t", "x/y"] } }',
      { kind: 'bearer', token: { kind: 'exec', command: ['/etc/unidex/t', 'x/y'] } },
    ],
    [
      '{ "username": "ci", "password": { "env": "P" } }',
      { kind: 'basic', username: { kind: 'literal', value: 'ci' }, password: { kind: 'env', name: 'P' } },
    ],
  ])('shows who we are by %s', (auth, meant) => {
    expect(upstreamOf(`"url": "https://a.example", "auth": ${auth}`)?.auth).toEqual(meant)
  })

  test('has the credentials of its address as its auth, and not in its address', () => {
    expect(upstreamOf('"url": "https://c%40i:p%3Aw@a.example/simple"')).toMatchObject({
      url: 'https://a.example/simple/',
      filesAt: ['https://a.example/'],
      auth: { kind: 'basic', username: { kind: 'literal', value: 'c@i' }, password: { kind: 'literal', value: 'p:w' } },
    })
  })

  test('may have the name of something that every object has', () => {
    const config = read(
      '{ "upstreams": { "constructor": { "url": "https://a.example" } }, "indexes": { "default": { "upstreams": ["constructor"] } } }',
    )
    expect([...config.upstreams.keys()]).toEqual(['constructor'])
  })
})

describe('a rules file', () => {
  test('may begin with a byte order mark, which counts as no column', () => {
    expect(read(`\uFEFF${EXAMPLE}`).policy.indexes.size).toBe(2)
    expect(messageOf('\uFEFF{ "a": 1, }')).toContain(`${FILE}:1:3: unknown key "a"`)
  })

  test('has lines that end as on any system', () => {
    expect(messageOf('{\r\n"upstreams": {},\r"hosts": 1\n}')).toContain(`${FILE}:3:10: "hosts" is a number`)
  })

  test('gives rules with their places, and settings that they do not name are absent', () => {
    const rules = read(EXAMPLE).policy.indexes.get('default')?.rules
    expect(rules?.map((rule) => Object.keys(rule))).toEqual([
      ['projects', 'upstreams', 'strategy', 'place'],
      ['projects', 'deny', 'place'],
      ['projects', 'cooldown', 'place'],
      ['projects', 'versions', 'yanked', 'place'],
      ['projects', 'files', 'place'],
    ])
    const line = EXAMPLE.split('\n').findIndex((each) => each.includes('"requestes"')) + 1
    expect(rules?.[1]?.place).toEqual({ file: FILE, line, column: 9 })
  })

  test('keeps the expectations that only upstreams can fulfil', () => {
    const [requests] = ['requests'].map(parseName)
    expect(read(EXAMPLE).expectations).toMatchObject([
      { index: 'default', project: requests, upstream: 'pypi', place: { file: FILE } },
    ])
  })

  test('names its file, its hosts, its open indexes, and how long a page is given while its upstream fails', () => {
    const config = read(
      '{ "upstreams": { "a": { "url": "https://a.example" } }, "hosts": ["Packages.Example", "192.0.2.7", "[::1]"], "indexes": { "default": { "upstreams": ["a"], "clients": "anyone" }, "b": { "upstreams": ["a"] } } }',
    )
    expect(config).toMatchObject({
      source: FILE,
      hosts: ['packages.example', '192.0.2.7', '[::1]'],
      staleForMs: DAY,
      warnings: [],
    })
    expect([...config.openIndexes]).toEqual(['default'])
  })

  test.each([
    [
      'a rule of literal names may share them with a private upstream',
      '{ "projects": ["a", "b"], "upstreams": ["corp", "pypi"], "strategy": "by-version" }',
    ],
    [
      'a rule of literal names may ask a private upstream after others',
      '{ "projects": ["a"], "upstreams": ["pypi", "corp"], "strategy": "by-file" }',
    ],
    ['a rule may send an owned name to its owner', '{ "projects": ["acme-core"], "upstreams": ["corp"] }'],
    ['a rule may deny an owned name', '{ "projects": ["acme-core"], "deny": "retired" }'],
    [
      'a rule of patterns may share names between public upstreams',
      '{ "projects": ["*"], "upstreams": ["pypi", "wheels"], "strategy": "by-file" }',
    ],
    [
      'a later rule may decide what earlier ones left open',
      '{ "projects": ["a"], "yanked": "hide" }, { "projects": ["a"], "yanked": "keep", "versions": "<3" }',
    ],
    [
      'a later rule may be wider than an earlier one',
      '{ "projects": ["a"], "deny": false }, { "projects": ["*"], "deny": "frozen" }',
    ],
    [
      'a rule may let go a name that a later one denies',
      '{ "projects": ["a-b"], "deny": false }, { "projects": ["a-*"], "deny": "no" }',
    ],
    [
      'an optional upstream may stand where other rules share all the names of its list',
      '{ "projects": ["a-*"], "upstreams": ["pypi", "wheels"] , "strategy": "by-version" }, { "projects": ["b"], "strategy": "first-index" }',
    ],
  ])('is accepted: %s', (_, rules) => {
    const config = read(`{
      "upstreams": {
        "corp": { "url": "https://corp.example/", "private": true, "owns": ["acme-*"] },
        "pypi": { "url": "https://pypi.org/simple/" },
        "wheels": { "url": "https://wheels.example/", "optional": true },
      },
      "indexes": { "default": { "upstreams": ["corp", "pypi"], "rules": [${rules}] }, "all": { "upstreams": ["pypi", "wheels"], "rules": [{ "projects": ["*"], "strategy": "by-file" }] } },
    }`)
    expect(config.policy.indexes.get('default')?.rules).not.toEqual([])
  })

  test('has all its faults named at once, in their order', () => {
    const message = messageOf(`{
  "upstream": {},
  "upstreams": {
    "corp": { "url": "ftp://a.example", "private": 1, "absentOn": [401, 200] },
    "pypi": { "url": "https://pypi.org/simple/" },
  },
  "indexes": {
    "default": {
      "upstreams": ["corp", "pipy"],
      "rules": [{ "projects": ["a/b"], "strategi": "by-file" }, { "projects": ["a"] }],
    },
  },
}`)
    expect(message.split('\n').map((line) => line.slice(FILE.length + 1, line.indexOf(' – ')))).toEqual([
      '2:3: unknown key "upstream"',
      '4:22: this address begins with "ftp:"',
      '4:52: "private" is a number',
      '4:73: 200 cannot mean "has no such project"',
      '9:29: unknown upstream "pipy"',
      '10:32: the pattern "a/b" has the sign "/"',
      '10:40: unknown key "strategi"',
      '10:65: this rule says nothing',
    ])
  })

  test('with very many faults has the first of them named', () => {
    const lines = messageOf(oneUpstream(`"url": "https://a.example", "owns": [${'1,'.repeat(15_000)}]`)).split('\n')
    expect(lines).toHaveLength(101)
    expect(lines.at(-1)).toBe('and 14900 more')
  })
})

describe('a secret in the file', () => {
  const written = [
    '"url": "https://ci:CANARY@a.example"',
    '"url": "https://CANARY@a.example"',
    '"url": "https://a.example", "auth": { "username": "ci", "password": "CANARY" }',
    '"url": "https://a.example", "auth": { "token": "CANARY" }',
    '"url": "https://a.example", "headers": { "X-Api-Key": "CANARY" }',
  ]

  test.each(written)('is accepted with a warning: %s', (entries) => {
    const { warnings } = read(oneUpstream(entries))
    expect(warnings).toEqual([expect.stringContaining('a secret of "a" stands in this file')])
    expect(warnings.join()).not.toContain('CANARY')
  })

  test.each(written)('is refused where that is asked for: %s', (entries) => {
    const message = messageOf(oneUpstream(entries), true)
    expect(message).toContain('a secret of "a" stands in this file')
    expect(message).not.toContain('CANARY')
  })

  test.each([
    '"url": "https://ci:CANARY@a.example/?x"',
    '"url": "ftp://ci:CANARY@a.example/"',
    '"url": "https://ci:CANARY@a.example:99999/"',
    '"url": "https://a.example", "filesAt": ["https://ci:CANARY@a.example/"]',
    '"url": "https://a.example", "auth": "CANARY"',
    '"url": "https://a.example", "auth": { "token": "CANARY\\n" }',
    '"url": "https://a.example", "auth": { "token": ["CANARY"] }',
    '"url": "https://a.example", "auth": { "token": { "env": "$CANARY" } }',
    '"url": "https://a.example", "auth": { "username": "ci:CANARY", "password": "CANARY" }',
    '"url": "https://a.example", "headers": { "X-Key": "CANARY\\u0000" }',
  ])('is not shown where the file is refused: %s', (entries) => {
    expect(messageOf(oneUpstream(entries))).not.toContain('CANARY')
  })
})

describe('what is likely to surprise is said', () => {
  test.each([
    ['credentials over plain http', '"url": "http://a.example", "auth": "netrc"', 'over plain http'],
    ['a private upstream that owns no names', '"url": "https://a.example", "private": true', '"owns": ["acme-*"]'],
    [
      'freshFor on a private upstream',
      '"url": "https://a.example", "private": true, "owns": ["a"], "freshFor": "1m"',
      'no effect',
    ],
  ])('%s', (_, entries, words) => {
    expect(read(oneUpstream(entries)).warnings).toEqual([expect.stringContaining(words)])
  })

  test('an upstream that no index asks', () => {
    const text =
      '{ "upstreams": { "a": { "url": "https://a.example" }, "b": { "url": "https://b.example" } }, "indexes": { "default": { "upstreams": ["a"] } } }'
    expect(read(text).warnings).toEqual([expect.stringMatching(/:1:55: no index asks "b" – /)])
  })

  test('but not credentials over plain http on this machine', () => {
    expect(read(oneUpstream('"url": "http://127.0.0.1:8001", "auth": "netrc"')).warnings).toEqual([])
  })
})

/** Anything but a CheckError is thrown. */
function outcomeOf(text: string): 'read' | 'refused' {
  try {
    read(text)
    return 'read'
  } catch (error) {
    if (error instanceof CheckError) return 'refused'
    throw error
  }
}

describe('whatever the file is, it is read or refused', () => {
  test('as JSON that looks like rules', () => {
    const seen = new Set<string>()
    fc.assert(
      fc.property(rulesLike, (value) => {
        seen.add(outcomeOf(JSON.stringify(value) ?? ''))
      }),
      { numRuns: 500 },
    )
    expect(seen).toContain('refused')
  })

  test('as any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(outcomeOf(text)).toBe('refused')
      }),
    )
  })

  test('as a good file that was cut and pasted over', () => {
    const at = fc.nat(EXAMPLE.length)
    const pasted = fc.constantFrom('"', '{', '}', '[', ']', ',', ':', '\n', '/*', '//', '\\', 'null', '')
    const seen = new Set<string>()
    fc.assert(
      fc.property(at, at, pasted, (a, b, paste) => {
        seen.add(outcomeOf(EXAMPLE.slice(0, Math.min(a, b)) + paste + EXAMPLE.slice(Math.max(a, b))))
      }),
      { numRuns: 300 },
    )
    expect(seen).toContain('refused')
  })

  test('and it never changes what all objects are', () => {
    outcomeOf('{ "__proto__": { "polluted": true }, "upstreams": { "__proto__": { "polluted": true } } }')
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
  })
})
