/** The bytes of a stored file as a stream that never ends well with wrong ones. */
import { createHash } from 'node:crypto'
import { type DiskProofs, type OpenFile, chunksOf, openStored } from './disk-proofs.ts'

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
 * whole, else before the first byte. `corrupt` is told when its bytes are wrong; the stream then fails, before its end.
 */
export function streamStored(
  range: StoredRange,
  proofs: DiskProofs,
  corrupt: () => Promise<void>,
): ReadableStream<Uint8Array> {
  // `from` pulls nothing before somebody reads, and ends the generator (which closes the file) when the stream is cancelled.
  return ReadableStream.from(range.start === range.end ? [] : bytesOf(range, proofs, corrupt))
}

async function* bytesOf(
  range: StoredRange,
  proofs: DiskProofs,
  corrupt: () => Promise<void>,
): AsyncGenerator<Uint8Array> {
  const { path, sha256, size, start, end } = range
  const file = await openStored(path)
  try {
    if (file.stats.size !== size) throw await wrong()
    if (proofs.hold(path, file.stats)) {
      yield* chunksOf(file.handle, start, end)
    } else if (start === 0 && end === size) {
      const last = yield* allButLast(file, sha256)
      if (last === undefined) throw await wrong()
      proofs.remember(path, file.stats)
      yield last
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

/** Returns the last chunk when the sha256 of all is right, undefined when it is not. */
async function* allButLast(
  { handle, stats }: OpenFile,
  sha256: string,
): AsyncGenerator<Uint8Array, Uint8Array | undefined> {
  const hash = createHash('sha256')
  let heldBack: Buffer | undefined
  for await (const chunk of chunksOf(handle, 0, stats.size)) {
    hash.update(chunk)
    if (heldBack !== undefined) yield heldBack
    heldBack = chunk
  }
  return hash.digest('hex') === sha256 ? heldBack : undefined
}
