/** Paths in secrets, seen from where the rules file lies. */
import type { Auth, SecretSource } from './config.ts'

/** The source with its path, or the path of its command, seen from `resolve`: a function from a path to an absolute one. */
export function resolveSource(source: SecretSource, resolve: (path: string) => string): SecretSource {
  switch (source.kind) {
    case 'file':
      return { ...source, path: resolve(source.path) }
    case 'exec': {
      const [command = '', ...others] = source.command
      // A bare name is looked up in PATH; a path must not depend on where the server was started.
      return command.includes('/') ? { ...source, command: [resolve(command), ...others] } : source
    }
    case 'literal':
    case 'env':
      return source
    default:
      return source satisfies never
  }
}

export function resolveAuth(auth: Auth, resolve: (path: string) => string): Auth {
  switch (auth.kind) {
    case 'basic':
      return {
        ...auth,
        username: resolveSource(auth.username, resolve),
        password: resolveSource(auth.password, resolve),
      }
    case 'bearer':
      return { ...auth, token: resolveSource(auth.token, resolve) }
    case 'netrc':
      return auth
    default:
      return auth satisfies never
  }
}
