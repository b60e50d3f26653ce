/** What the rules file says of one upstream, as sentences. */
import type { Auth, SecretSource, UpstreamConfig } from './config.ts'
import { sayDuration } from '../simple/duration.ts'
import { all, quote } from './fault.ts'

/** Only what is not so anyway, but for where its files lie: that is all that may be fetched from it. */
export function explainUpstream(upstream: UpstreamConfig): string[] {
  const { owns, auth, headers, filesAt, absentOn, format, freshForMs, ca, mirrors, mirrorsFrom } = upstream
  const sentences: (string | false | undefined)[] = [
    upstream.private && 'Private: what it has never comes from elsewhere, and others are asked only after it.',
    owns.length > 0 && `${all(owns.map(({ text }) => text))}: asked here and nowhere else, published or not.`,
    upstream.optional && 'Optional: pages that it shares with others are served without it while it fails.',
    auth && explainAuth(auth),
    ...headers.map(({ name, value }) => `Requests carry the header ${name}, with ${sourceOf(value, 'a value')}.`),
    `Its files lie below ${all(filesAt)}, and nothing else is fetched from it.`,
    mirrors.length > 0 && explainMirrors(upstream),
    ...mirrors.map(({ url, auth }) => auth && `At ${url}: ${explainAuth(auth)}`),
    mirrorsFrom !== undefined &&
      `Its mirrors are those that ${mirrorsFrom} names: each of them is asked only where its own address fails or is slow, and for files, whose hash it says.`,
    absentOn.length > 0 && `${all(absentOn.map(String))} from it means that it does not have the project, as 404 does.`,
    upstream.emptyIsAbsent && 'A page without files means that it does not have the project.',
    upstream.cooldownMs !== undefined &&
      upstream.cooldownMs > 0 &&
      `Files younger than ${sayDuration(upstream.cooldownMs)} are hidden.`,
    upstream.uploadTimes === 'first-seen' &&
      'Files that do not say when they were uploaded have, on pages, the time when they were first seen here.',
    upstream.mutable && 'Its files may change under their names.',
    format !== 'auto' && `Its pages are asked for as ${format === 'json' ? 'JSON' : 'HTML'} only.`,
    freshForMs !== undefined && `Its pages are fresh for ${sayDuration(freshForMs)}, whatever it says of them.`,
    upstream.deliver === 'redirect' && 'Clients are sent to it for files, instead of getting them from here.',
    ca !== undefined && `Certificates in ${ca} are trusted beside those of the system.`,
    `A page of it must come within ${sayDuration(upstream.timeoutMs)}.`,
  ]
  return sentences.filter((sentence) => typeof sentence === 'string')
}

function explainMirrors({ mirrors, private: isPrivate }: UpstreamConfig): string {
  const names = all(mirrors.map(({ url }) => url))
  const one = mirrors.length === 1
  const which = isPrivate
    ? `${one ? 'it stands' : 'they stand'} in where its own address fails or is slow`
    : 'the nearest that answers is used'
  return `It can also be had from ${names}: ${which}, links name its own address, and what that one says counts.`
}

function explainAuth(auth: Auth): string {
  switch (auth.kind) {
    case 'basic': {
      const { username, password } = auth
      // Without a password, the username is the secret: some indexes take a token there.
      const isSecret = password.kind === 'literal' && password.value === ''
      const who = username.kind === 'literal' && !isSecret ? quote(username.value) : sourceOf(username, 'a username')
      return `We log in as ${who}, with ${sourceOf(password, 'a password')}.`
    }
    case 'bearer':
      return `We log in with ${sourceOf(auth.token, 'a token')}.`
    case 'netrc':
      return 'We log in with what the netrc file has for its host.'
    default:
      return auth satisfies never
  }
}

/** Never the value. */
function sourceOf(source: SecretSource, what: string): string {
  switch (source.kind) {
    case 'literal':
      return `${what} that stands in the rules file`
    case 'env':
      return `${what} from the environment variable ${source.name}`
    case 'file':
      return `${what} from the file ${source.path}`
    case 'exec':
      // Its arguments may hold what nobody should see.
      return `${what} that the command ${source.command[0] ?? ''} prints`
    default:
      return source satisfies never
  }
}
