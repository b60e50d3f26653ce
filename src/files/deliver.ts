/** A file's bytes: from the store, or from its upstream while they are stored, checked before the last of them is given. */
import type { Report } from '../log/report.ts'
import type { ProjectFile } from '../simple/model.ts'
import type { ProjectName } from '../simple/name.ts'
import type { Draft, FileKey, FileStore } from '../store/file-store.ts'
import type { FileReply, UpstreamClient } from '../upstream/contract.ts'
import { UpstreamError } from '../upstream/error.ts'
import { goOnAlone } from './alone.ts'
import { verifierFor } from './expectation.ts'
import { fetchFrom } from './fetching.ts'
import { type Ended, type Transfer, startTransfer } from './transfer.ts'

/** Large chunks are what makes a stream fast. */
const CHUNK_BYTES = 256 * 1024

/** Where a file comes from: its entry, and how its upstream is asked. */
export interface FileSource {
  readonly file: ProjectFile
  readonly project: ProjectName
  readonly client: UpstreamClient
  /** The private upstream under which it is kept, so that nobody gets it by knowing a hash. */
  readonly scope?: string
}

/** A file that can be read. */
export interface OpenFile {
  /** Bytes, where they are known before the end. */
  readonly size?: number
  /** The bytes from `start` up to, not including, `end` (undefined: all). Opens nothing before it is read from. */
  read(start: number, end: number | undefined): ReadableStream<Uint8Array>
}

export interface Deliverer {
  /**
   * undefined: the upstream does not have it.
   * @throws UpstreamError when it cannot be had, or is not what its page says
   */
  open(source: FileSource): Promise<OpenFile | undefined>
  /** Its size, without a body: from its page, from the store, or by HEAD. @throws UpstreamError */
  size(source: FileSource): Promise<{ readonly size?: number } | undefined>
}

export interface DelivererOptions {
  readonly store: FileStore
  readonly report: Report
  /** Called when all bytes of a file whose page gives its sha256 were given to somebody. */
  readonly onDelivered: (source: FileSource, sha256: string) => void
}

type OpenReply = Extract<FileReply, { kind: 'file' }>

export function deliverer({ store, report, onDelivered }: DelivererOptions): Deliverer {
  const transfers = new Map<string, Promise<RunningTransfer | undefined>>()

  /** Only a file whose page gives its sha256 can be found again: other pages may change the content behind a name unseen. */
  function keyOf({ file, scope }: FileSource): FileKey | undefined {
    const { sha256 } = file.hashes
    return sha256 === undefined ? undefined : { sha256, ...(scope !== undefined && { scope }) }
  }

  async function openReply({ file, client }: FileSource): Promise<OpenReply | undefined> {
    const reply = await client.openFile(file.url)
    if (reply.kind === 'absent') return undefined
    if (file.size !== undefined && reply.size !== undefined && file.size !== reply.size) {
      reply.cancel()
      throw new UpstreamError(
        file.upstream,
        'bad-file',
        `${file.filename} has ${reply.size} bytes, its page says ${file.size}`,
      )
    }
    return reply
  }

  /** Joins the fetch that is under way, or begins one. */
  function transferOf(source: FileSource): Promise<RunningTransfer | undefined> {
    const id = `${source.file.upstream} ${source.file.url} ${JSON.stringify(source.file.hashes)}`
    const running = transfers.get(id)
    if (running !== undefined) return running
    const started = begin(source, () => transfers.delete(id))
    transfers.set(id, started)
    started.then(
      (transfer) => transfer?.transfer === undefined && transfers.delete(id),
      () => transfers.delete(id),
    )
    return started
  }

  async function begin(source: FileSource, onOver: () => void): Promise<RunningTransfer | undefined> {
    const { file, client } = source
    const reply = await openReply(source)
    if (reply === undefined) return undefined
    const size = reply.size ?? file.size
    const verifier = verifierFor(file)
    const draft = await store.create().catch(onDiskFailure)
    if (draft === undefined) {
      let unused: OpenReply | undefined = reply
      return {
        size,
        takeReply() {
          const taken = unused
          unused = undefined
          return taken
        },
      }
    }
    const transfer = startTransfer({
      file,
      fetching: fetchFrom(client, file, 0, reply),
      draft,
      verifier,
      size,
      commit: (sha256) => commit(source, draft, sha256),
      onOver(failure) {
        onOver()
        reportFailure(file, failure)
      },
      onDiskFailure,
    })
    return { size, transfer }
  }

  async function commit({ scope }: FileSource, draft: Draft, sha256: string): Promise<void> {
    await draft.commit({ sha256, ...(scope !== undefined && { scope }) })
  }

  function onDiskFailure(error: unknown): undefined {
    report('warn', 'store_failed', { what: 'file', reason: error instanceof Error ? error.message : String(error) })
  }

  function reportFailure(file: ProjectFile, failure: unknown): void {
    if (!(failure instanceof Error)) return
    const code = failure instanceof UpstreamError ? failure.code : 'unknown'
    report('error', code === 'bad-file' ? 'file_refused' : 'file_failed', {
      upstream: file.upstream,
      file: file.filename,
      code,
      reason: failure.message,
    })
  }

  /** Follows a transfer; where the disk failed it goes on with the upstream alone. */
  async function* follow(
    source: FileSource,
    transfer: Transfer,
    start: number,
    end: number,
  ): AsyncGenerator<Uint8Array> {
    const ended = transfer.ended()
    if (ended !== undefined) {
      yield* afterwards(source, ended, start, end)
      return
    }
    const leave = transfer.join()
    try {
      let position = start
      while (position < end) {
        const progress = await transfer.progress(position)
        if (progress.kind === 'disk-failed') {
          yield* goOnAlone({
            ...source,
            verifier: progress.verifier.copy(),
            position,
            end,
            from: progress.at,
            read: transfer.read,
            onFailure: reportFailure,
          })
          return
        }
        if (progress.done && position >= progress.until) return
        const chunk = await transfer.read(position, Math.min(CHUNK_BYTES, progress.until - position, end - position))
        if (chunk.length === 0) return
        position += chunk.length
        yield chunk
      }
    } finally {
      leave()
    }
  }

  /** A transfer that was over before its reader began: the store has the file, or it is fetched once more. */
  async function* afterwards(
    source: FileSource,
    { sha256 }: Ended,
    start: number,
    end: number,
  ): AsyncGenerator<Uint8Array> {
    const { scope } = source
    const stored =
      sha256 === undefined ? undefined : await store.find({ sha256, ...(scope !== undefined && { scope }) })
    if (stored === undefined) yield* alone(source, start, end)
    else yield* stored.read(start, Math.min(end, stored.size))
  }

  function alone(source: FileSource, start: number, end: number, reply?: OpenReply): AsyncGenerator<Uint8Array> {
    const verifier = verifierFor(source.file)
    return goOnAlone({
      ...source,
      verifier,
      position: start,
      end,
      from: 0,
      onFailure: reportFailure,
      ...(reply && { reply }),
    })
  }

  /** A stream of `chunks`, begun when it is first read from; tells when a whole file went through. */
  function streamOf(
    source: FileSource,
    chunks: () => AsyncGenerator<Uint8Array>,
    isWhole: boolean,
  ): ReadableStream<Uint8Array> {
    let iterator: AsyncGenerator<Uint8Array> | undefined
    return new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          iterator ??= chunks()
          const { done, value } = await iterator.next()
          if (!done) {
            controller.enqueue(value)
            return
          }
          const { sha256 } = source.file.hashes
          if (isWhole && sha256 !== undefined) onDelivered(source, sha256)
          controller.close()
        },
        async cancel() {
          await iterator?.return(undefined)
        },
      },
      { highWaterMark: 0 },
    )
  }

  async function* readStream(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
    yield* stream
  }

  return {
    async open(source) {
      const key = keyOf(source)
      const stored = key && (await store.find(key))
      if (stored !== undefined) {
        const { size } = stored
        return {
          size,
          read: (start, end = size) =>
            streamOf(source, () => readStream(stored.read(start, end)), start === 0 && end === size),
        }
      }
      const running = await transferOf(source)
      if (running === undefined) return undefined
      const { size, transfer } = running
      if (transfer === undefined) {
        const { takeReply } = running
        return {
          ...(size !== undefined && { size }),
          read: (start, end = Infinity) =>
            streamOf(source, () => alone(source, start, end, takeReply()), start === 0 && end >= (size ?? Infinity)),
        }
      }
      // What is wrong with the first bytes, or with a small file as a whole, is known before anything is answered.
      await transfer.progress(0)
      return {
        ...(size !== undefined && { size }),
        read: (start, end = Infinity) =>
          streamOf(source, () => follow(source, transfer, start, end), start === 0 && end >= (size ?? Infinity)),
      }
    },

    async size(source) {
      if (source.file.size !== undefined) return { size: source.file.size }
      const key = keyOf(source)
      const stored = key && (await store.find(key))
      return stored === undefined ? source.client.headFile(source.file.url) : { size: stored.size }
    },
  }
}

type RunningTransfer = { readonly size: number | undefined } & (
  | { readonly transfer: Transfer }
  /** The disk took nothing: whoever comes first gets the reply that was opened, others open their own. */
  | { readonly transfer?: undefined; readonly takeReply: () => OpenReply | undefined }
)
