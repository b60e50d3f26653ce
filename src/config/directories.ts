/** Folders of this user: for the rules file, for what may be deleted (cache) and for what must not be lost (state). */
import { homedir } from 'node:os'
import path from 'node:path'

/** Variables of the process. */
export type Environment = Readonly<Record<string, string | undefined>>

/** Absolute paths; whether the folders exist is not looked at. */
export interface DataFolders {
  readonly cache: string
  readonly state: string
}

/** Both under `data`, where it is given; else where the XDG Base Directory Specification puts them. */
export function dataFolders({ data, environment }: { data?: string; environment: Environment }): DataFolders {
  if (data !== undefined) return { cache: path.resolve(data, 'cache'), state: path.resolve(data, 'state') }
  return {
    cache: path.join(userFolder(environment, 'XDG_CACHE_HOME', '.cache'), 'unidex'),
    state: path.join(userFolder(environment, 'XDG_STATE_HOME', path.join('.local', 'state')), 'unidex'),
  }
}

/** The rules file of this user, whether it exists or not. */
export function userRulesFile(environment: Environment): string {
  return path.join(userFolder(environment, 'XDG_CONFIG_HOME', '.config'), 'unidex', 'merge-rules.json')
}

/** "All paths set in these environment variables must be absolute": a relative one is ignored, and so is an empty one. */
function userFolder(environment: Environment, variable: string, fallback: string): string {
  const folder = environment[variable]
  return folder !== undefined && path.isAbsolute(folder)
    ? folder
    : path.join(environment['HOME'] || homedir(), fallback)
}
