/** The bytes of a stored file, which never end well with wrong ones. */
import { createHash } from 'node:crypto'
import { chunksOf } from './disk-chunks.ts'
import { type DiskProofs, openStored } from './disk-proofs.ts'

/** What is to be read, as it was found. */
export interface StoredRange {
  readonly path: string
  readonly sha256: string
  /** Bytes of the whole file. */
  readonly size: number
  readonly start: number
  /** Not included. */
  readonly end: number
}

/**
 * Opens the file when the first bytes are asked for. A file that was not proved yet is proved on the way where it is read
 * whole, else before the first byte. `corrupt` is told when its bytes are wrong; reading then fails, before its end.
 */
export async function* readStored(
  range: StoredRange,
  proofs: DiskProofs,
  corrupt: () => Promise<void>,
): AsyncGenerator<Uint8Array, void, void> {
  const { path, sha256, size, start, end } = range
  if (start === end) return
  const file = await openStored(path)
  try {
    if (file.stats.size !== size) throw await wrong()
    if (proofs.hold(path, file.stats)) {
      yield* chunksOf(file.handle, start, end)
    } else if (start === 0 && end === size) {
      const hash = createHash('sha256')
      let left = size
      for await (const chunk of chunksOf(file.handle, start, end)) {
        hash.update(chunk)
        left -= chunk.length
        if (left === 0) {
          if (hash.digest('hex') !== sha256) throw await wrong()
          proofs.remember(path, file.stats)
        }
        yield chunk
      }
    } else {
      if (!(await proofs.prove(file, sha256))) throw await wrong()
      yield* chunksOf(file.handle, start, end)
    }
  } finally {
    await file.handle.close()
  }

  async function wrong(): Promise<Error> {
    await corrupt()
    return new Error(`Cannot read the stored file ${sha256}: its bytes are not those that were stored`)
  }
}
