/** What lay beside files, kept: for good by the content of the file, or as long as the page is the same that lists it. */
import { LRUCache } from 'lru-cache'
import type { ProjectFile } from '../simple/model.ts'
import type { PageKey, PageStore } from '../store/page-store.ts'
import type { CompanionSuffix } from './companion-fetch.ts'
import type { FileSource } from './source.ts'

/** Of files without a known content. */
const UNKEYED_BYTES = 8 * 1024 * 1024

export interface KeptCompanions {
  find(source: FileSource, suffix: CompanionSuffix): Promise<Buffer | undefined>
  keep(source: FileSource, suffix: CompanionSuffix, bytes: Buffer): Promise<void>
}

export function keptCompanions(store: PageStore): KeptCompanions {
  // By identity: the content behind a name may change without a word, and is asked for again when its page is.
  const unkeyed = new LRUCache<ProjectFile, Buffer>({
    maxSize: UNKEYED_BYTES,
    sizeCalculation: ({ length }) => length + 1,
  })
  return {
    async find(source, suffix) {
      const key = companionKey(source, suffix)
      if (key === undefined) return suffix === '.metadata' ? unkeyed.get(source.file) : undefined
      const kept = await store.get(key)
      return typeof kept === 'string' ? Buffer.from(kept, 'base64') : undefined
    },
    async keep(source, suffix, bytes) {
      const key = companionKey(source, suffix)
      if (key !== undefined) await store.set(key, bytes.toString('base64'))
      else if (suffix === '.metadata') unkeyed.set(source.file, bytes)
    },
  }
}

/**
 * Kept by the content of its file, since what belongs to the same bytes cannot change, and by its name, since a page may
 * claim the content of somebody else's file. undefined: the page does not give its sha256.
 */
export function companionKey({ file, scope }: FileSource, suffix: CompanionSuffix): PageKey | undefined {
  const { sha256 } = file.hashes
  if (sha256 === undefined) return undefined
  const advertised = typeof file.coreMetadata === 'object' ? (file.coreMetadata.sha256 ?? '') : ''
  return {
    upstream: file.upstream,
    fingerprint: scope ?? 'shared',
    page: `${sha256} ${file.filename}${suffix} ${advertised}`,
  }
}
