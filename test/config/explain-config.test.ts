import { describe, expect, test } from 'vitest'
import { builtInConfig } from '../../src/config/built-in.ts'
import { explainConfig } from '../../src/config/explain-config.ts'
import { readRules } from '../../src/config/read-rules.ts'

function explain(text: string): string {
  return explainConfig(readRules(text, { file: 'merge-rules.json', strict: false }))
}

describe('what a rules file means is said in plain words', () => {
  test('for a company', () => {
    const text = `{
  "upstreams": {
    "corp": {
      "url": "https://packages.example.com/simple/", "private": true, "owns": ["acme", "acme-*"],
      "auth": { "username": "ci", "password": { "env": "CORP_INDEX_PASSWORD" } },
    },
    "torch-cpu": { "url": "https://download.pytorch.org/whl/cpu/", "absentOn": [403], "filesAt": ["https://download.pytorch.org/whl/"] },
    "wheels": { "url": "https://wheels.example/", "optional": true, "mutable": true, "emptyIsAbsent": true, "format": "html",
      "freshFor": "1h", "deliver": "redirect", "ca": "/etc/ca.pem", "timeout": "3s" },
    "pypi": { "url": "https://pypi.org/simple/", "headers": { "X-Team": "data" } },
  },
  "indexes": {
    "default": {
      "upstreams": ["corp", "torch-cpu", "pypi"],
      "clients": "anyone",
      "rules": [
        { "projects": ["torch", "torchvision"], "upstreams": ["torch-cpu", "pypi"], "strategy": "by-version" },
        { "projects": ["numpy"], "upstreams": ["wheels", "pypi"], "strategy": "by-file", "files": ["*.whl"] },
        { "projects": ["six"], "upstreams": ["pypi"], "versions": "<3", "yanked": "hide" },
        { "projects": ["good"], "deny": false, "yanked": "keep", "strategy": "first-index" },
        { "projects": ["*"], "deny": "frozen" },
      ],
    },
    "public": { "upstreams": ["pypi"], "expect": { "requests": "pypi" } },
    "both": { "upstreams": ["corp", "pypi"], "expect": { "requests": "pypi" } },
  },
  "hosts": ["packages.example"],
  "servedAt": "https://packages.example/pypi",
}`
    expect(explain(text)).toBe(`merge-rules.json is right. It means:

Upstream corp, https://packages.example.com/simple/
  Private: what it has never comes from elsewhere, and others are asked only after it.
  acme and acme-*: asked here and nowhere else, published or not.
  We log in as "ci", with a password from the environment variable CORP_INDEX_PASSWORD.
  Its files lie below https://packages.example.com/, and nothing else is fetched from it.
  A page of it must come within 8 seconds.

Upstream torch-cpu, https://download.pytorch.org/whl/cpu/
  Its files lie below https://download.pytorch.org/whl/, and nothing else is fetched from it.
  403 from it means that it does not have the project, as 404 does.
  A page of it must come within 8 seconds.

Upstream wheels, https://wheels.example/
  Optional: pages that it shares with others are served without it while it fails.
  Its files lie below https://wheels.example/, and nothing else is fetched from it.
  A page without files means that it does not have the project.
  Its files may change under their names.
  Its pages are asked for as HTML only.
  Its pages are fresh for 1 hour, whatever it says of them.
  Clients are sent to it for files, instead of getting them from here.
  Certificates in /etc/ca.pem are trusted beside those of the system.
  A page of it must come within 3 seconds.

Upstream pypi, https://pypi.org/simple/
  Requests carry the header X-Team, with a value that stands in the rules file.
  Its files lie below https://pypi.org/ and https://files.pythonhosted.org/, and nothing else is fetched from it.
  A page of it must come within 8 seconds.

Index default, served at /simple/
  Asks corp; then, if a project is not there, torch-cpu and pypi at once. The first of them, in this order, that has a project answers alone.
  Some projects are treated otherwise; for each setting, the first line that is for the project and says it decides:
  Line 17, torch and torchvision: Asks torch-cpu and pypi. Each version comes whole from the first of them that has it.
  Line 18, numpy: Asks wheels and pypi. All their files are served; each from the first of them that has it. Only files that fit *.whl are served.
  Line 19, six: Asks pypi alone. Only versions <3 are served. Yanked files are hidden.
  Line 20, good: The first of them, in this order, that has a project answers alone. Not withheld, whatever later rules say. Yanked files are kept.
  Line 21, all projects: Withheld, with the reason "frozen".
  Anyone who reaches the server may read this index.

Index public, served at /public/simple/
  Asks pypi alone.
  acme and acme-*: not here, since corp owns them and is not asked, unless a rule asks it.

Index both, served at /both/simple/
  Asks corp; then, if a project is not there, pypi. The first of them, in this order, that has a project answers alone.
  Expected, as far as upstreams agree: requests comes from pypi.

Everywhere
  While a public upstream fails, pages of it that were kept are served for 1 day.
  Beside the loopback, the server answers as packages.example.
  Clients reach the server at https://packages.example/pypi/.
`)
  })

  test('where there is no file', () => {
    expect(explainConfig(builtInConfig())).toBe(`There is no rules file: the built-in rules hold.

Upstream pypi, https://pypi.org/simple/
  Its files lie below https://pypi.org/ and https://files.pythonhosted.org/, and nothing else is fetched from it.
  A page of it must come within 8 seconds.

Index default, served at /simple/
  Asks pypi alone.

Everywhere
  While a public upstream fails, pages of it that were kept are served for 30 days.
`)
  })

  test('with the first of many names', () => {
    const names = Array.from({ length: 25 }, (_, at) => `"p${at}"`).join()
    const text = `{ "upstreams": { "a": { "url": "https://a.example" } }, "indexes": { "default": { "upstreams": ["a"], "rules": [{ "projects": [${names}], "deny": "no" }] } } }`
    expect(explain(text)).toContain('p18, p19 and 5 more: Withheld')
  })

  test.each([
    ['"url": "https://ci:CANARY@a.example"', 'as "ci", with a password that stands in the rules file'],
    ['"url": "https://CANARY@a.example"', 'as a username that stands in the rules file'],
    ['"url": "https://a.example", "auth": { "username": "ci", "password": "CANARY" }', 'with a password that stands'],
    ['"url": "https://a.example", "auth": { "token": "CANARY" }', 'with a token that stands in the rules file'],
    [
      '"url": "https://a.example", "auth": { "token": { "exec": ["get-token", "--key=CANARY"] } }',
      'the command get-token prints',
    ],
    ['"url": "https://a.example", "auth": { "token": { "file": "/run/token" } }', 'a token from the file /run/token'],
    ['"url": "https://a.example", "auth": "netrc"', 'what the netrc file has for its host'],
    [
      '"url": "https://a.example", "headers": { "X-Api-Key": "CANARY" }',
      'the header X-Api-Key, with a value that stands',
    ],
  ])('without secrets: %s', (entries, words) => {
    const text = `{ "upstreams": { "a": { ${entries} } }, "indexes": { "default": { "upstreams": ["a"] } } }`
    expect(explain(text)).toContain(words)
    expect(explain(text)).not.toContain('CANARY')
  })

  test('with what the file should not say', () => {
    const text =
      '{ "upstreams": { "a": { "url": "http://a.example", "auth": "netrc" } }, "indexes": { "default": { "upstreams": ["a"] } } }'
    expect(explain(text)).toMatch(/\n\nMind\n {2}merge-rules\.json:1:32: "a" gets credentials over plain http/)
  })
})
