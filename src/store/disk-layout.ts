/** Where the disk store keeps what: paths are made of checked hashes and upstream names, and of nothing else. */
import { join } from 'node:path'
import type { FileKey } from './file-store.ts'

export interface DiskLayout {
  readonly drafts: string
  /** Folders of which each holds shards: one for what is public, one for each private upstream (which may not exist yet). */
  readonly publicFiles: string
  readonly privateFiles: string
  /** @throws TypeError where the key is not a sha256 in lower-case hex, or the scope no upstream's name */
  pathOf(key: FileKey): string
}

/** Bytes of a hash in the shard's name: 256 folders hold a few thousand files each. */
const SHARD_LENGTH = 2

const SHA256 = /^[0-9a-f]{64}$/
const UPSTREAM = /^[a-z][a-z0-9-]{0,99}$/
const SHARD = /^[0-9a-f]{2}$/
const REST = /^[0-9a-f]{62}$/

export function diskLayout(folder: string): DiskLayout {
  const publicFiles = join(folder, 'sha256')
  const privateFiles = join(folder, 'private')
  return {
    drafts: join(folder, 'drafts'),
    publicFiles,
    privateFiles,
    pathOf({ sha256, scope }) {
      if (!SHA256.test(sha256)) throw new TypeError('Cannot name a file: its sha256 is not 64 lower-case hex digits')
      if (scope !== undefined && !UPSTREAM.test(scope))
        throw new TypeError('Cannot name a file: its scope is not the name of an upstream')
      const under = scope === undefined ? publicFiles : join(privateFiles, scope)
      return join(under, sha256.slice(0, SHARD_LENGTH), sha256.slice(SHARD_LENGTH))
    },
  }
}

export function isUpstreamFolder(name: string): boolean {
  return UPSTREAM.test(name)
}

export function isShard(name: string): boolean {
  return SHARD.test(name)
}

/** Whether the name is one that `pathOf` gives: anything else in a shard is not ours to touch. */
export function isStoredName(name: string): boolean {
  return REST.test(name)
}
