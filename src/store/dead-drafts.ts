/** Drafts that nobody will finish, because the process that wrote them is gone. */
import { lstat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { systemCode } from './failures.ts'
import { isGone, namesIn } from './vanishing-files.ts'

/** No transfer takes that long: whatever the name says, it belongs to an earlier life of the machine. */
const MAX_AGE_MS = 24 * 60 * 60_000

/** How the names of this process's drafts begin: process id, and start time, since ids come again (in a container at once). */
export function draftPrefix(): string {
  return `${process.pid}.${Math.round(performance.timeOrigin)}.`
}

/** Removes them from `folder`; how many. @throws Error of the file system, but not where there is no such folder */
export async function removeDeadDrafts(folder: string, now: number): Promise<number> {
  let removed = 0
  for (const name of await namesIn(folder)) {
    const path = join(folder, name)
    try {
      if (isAlive(name) && now - (await lstat(path)).mtimeMs < MAX_AGE_MS) continue
      await unlink(path)
      removed += 1
    } catch (error) {
      if (!isGone(error)) throw error
    }
  }
  return removed
}

function isAlive(name: string): boolean {
  const pid = /^[1-9][0-9]{0,9}(?=\.)/.exec(name)?.[0]
  if (pid === undefined) return false
  if (Number(pid) === process.pid) return name.startsWith(draftPrefix())
  try {
    process.kill(Number(pid), 0)
    return true
  } catch (error) {
    // EPERM: it lives, and is somebody else's.
    return systemCode(error) === 'EPERM'
  }
}
