/** A file's bytes: from the store, or from its upstream while they are stored, checked before the last of them is given. */
import type { Report } from '../log/report.ts'
import { perTurn } from '../pace/per-turn.ts'
import type { FileStore, StoredFile } from '../store/file-store.ts'
import { spareBuffers } from '../store/spare-buffers.ts'
import { UpstreamError } from '../upstream/error.ts'
import { goOnAlone } from './alone.ts'
import { verifierFor } from './expectation.ts'
import { ANSWER_WITHIN_MS, inTime } from './in-time.ts'
import type { Learning } from './learning.ts'
import { type FileSource, reportFailure, storedAs } from './source.ts'
import type { Ended, Transfer } from './transfer.ts'
import { openTransfers } from './transfers.ts'

/** Large chunks are what makes a stream fast. */
const CHUNK_BYTES = 256 * 1024
/** How many addresses of an upstream may give wrong bytes for one file. */
const MAX_TRIES = 6
const buffers = spareBuffers(CHUNK_BYTES, 16)

/** Bytes of a file. A chunk is good until the next one is asked for; `return` ends the reading even while it waits. */
export type FileChunks = AsyncIterableIterator<Uint8Array, void, void>

/** A file that can be read. */
export interface OpenFile {
  /** Bytes, where they are known before the end. */
  readonly size?: number
  /** The bytes from `start` up to, not including, `end` (undefined: all). Opens nothing before it is read from. */
  read(start: number, end: number | undefined): FileChunks
}

export interface Deliverer {
  /**
   * undefined: the upstream does not have it.
   * @throws UpstreamError when it cannot be had, or is not what its page says
   */
  open(source: FileSource): Promise<OpenFile | undefined>
  /** Its size, without a body: from its page, from the store, or by HEAD. @throws UpstreamError */
  size(source: FileSource): Promise<{ readonly size?: number } | undefined>
  /** Waits until the disk has what was fetched: a client has it a moment before. */
  settled(): Promise<void>
}

export interface DelivererOptions {
  readonly store: FileStore
  readonly report: Report
  readonly learning: Learning
  /** Called before the last bytes of files whose page gives their sha256 are given to those who have all others. */
  readonly onDelivered: (all: readonly Delivered[]) => void
  /** Called when a file that was fetched is in the store. */
  readonly onStored: (stored: Delivered) => Promise<void>
}

export interface Delivered {
  readonly source: FileSource
  readonly sha256: string
}

type Chunks = AsyncGenerator<Uint8Array, void, void>

/** Which bytes are read, and what is done when their reader goes: a generator that waits cannot be told otherwise. */
interface Reading {
  readonly start: number
  readonly end: number
  leave: () => void
}

export function deliverer({ store, report, learning, onDelivered, onStored }: DelivererOptions): Deliverer {
  const { fetchOf, settled } = openTransfers({ store, report, learning, onStored })
  const tell = perTurn(onDelivered)

  /** Only a file whose sha256 is known can be found again: its page gives it, or it has passed and may not change. */
  async function findStored(source: FileSource): Promise<StoredFile | undefined> {
    const { sha256 } = source.file.hashes
    return sha256 === undefined ? undefined : store.find(storedAs(source, sha256))
  }

  /** Follows a transfer; where the disk fails it goes on with the upstream alone. */
  async function* follow(source: FileSource, transfer: Transfer, reading: Reading): Chunks {
    const { start, end } = reading
    const ended = transfer.ended()
    if (ended !== undefined) {
      yield* afterwards(source, ended, start, end)
      return
    }
    const leave = transfer.join()
    // While the upstream is silent nobody else would notice.
    reading.leave = leave
    try {
      let position = start
      const buffer = buffers.take()
      while (position < end) {
        const progress = await transfer.progress(position)
        if (progress.kind === 'disk-failed') {
          const { at: from, verifier, before } = progress
          yield* alone({ source, verifier: verifier.copy(), position, end, from, before, read: transfer.read })
          return
        }
        const length = Math.min(CHUNK_BYTES, progress.until - position, end - position)
        if (length <= 0) break
        const chunk = await transfer.read(position, buffer.subarray(0, length))
        position += chunk.length
        yield chunk
      }
      buffers.giveBack(buffer)
    } finally {
      leave()
    }
  }

  /** A transfer that was over before its reader began: the store has the file, or it is fetched once more. */
  async function* afterwards(source: FileSource, { sha256 }: Ended, start: number, end: number): Chunks {
    const stored = sha256 === undefined ? undefined : await store.find(storedAs(source, sha256))
    if (stored === undefined) yield* fromStart(source, start, end)
    else yield* fromStore(source, stored, start, Math.min(end, stored.size))
  }

  function fromStart(source: FileSource, position: number, end: number): Chunks {
    return alone({ source, verifier: verifierFor(source.file), position, end, from: 0 })
  }

  function alone({
    source,
    ...options
  }: Omit<Parameters<typeof goOnAlone>[0], 'file' | 'client' | 'prove' | 'onFailure'> & {
    readonly source: FileSource
  }): Chunks {
    return goOnAlone({
      ...options,
      ...source,
      prove: (sha256, size, { delimited }) =>
        learning.passed(source, { sha256, size, isSure: delimited && options.verifier.isArchive() }),
      onFailure: (file, failure) => reportFailure(report, file, failure),
    })
  }

  /** Where the disk fails before anything was given, nobody notices but the log: somebody else swept the file, or it proved wrong. */
  async function* fromStore(source: FileSource, stored: StoredFile, start: number, end: number): Chunks {
    let isBegun = false
    try {
      for await (const chunk of stored.read(start, end)) {
        isBegun = true
        yield chunk
      }
    } catch (error) {
      if (isBegun) throw error
      yield* fromStart(source, start, end)
    }
  }

  /** What can be read of a file of `size` bytes; tells of it where all of it goes to somebody. */
  function openFile(source: FileSource, size: number | undefined, chunks: (reading: Reading) => Chunks): OpenFile {
    const { sha256 } = source.file.hashes
    return {
      ...(size !== undefined && { size }),
      read(start, end = size ?? Infinity) {
        const isWhole = start === 0 && end >= (size ?? Infinity)
        const reading: Reading = { start, end, leave: () => undefined }
        const all = chunks(reading)
        const told = sha256 !== undefined && isWhole ? telling(all, size, () => tell({ source, sha256 })) : all
        return leavable(told, () => reading.leave())
      },
    }
  }

  /** `by`: until when it has to begin, by `performance.now()`. */
  async function openFetched(source: FileSource, by: number): Promise<OpenFile | undefined> {
    const fetch = await fetchOf(source)
    if (fetch === undefined) return undefined
    const { size, transfer } = fetch
    const leave = transfer.join()
    try {
      // What is wrong with the first bytes, or with a small file as a whole, is known before anything is answered.
      await inTime(transfer.progress(0), by - performance.now(), () => slow(source))
    } finally {
      leave()
    }
    return openFile(source, size, (reading) => follow(source, transfer, reading))
  }

  return {
    async open(source) {
      const startedAt = performance.now()
      const stored = await findStored(source)
      if (stored !== undefined) {
        return openFile(source, stored.size, ({ start, end }) => fromStore(source, stored, start, end))
      }
      for (let tries = 1; ; tries += 1) {
        try {
          return await openFetched(source, startedAt + ANSWER_WITHIN_MS)
        } catch (error) {
          // Nothing of it was given to anybody: another address may have the right one.
          const isWrong = error instanceof UpstreamError && error.code === 'bad-file'
          if (!isWrong || tries === MAX_TRIES || source.client.hasOthers?.(source.file.url) !== true) throw error
        }
      }
    },

    async size(source) {
      if (source.file.size !== undefined) return { size: source.file.size }
      const stored = await findStored(source)
      if (stored !== undefined) return { size: stored.size }
      const head = await source.client.headFile(source.file.url)
      if (head?.size !== undefined) learning.heard(source, head.size)
      return head
    },

    settled,
  }
}

function slow({ file }: FileSource): UpstreamError {
  return new UpstreamError(file.upstream, 'timeout', `${file.filename} did not begin to come in time`)
}

/** Tells before the last bytes are given, so that what a client has whole is remembered even if we are killed the moment after. */
async function* telling(chunks: Chunks, size: number | undefined, tell: () => Promise<void>): Chunks {
  let given = 0
  for await (const chunk of chunks) {
    given += chunk.length
    if (given === size) await tell()
    yield chunk
  }
  // Only the end of the stream shows a client that it has all.
  if (size === undefined || size === 0) await tell()
}

/** `chunks`, which `return` ends also while they wait: `leave` is called then. */
function leavable(chunks: Chunks, leave: () => void): FileChunks {
  return {
    [Symbol.asyncIterator]() {
      return this
    },
    next: () => chunks.next(),
    return() {
      leave()
      return chunks.return()
    },
  }
}
