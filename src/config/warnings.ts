/** What a rules file may say, but should not. */
import { isLoopback } from './addresses.ts'
import type { Auth, SecretSource, UpstreamConfig } from './config.ts'
import type { Path } from './document.ts'
import type { Draft } from './draft.ts'
import { type Fault, quote } from './fault.ts'
import { isSecretHeader } from './headers.ts'

/** Passwords and tokens that stand in the file itself: accepted with a warning, or refused by `--strict`. */
export function secretsInFile({ upstreams, where }: Draft): Fault[] {
  return [...upstreams].flatMap(([name, { url, auth, headers = {}, mirrors = [] }]) => {
    const secrets: [path: Path, source: SecretSource][] = Object.entries(headers)
      .filter(([header]) => isSecretHeader(header))
      .map(([header, value]) => [['headers', header], value])
    secrets.push(...secretsOf(auth, ['auth']))
    const inUrls: Path[] = url?.userinfo === undefined ? [] : [['url']]
    for (const [at, mirror] of Array.isArray(mirrors) ? mirrors.entries() : []) {
      secrets.push(...secretsOf(mirror.auth, ['mirrors', at, 'auth']))
      if (mirror.url.userinfo !== undefined) inUrls.push(['mirrors', at])
    }
    const written = secrets.flatMap(([path, { kind }]) => (kind === 'literal' ? [path] : []))
    return [...inUrls, ...written].map((path) => ({
      place: where(['upstreams', name, ...path]),
      wrong: `a secret of ${quote(name)} stands in this file`,
      right: 'keep it elsewhere and write e.g. { "env": "CORP_INDEX_PASSWORD" } under "auth"',
    }))
  })
}

function secretsOf(auth: Auth | undefined, path: Path): [path: Path, source: SecretSource][] {
  if (auth?.kind === 'basic') return [[[...path, 'password'], auth.password]]
  return auth?.kind === 'bearer' ? [[[...path, 'token'], auth.token]] : []
}

/** What is likely to surprise; `draft` holds no fault. */
export function warningsOf({ policy, where }: Draft): Fault[] {
  const asked = new Set<string>()
  for (const { upstreams, rules } of policy.indexes.values()) {
    for (const name of [upstreams, ...rules.map((rule) => rule.upstreams ?? [])].flat()) asked.add(name)
  }
  const warnings: Fault[] = []
  for (const upstream of policy.upstreams.values()) {
    const { name } = upstream
    const at = ['upstreams', name]
    if (!asked.has(name)) {
      const right = 'add it to the "upstreams" of an index, or delete it'
      warnings.push({ place: where(at, 'key'), wrong: `no index asks ${quote(name)}`, right })
    }
    if (sendsSecretsInClear(upstream)) {
      const wrong = `${quote(name)} gets credentials over plain http, where others can read them`
      warnings.push({ place: where([...at, 'url']), wrong, right: 'write "https://…"' })
    }
    for (const [i, mirror] of upstream.mirrors.entries()) {
      if (!mirror.url.startsWith('http:') || isLoopback(mirror.url)) continue
      const wrong = `this mirror of ${quote(name)} is asked over plain http, where others can change its pages${mirror.auth ? ' and read credentials' : ''}`
      warnings.push({ place: where([...at, 'mirrors', i]), wrong, right: 'write "https://…"' })
    }
    if (upstream.private && upstream.owns.length === 0) {
      const wrong = `${quote(name)} is private, and while it fails every name waits for it that its project list cannot deny`
      const right =
        'say which names are yours, e.g. "owns": ["acme-*"]; that also keeps those that are not published yet'
      warnings.push({ place: where(at, 'key'), wrong, right })
    }
    if (upstream.private && upstream.freshForMs !== undefined) {
      const wrong = '"freshFor" has no effect on a private upstream, which is asked each time'
      warnings.push({ place: where([...at, 'freshFor'], 'key'), wrong, right: 'delete it' })
    }
  }
  return warnings
}

function sendsSecretsInClear({ url, auth, headers }: UpstreamConfig): boolean {
  const hasSecrets = auth !== undefined || headers.some(({ name }) => isSecretHeader(name))
  return hasSecrets && url.startsWith('http:') && !isLoopback(url)
}
