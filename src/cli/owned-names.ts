/** Which names are somebody's own: by the rules, and by what the state of a data folder remembers. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../config/config.ts'
import { dataFolders } from '../config/directories.ts'
import { isCopyOfPublic } from '../resolve/public-projects.ts'
import type { ProjectName } from '../simple/name.ts'
import { openState } from '../store/sqlite-state.ts'

export interface OwnedNames {
  has(project: ProjectName): boolean
  close(): void
}

/** A folder without a state remembers nothing. @throws StateError where it cannot be used */
export function openOwnedNames(config: Config, data: string | undefined): OwnedNames {
  const folder = dataFolders({ environment: process.env, ...(data !== undefined && { data }) }).state
  const state = existsSync(join(folder, 'state.sqlite')) ? openState(folder, { create: false }) : undefined
  const patterns = [...config.upstreams.values()].flatMap(({ owns }) => owns)
  const lists = (state?.listed() ?? [])
    .flatMap((upstream) => state?.listOf(upstream)?.names ?? [])
    .filter((names) => !isCopyOfPublic(names))
  return {
    has: (project) =>
      patterns.some((pattern) => pattern.matches(project)) ||
      lists.some((names) => names.has(project)) ||
      (state?.ownersOf(project).length ?? 0) > 0,
    close: () => state?.close(),
  }
}
