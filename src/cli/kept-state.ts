/** The state of a data folder, for commands that change it beside a running server. */
import { type ProjectName, parseName } from '../simple/name.ts'
import { dataFolders } from '../config/directories.ts'
import { openState } from '../store/sqlite-state.ts'
import type { State } from '../store/state.ts'
import { UsageError } from './usage-error.ts'

/** @throws StateError where there is none: a command that changes what is kept makes no new one */
export function withState<T>(data: string | undefined, act: (state: State) => T): T {
  const folders = dataFolders({ environment: process.env, ...(data !== undefined && { data }) })
  const state = openState(folders.state, { create: false })
  try {
    return act(state)
  } finally {
    state.close()
  }
}

/** @throws UsageError */
export function readProject(text: string): ProjectName {
  const project = parseName(text)
  if (project === undefined)
    throw new UsageError(`"${text}" is no project name: ASCII letters and digits, with ".", "_" and "-" inside`)
  return project
}
