/** Files that another process may remove at any moment: that one is gone already is no failure. */
import { readdir, unlink } from 'node:fs/promises'
import { systemCode } from './failures.ts'

/** @throws Error of the file system, but not where there is no such file */
export async function unlinkIfThere(path: string): Promise<void> {
  try {
    await unlink(path)
  } catch (error) {
    if (!isGone(error)) throw error
  }
}

/** The names in a folder; none where there is no such folder. @throws Error of the file system */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if (isGone(error)) return []
    throw error
  }
}

/** There is nothing under that name, or something in its path is no folder. */
export function isGone(error: unknown): boolean {
  const code = systemCode(error)
  return code === 'ENOENT' || code === 'ENOTDIR'
}
