/** A file for one reader, past the disk: from the upstream, with the last bytes held back until all of them proved right. */
import type { ProjectFile } from '../simple/model.ts'
import type { UpstreamClient } from '../upstream/contract.ts'
import { UpstreamError } from '../upstream/error.ts'
import { HELD_BACK_BYTES, type Verifier } from './expectation.ts'
import { type OpenReply, fetchFrom, reopen } from './fetching.ts'

const CHUNK_BYTES = 256 * 1024

export interface AloneOptions {
  readonly file: ProjectFile
  readonly client: UpstreamClient
  /** Has read everything before `from`. */
  readonly verifier: Verifier
  /** The first and (exclusive) last byte that the reader wants. */
  readonly position: number
  readonly end: number
  /** Where the upstream's bytes begin; those from `position` to here are got with `read`. */
  readonly from: number
  readonly read?: (position: number, into: Uint8Array) => Promise<Uint8Array>
  /** The reply that the bytes before `from` are of: the rest must belong to it. */
  readonly before?: OpenReply
  /** As for a transfer. */
  readonly prove: (sha256: string, bytes: number, reply: OpenReply) => Promise<unknown>
  readonly onFailure: (file: ProjectFile, failure: unknown) => void
}

/** @throws UpstreamError when the upstream cannot go on, or its bytes were wrong */
export async function* goOnAlone(options: AloneOptions): AsyncGenerator<Uint8Array> {
  const { file, client, verifier, position, end, from, read } = options
  const queue = heldBack(end - position)

  if (read !== undefined) {
    for (let at = position; at < from;) {
      const chunk = await read(at, Buffer.allocUnsafe(Math.min(CHUNK_BYTES, from - at)))
      at += chunk.length
      yield* queue.push(chunk)
    }
  }
  const fetching = fetchFrom(client, file, from, await reopen(client, file, from, options.before))
  let total = from
  try {
    for await (const chunk of fetching.chunks) {
      verifier.update(chunk)
      const wanted = chunk.subarray(Math.max(0, position - total))
      total += chunk.length
      // Some of it is held back, and a chunk is good until the next one comes.
      yield* queue.push(Buffer.from(wanted))
      if (queue.isFull()) return
    }
    await options.prove(verifier.finish(total), total, fetching.current())
    yield* queue.flush()
  } catch (failure) {
    if (failure instanceof UpstreamError && failure.code === 'bad-file') fetching.judge(false)
    options.onFailure(file, failure)
    throw failure
  } finally {
    fetching.cancel()
  }
}

/** Gives what was pushed, but for the last `HELD_BACK_BYTES`, and never more than `limit` bytes in all. */
function heldBack(limit: number) {
  let chunks: Uint8Array[] = []
  let bytes = 0
  let given = 0

  function* release(keep: number): Generator<Uint8Array> {
    for (
      let first = chunks[0];
      first !== undefined && bytes - first.length >= keep && given < limit;
      first = chunks[0]
    ) {
      chunks = chunks.slice(1)
      bytes -= first.length
      const chunk = first.subarray(0, limit - given)
      given += chunk.length
      yield chunk
    }
  }

  return {
    *push(chunk: Uint8Array): Generator<Uint8Array> {
      if (chunk.length === 0) return
      chunks.push(chunk)
      bytes += chunk.length
      yield* release(HELD_BACK_BYTES)
    },
    flush: () => release(0),
    isFull: () => given >= limit,
  }
}
