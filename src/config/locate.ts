/** Which rules file is meant: one that somebody named, or the user's own, but never one that happens to lie somewhere. */
import { lstatSync } from 'node:fs'
import { CheckError } from './config.ts'
import { type Environment, userRulesFile } from './directories.ts'

export interface RulesLocation {
  readonly file: string
  /** Who named it, for messages: `--rules`, `UNIDEX_RULES`, or nobody. */
  readonly namedBy: string | undefined
}

/**
 * `--rules`, else `$UNIDEX_RULES`, else the file in the user's configuration folder if there is one; undefined: the
 * built-in rules are meant.
 * @throws CheckError where it cannot be seen whether the user's file exists
 */
export function locateRules({
  rules,
  environment,
}: {
  rules?: string
  environment: Environment
}): RulesLocation | undefined {
  if (rules !== undefined) return { file: rules, namedBy: '--rules' }
  const named = environment['UNIDEX_RULES']
  if (named !== undefined && named !== '') return { file: named, namedBy: 'UNIDEX_RULES' }
  const file = userRulesFile(environment)
  try {
    // lstat, since a link to a file that is gone must be noticed, not passed over.
    return lstatSync(file, { throwIfNoEntry: false }) === undefined ? undefined : { file, namedBy: undefined }
  } catch (cause) {
    const message = `${file}: it cannot be seen whether this file exists – make its folder readable, or name another file with --rules`
    throw new CheckError(message, { cause })
  }
}
