/** Secrets in the schema of the rules file: where they come from, and how they are shown to an upstream. */
import * as z from 'zod'
import type { Auth, SecretSource } from './config.ts'
import { type Reading, addFault, text } from './text-value.ts'

const ONE_SOURCE = 'write one of { "env": "NAME" }, { "file": "PATH" } and { "exec": ["COMMAND", …] }'

/** Relative paths are still relative to the rules file. */
const source = z
  .strictObject({
    env: text(readVariable).exactOptional().describe('The environment variable that holds it'),
    file: text(readPath)
      .exactOptional()
      .describe("The file that holds it; a relative path begins at this file's folder"),
    exec: z.array(text(readArgument)).min(1).exactOptional().describe('The command that prints it, and its arguments'),
  })
  .meta({ minProperties: 1, maxProperties: 1 })
  .transform(({ env, file, exec }, context): SecretSource => {
    if (env !== undefined && file === undefined && exec === undefined) return { kind: 'env', name: env }
    if (file !== undefined && env === undefined && exec === undefined) return { kind: 'file', path: file }
    if (exec !== undefined && env === undefined && file === undefined) return { kind: 'exec', command: exec }
    addFault(context, { wrong: 'a secret comes from one source', right: ONE_SOURCE })
    return z.NEVER
  })

/** A secret, or what is none: a text stands for itself. */
export const secret = z.union([text(readLiteral), source]).meta({
  id: 'secret',
  description: 'A text, or where it comes from: a password or token should not stand in the file',
})

export const auth = z.union([
  z.literal('netrc').transform((): Auth => ({ kind: 'netrc' })),
  z
    .strictObject({
      username: secret.exactOptional().describe('For basic authentication, together with "password"'),
      password: secret.exactOptional(),
      token: secret.exactOptional().describe('For bearer authentication'),
    })
    .transform(({ username, password, token }, context): Auth => {
      if (token !== undefined && username === undefined && password === undefined) return { kind: 'bearer', token }
      if (token === undefined && username !== undefined && password !== undefined) {
        // RFC 7617 section 2: the first colon ends the user-id.
        if (username.kind !== 'literal' || !username.value.includes(':')) return { kind: 'basic', username, password }
        addFault(context, { wrong: 'this username has a colon', right: 'write username and password apart' }, [
          'username',
        ])
        return z.NEVER
      }
      addFault(context, {
        wrong: '"auth" is neither a username with a password nor a token',
        right: 'write "username" and "password", or "token" alone',
      })
      return z.NEVER
    }),
])

/** A path to a file that the rules file names, as it stands there. */
export function readPath(path: string): Reading<string> {
  if (path === '' || path.includes('\0')) return { wrong: 'this is no path', right: 'write the path of a file' }
  if (!path.startsWith('~')) return { value: path }
  return { wrong: `"~" stands for nothing here`, right: 'write the whole path, or one from the folder of this file' }
}

function readArgument(argument: string): Reading<string> {
  if (argument !== '' && !argument.includes('\0')) return { value: argument }
  return { wrong: 'this is no part of a command', right: 'write the command and its arguments as texts of their own' }
}

function readVariable(name: string): Reading<string> {
  if (name !== '' && !/[=\s\0$]/.test(name)) return { value: name }
  return { wrong: 'this is no name of an environment variable', right: 'write e.g. "CORP_INDEX_PASSWORD"' }
}

// Never quotes the text: it is a secret.
function readLiteral(value: string): Reading<SecretSource> {
  if (!/\p{Cc}/u.test(value)) return { value: { kind: 'literal', value } }
  return { wrong: 'this text has a control character', right: 'write it without line breaks and tabs' }
}
