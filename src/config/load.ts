/** From the command line and the environment to a Config: finds the rules file, reads it, or takes the built-in rules. */
import { accessSync, constants, readFileSync, statSync } from 'node:fs'
import { builtInConfig } from './built-in.ts'
import { CheckError, type Config } from './config.ts'
import type { Environment } from './directories.ts'
import { MAX_LENGTH } from './file-length.ts'
import { type RulesLocation, locateRules } from './locate.ts'

export interface LoadOptions {
  /** The file that `--rules` named. */
  readonly rules?: string
  readonly environment: Environment
  /** Secrets that stand in the file are refused. */
  readonly strict: boolean
}

/** A rules file as it was found: how messages call it, and what stands in it. */
export interface RulesText {
  readonly file: string
  readonly text: string
}

/** @throws CheckError where the file cannot be read, or is wrong */
export async function loadConfig({ strict, ...options }: LoadOptions): Promise<Config> {
  return configOf(findRules(options), strict)
}

/** undefined: there is none, and the built-in rules are meant. @throws CheckError where it cannot be read */
export function findRules(options: Omit<LoadOptions, 'strict'>): RulesText | undefined {
  const location = locateRules(options)
  return location && { file: location.file, text: readText(location) }
}

/** What the text means, by itself: two processes that are given the same one mean the same. @throws CheckError where it is wrong */
export async function configOf(rules: RulesText | undefined, strict: boolean): Promise<Config> {
  if (rules === undefined) return builtInConfig()
  // Loaded only now: a start without a rules file is a third quicker for it, and smaller.
  const { readRules } = await import('./read-rules.ts')
  const { file, text } = rules
  const config = readRules(text, { file, strict })
  const unreadable = [...config.upstreams.values()].flatMap(({ name, ca }) =>
    ca === undefined ? [] : whyNoCertificates(name, ca),
  )
  if (unreadable.length > 0) throw new CheckError(unreadable.map((why) => `${file}: ${why}`).join('\n'))
  return config
}

/** Looked at here, so that `check` finds it and a server does not start with half of its upstreams. */
function whyNoCertificates(upstream: string, file: string): string[] {
  try {
    accessSync(file, constants.R_OK)
    return []
  } catch (error) {
    const [wrong] = whyUnreadable(error)
    return [`the file with the certificates ("ca") of upstream "${upstream}", ${file}, ${wrong} – name a PEM file`]
  }
}

function readText({ file, namedBy }: RulesLocation): string {
  const refused = (wrong: string, right: string, cause?: unknown) => {
    const who = namedBy === undefined ? '' : `, named by ${namedBy},`
    return new CheckError(`${file}: this rules file${who} ${wrong} – ${right}`, { cause })
  }
  const tooLong = () => refused('is too long', `write at most ${MAX_LENGTH} bytes`)
  let bytes: Buffer
  try {
    const stat = statSync(file)
    if (stat.isDirectory()) throw refused('is a folder', 'name the file in it')
    if (stat.size > MAX_LENGTH) throw tooLong()
    bytes = readFileSync(file)
  } catch (error) {
    if (error instanceof CheckError) throw error
    throw refused(...whyUnreadable(error), error)
  }
  if (bytes.length > MAX_LENGTH) throw tooLong()
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    throw refused('is not UTF-8', 'save it as UTF-8', error)
  }
}

function whyUnreadable(error: unknown): [wrong: string, right: string] {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return ['does not exist', 'name one that does, or begin with merge-rules.example.json']
  if (code === 'EACCES' || code === 'EPERM') return ['may not be read by this user', 'change its permissions']
  return [`cannot be read (${code})`, 'see whether another program can']
}
