/** Request headers that a rules file adds for an upstream. */
import type { SecretSource } from './config.ts'
import { quote } from './fault.ts'
import type { Wrong } from './text-value.ts'

/** RFC 9110 section 5.6.2, "token". */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/i

/** Those that a request needs as we write them: another value would make us misread the answer. */
const OURS: ReadonlySet<string> = new Set([
  'accept',
  'accept-encoding',
  'connection',
  'content-length',
  'content-type',
  'expect',
  'host',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'keep-alive',
  'proxy-authorization',
  'range',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

export function wrongHeaderName(name: string): Wrong | undefined {
  if (!TOKEN.test(name)) {
    // What stands after the name of a header may be a secret.
    const said = /[:=]/.test(name) ? 'this' : quote(name)
    return { wrong: `${said} is no header name`, right: 'write letters, digits and "-", e.g. "X-Api-Key"' }
  }
  if (!OURS.has(name.toLowerCase())) return undefined
  return { wrong: `the header ${quote(name)} is written by Unidex`, right: 'delete it' }
}

/** RFC 9110 section 5.5: visible signs of Latin-1, spaces and tabs. Other sources are looked at when they are read. */
export function wrongHeaderValue(value: SecretSource): Wrong | undefined {
  // eslint-disable-next-line no-control-regex
  if (value.kind !== 'literal' || /^[\t\x20-\x7e\x80-\xff]*$/.test(value.value)) return undefined
  return { wrong: 'this text has a sign that a header cannot have', right: 'write letters, digits and signs of ASCII' }
}

/** Whether the value of such a header is likely to be a secret. */
export function isSecretHeader(name: string): boolean {
  return /auth|cookie|key|pass|secret|token/i.test(name)
}
