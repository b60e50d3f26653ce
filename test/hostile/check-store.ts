/** Looks at a folder of stored files from outside: nothing half done, nothing under a wrong name, nothing else. */
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'

/** What is wrong with the folder, one line each. Knows the layout from its description alone, and shares no code with the store. */
export async function faultsOfStore(folder: string): Promise<string[]> {
  const faults: string[] = []
  for (const path of await filesBelow(folder)) {
    const parts = relative(folder, path).split(sep)
    if (parts[0] === 'drafts') {
      faults.push(`${parts.join('/')}: a draft that nobody finished`)
      continue
    }
    // `sha256/ab/rest`, or `private/upstream/ab/rest`.
    const [shard = '', rest = '', ...more] = parts[0] === 'private' ? parts.slice(2) : parts.slice(1)
    const isPlace = (parts[0] === 'sha256' || parts[0] === 'private') && shard.length === 2 && more.length === 0
    const sha256 = createHash('sha256')
      .update(await readFile(path))
      .digest('hex')
    if (!isPlace || shard + rest !== sha256) faults.push(`${parts.join('/')}: has the sha256 ${sha256}`)
  }
  return faults
}

/** The bytes of all stored files. */
export async function storedBytes(folder: string): Promise<Buffer[]> {
  return Promise.all((await filesBelow(folder)).map((path) => readFile(path)))
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => !entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name))
}
