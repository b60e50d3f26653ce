/** Secrets of the operator, read when they are needed so that they can rotate: from the file itself, the environment, a file or a command. */
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { UpstreamError } from './error.ts'

/** Where a secret comes from. It is read when it is needed, never at start, so that it can rotate. */
export type SecretSource =
  | { readonly kind: 'literal'; readonly value: string }
  | { readonly kind: 'env'; readonly name: string }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'exec'; readonly command: readonly string[] }

/** Environment variables, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>

/** How long the output of a command is used. */
const KEEP_MS = 5 * 60_000
const COMMAND_LIMIT_MS = 10_000
const MAX_OUTPUT_BYTES = 64 * 1024

/**
 * A secret, as it is now. Where it costs something to get (a command), an older one is given, unless it was got before
 * `notBefore` (by `performance.now()`).
 * @throws UpstreamError `secret-unavailable`, which names the place and never the value
 */
export type ReadSecret = (notBefore?: number) => Promise<string>

export function openSecret(source: SecretSource, options: { upstream: string; environment: Environment }): ReadSecret {
  const { upstream, environment } = options

  function unavailable(why: string): UpstreamError {
    // Without a cause: what a command printed is in its error, and that may be the secret.
    return new UpstreamError(upstream, 'secret-unavailable', why)
  }

  switch (source.kind) {
    case 'literal':
      return () => Promise.resolve(source.value)
    case 'env':
      return async () => {
        const value = environment[source.name]
        if (!value) throw unavailable(`Cannot read a secret: the environment variable ${source.name} is not set`)
        return value
      }
    case 'file':
      return async () => {
        const text = await readFile(source.path, 'utf8').catch((error: unknown) => {
          throw unavailable(`Cannot read a secret from ${source.path}: ${errorCode(error)}`)
        })
        if (text.trim() === '') throw unavailable(`Cannot read a secret from ${source.path}: the file is empty`)
        return text.trim()
      }
    case 'exec':
      return kept(async () => {
        const line = await firstLineOf(source.command, environment).catch((error: unknown) => {
          throw unavailable(`Cannot get a secret from the command "${source.command[0]}": ${errorCode(error)}`)
        })
        if (line === '')
          throw unavailable(`Cannot get a secret from the command "${source.command[0]}": it printed nothing`)
        return line
      })
    default:
      return source satisfies never
  }
}

/** Those who ask at the same time share one run. */
function kept(run: () => Promise<string>): ReadSecret {
  let running: Promise<string> | undefined
  let last: { readonly value: string; readonly at: number } | undefined

  async function remember(): Promise<string> {
    try {
      const value = await run()
      last = { value, at: performance.now() }
      return value
    } finally {
      running = undefined
    }
  }

  return async (notBefore = performance.now() - KEEP_MS) => {
    if (last !== undefined && last.at >= notBefore) return last.value
    running ??= remember()
    return running
  }
}

async function firstLineOf([file = '', ...args]: readonly string[], environment: Environment): Promise<string> {
  const running = promisify(execFile)(file, args, {
    env: { ...environment },
    timeout: COMMAND_LIMIT_MS,
    killSignal: 'SIGKILL',
    maxBuffer: MAX_OUTPUT_BYTES,
    windowsHide: true,
  })
  // Nobody is there to answer a question.
  running.child.stdin?.end()
  const { stdout } = await running
  return stdout.split('\n', 1).join('').trim()
}

/** `ENOENT`, or how a command ended. */
function errorCode(error: unknown): string {
  if (typeof error !== 'object' || error === null) return 'unknown error'
  if ('killed' in error && error.killed === true) return 'it took too long or printed too much'
  if ('code' in error && typeof error.code === 'string') return error.code
  if ('code' in error && typeof error.code === 'number') return `it ended with exit code ${error.code}`
  return 'it was ended by a signal'
}
