/** Who we are at an upstream: the request headers that say so, made of secrets at the moment of asking. */
import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { UpstreamError } from './error.ts'
import { isFieldValue } from './fields.ts'
import { findNetrcEntry } from './netrc.ts'
import { type Environment, openSecret, type SecretSource } from './secrets.ts'

export type { Environment, SecretSource } from './secrets.ts'

/** How we show an upstream who we are. */
export type Auth =
  | { readonly kind: 'basic'; readonly username: SecretSource; readonly password: SecretSource }
  | { readonly kind: 'bearer'; readonly token: SecretSource }
  | { readonly kind: 'netrc' }

/** A request header that the operator adds, secret or not. */
export interface ExtraHeader {
  readonly name: string
  readonly value: SecretSource
}

export interface CredentialsOptions {
  readonly upstream: string
  /** Host name of the upstream, for netrc. */
  readonly host: string
  readonly auth?: Auth | undefined
  readonly headers: readonly ExtraHeader[]
  readonly environment: Environment
  /** Default: `$NETRC`, else `.netrc` in the home folder. */
  readonly netrcPath?: string | undefined
}

/**
 * Headers in lower case. With `notBefore` (by `performance.now()`) no secret is used that was got before that.
 * @throws UpstreamError `secret-unavailable`, naming the place of the secret and never its value
 */
export type ReadCredentials = (notBefore?: number) => Promise<Readonly<Record<string, string>>>

export function openCredentials(options: CredentialsOptions): ReadCredentials {
  const { upstream } = options
  const authorization = openAuthorization(options)
  const extra = options.headers.map(({ name, value }) => ({ name, read: openSecret(value, options) }))

  function header(name: string, value: string): readonly [string, string] {
    if (isFieldValue(value)) return [name.toLowerCase(), value]
    throw new UpstreamError(
      upstream,
      'secret-unavailable',
      `Cannot send the header "${name}": its value has characters that no header may have`,
    )
  }

  return async (notBefore) => {
    const [own, ...others] = await Promise.all([
      authorization?.(notBefore),
      ...extra.map(async ({ name, read }) => header(name, await read(notBefore))),
    ])
    return Object.fromEntries(own === undefined ? others : [...others, header('authorization', own)])
  }
}

type ReadAuthorization = (notBefore?: number) => Promise<string>

function openAuthorization(options: CredentialsOptions): ReadAuthorization | undefined {
  const { auth } = options
  switch (auth?.kind) {
    case undefined:
      return undefined
    case 'basic': {
      const username = openSecret(auth.username, options)
      const password = openSecret(auth.password, options)
      return async (notBefore) => basic(...(await Promise.all([username(notBefore), password(notBefore)])))
    }
    case 'bearer': {
      const token = openSecret(auth.token, options)
      return async (notBefore) => `Bearer ${await token(notBefore)}`
    }
    case 'netrc':
      return () => fromNetrc(options)
    default:
      return auth satisfies never
  }
}

/** RFC 7617, with the characters in UTF-8. */
function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}

async function fromNetrc({ upstream, host, environment, netrcPath }: CredentialsOptions): Promise<string> {
  const path = netrcPath ?? environment.NETRC ?? join(environment.HOME ?? homedir(), '.netrc')
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new UpstreamError(upstream, 'secret-unavailable', `Cannot read ${path}`, { cause })
  })
  const entry = findNetrcEntry(text, host)
  if (entry === undefined) {
    throw new UpstreamError(upstream, 'secret-unavailable', `${path} has no entry with a password for "${host}"`)
  }
  return basic(entry.login, entry.password)
}
