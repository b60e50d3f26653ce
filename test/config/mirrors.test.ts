import { expect, test } from 'vitest'
import type { UpstreamConfig } from '../../src/config/config.ts'
import { explainConfig } from '../../src/config/explain-config.ts'
import { readRules } from '../../src/config/read-rules.ts'

const rules = (entry: object, strict = false) =>
  readRules(JSON.stringify({ upstreams: { up: entry }, indexes: { default: { upstreams: ['up'] } } }), {
    file: '/etc/unidex/merge-rules.json',
    strict,
  })

function mirrorsOf(entry: object): UpstreamConfig['mirrors'] {
  return rules(entry).upstreams.get('up')?.mirrors ?? []
}

const PYPI = { url: 'https://pypi.org/simple/' }

test('a mirror of PyPI has the files of its file host in the folder around its index', () => {
  expect(mirrorsOf({ ...PYPI, mirrors: ['https://m.example/pypi/simple'] })).toEqual([
    {
      url: 'https://m.example/pypi/simple/',
      bases: [
        { at: 'https://m.example/pypi/', of: 'https://files.pythonhosted.org/' },
        { at: 'https://m.example/', of: 'https://files.pythonhosted.org/' },
      ],
    },
  ])
})

test('a mirror of another index has its files where that one has them', () => {
  const [mirror] = mirrorsOf({ url: 'https://a.example/pypi/simple/', mirrors: ['https://m.example/simple/'] })
  expect(mirror?.bases).toEqual([
    { at: 'https://m.example/', of: 'https://a.example/pypi/' },
    { at: 'https://m.example/', of: 'https://a.example/' },
  ])
})

test('"filesAt" of a mirror stands for that of its upstream, in the same order', () => {
  const [mirror] = mirrorsOf({
    url: 'https://a.example/simple/',
    filesAt: ['https://one.example/', 'https://two.example/'],
    mirrors: [{ url: 'https://m.example/simple/', filesAt: ['https://m.example/1', 'https://m.example/2/'] }],
  })
  expect(mirror?.bases).toEqual([
    { at: 'https://m.example/1/', of: 'https://one.example/' },
    { at: 'https://m.example/2/', of: 'https://two.example/' },
  ])
})

test('credentials of a mirror are its own, those of the upstream are none of it', () => {
  const auth = (name: string) => ({ token: { env: name } })
  expect(
    mirrorsOf({
      ...PYPI,
      auth: auth('OWN'),
      mirrors: ['https://a.example/simple/', { url: 'https://b.example/simple/', auth: auth('MIRROR') }],
    }).map((mirror) => mirror.auth),
  ).toEqual([undefined, { kind: 'bearer', token: { kind: 'env', name: 'MIRROR' } }])
})

test('a password in the address of a mirror is one that stands in the file', () => {
  const entry = { ...PYPI, mirrors: ['https://a.example/simple/', 'https://ci:hunter2@b.example/simple/'] }
  expect(rules(entry).warnings.join('\n')).toMatch(/a secret of "up" stands in this file/)
  expect(() => rules(entry, true)).toThrow('a secret of "up" stands in this file')
  expect(JSON.stringify(rules(entry).warnings) + explainConfig(rules(entry))).not.toContain('hunter2')
})

test('so is a token that is written in "auth" of a mirror', () => {
  const entry = { ...PYPI, mirrors: [{ url: 'https://b.example/simple/', auth: { token: 'hunter2' } }] }
  expect(() => rules(entry, true)).toThrow('a secret of "up" stands in this file')
})

test('a mirror over plain http is warned of', () => {
  expect(rules({ ...PYPI, mirrors: ['http://m.example/simple/'] }).warnings.join('\n')).toContain('plain http')
  expect(rules({ ...PYPI, mirrors: ['http://127.0.0.1:1/simple/'] }).warnings).toEqual([])
})

test('a list of mirrors is an address alone', () => {
  expect(rules({ ...PYPI, mirrors: { from: 'https://a.example/mirrors' } }).upstreams.get('up')).toMatchObject({
    mirrors: [],
    mirrorsFrom: 'https://a.example/mirrors',
  })
})

test('what mirrors mean is said in plain words', () => {
  const words = explainConfig(
    rules({ ...PYPI, mirrors: ['https://a.example/simple/', { url: 'https://b.example/', auth: 'netrc' }] }),
  )
  expect(words).toContain(
    'It can also be had from https://a.example/simple/ and https://b.example/: the nearest that answers is used, links name its own address, and what that one says counts.',
  )
  expect(words).toContain('At https://b.example/: We log in with what the netrc file has for its host.')
})
