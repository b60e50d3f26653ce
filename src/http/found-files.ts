/** Which file an address stands for, as long as the page that lists it is what a resolution would give: that page is large. */
import { LRUCache } from 'lru-cache'
import type { Resolution, Resolver } from '../resolve/resolution.ts'
import type { ProjectFile } from '../simple/model.ts'
import type { ProjectName } from '../simple/name.ts'

export interface FoundFile {
  readonly index: string
  readonly file: ProjectFile
  readonly project: ProjectName
  /** Of the resolution whose page lists it. */
  readonly standing: Pick<Resolution, 'made' | 'until' | 'refreshUntil'>
}

export interface FoundFiles {
  /** undefined: it must be looked for. Its upstreams may be asked whether it still holds. */
  get(address: string, resolver: Resolver): FoundFile | undefined | Promise<FoundFile | undefined>
  set(address: string, found: FoundFile): void
}

const MAX_FILES = 5000

export function foundFiles(): FoundFiles {
  const found = new LRUCache<string, FoundFile>({ max: MAX_FILES })
  return {
    get(address, resolver) {
      const before = found.get(address)
      if (before === undefined) return undefined
      const { index, project, standing } = before
      if (resolver.mayGive(index, project, standing) !== undefined) return before
      return resolver.confirm(index, project, standing).then((until) => (until === undefined ? undefined : before))
    },
    set: (address, file) => void found.set(address, file),
  }
}
