/** The fetches that are under way, so that whoever wants the same file joins the one that began it. */
import type { Report } from '../log/report.ts'
import type { FileStore } from '../store/file-store.ts'
import { UpstreamError } from '../upstream/error.ts'
import { HELD_BACK_BYTES, verifierFor } from './expectation.ts'
import { type OpenReply, fetchFrom } from './fetching.ts'
import type { Learning } from './learning.ts'
import { type FileSource, reportFailure, storedAs } from './source.ts'
import { type Transfer, startTransfer } from './transfer.ts'

/** Clients give up after 15 s without a byte. */
const PROVED_WITHIN_MS = 4000
const MAX_HELD_BACK_BYTES = 8 * 1024 * 1024

/** A fetch of a file. */
export interface Fetch {
  /** Bytes, where they are known. */
  readonly size: number | undefined
  readonly transfer: Transfer
}

export interface TransfersOptions {
  readonly store: FileStore
  readonly report: Report
  readonly learning: Learning
  /** Called when a file is in the store, before it is settled. */
  readonly onStored: (stored: { readonly source: FileSource; readonly sha256: string }) => Promise<void>
}

export interface Transfers {
  /** The fetch of a file, begun if need be; undefined: the upstream does not have it. @throws UpstreamError */
  fetchOf(source: FileSource): Promise<Fetch | undefined>
  /** Waits until the disk has what came. */
  settled(): Promise<void>
}

export function openTransfers({ store, report, learning, onStored }: TransfersOptions): Transfers {
  const underWay = new Map<string, Promise<Fetch | undefined>>()
  const settling = new Set<Promise<void>>()

  async function begin(source: FileSource, onOver: () => void): Promise<Fetch | undefined> {
    const { file, client } = source
    const reply = await openReply(source)
    if (reply === undefined) return undefined
    const size = reply.size ?? file.size
    const fetching = fetchFrom(client, file, 0, reply)
    const verifier = verifierFor(file)
    const transfer = startTransfer({
      fetching,
      creating: store.create(),
      verifier,
      size,
      prove(sha256, bytes) {
        fetching.judge(true)
        return learning.passed(source, {
          sha256,
          size: bytes,
          isSure: fetching.current().delimited && verifier.isArchive(),
        })
      },
      ...(reply.source?.isOwn === false && { heldBackBytes: heldBackFor(size) }),
      async commit(draft, sha256) {
        await draft.commit(storedAs(source, sha256))
        waitedFor(onStored({ source, sha256 }))
      },
      onOver(failure) {
        onOver()
        if (failure instanceof UpstreamError && failure.code === 'bad-file') fetching.judge(false)
        reportFailure(report, file, failure)
      },
      onDiskFailure,
    })
    const { settled } = transfer
    waitedFor(settled)
    return { size, transfer }
  }

  function waitedFor(work: Promise<void>): void {
    settling.add(work)
    void work.finally(() => settling.delete(work))
  }

  function onDiskFailure(error: unknown): void {
    report('warn', 'store_failed', { what: 'file', reason: error instanceof Error ? error.message : String(error) })
  }

  return {
    fetchOf(source) {
      const { upstream, url } = source.file
      const { hashes } = source.file.listed ?? source.file
      // As the page lists it: what was learned of it while it was fetched makes it no other file. With what the rules say of its
      // upstream: a reload may have made it private, or mutable, and what began before is not kept, or given, as its own.
      const id = JSON.stringify([upstream, source.scope, source.isFixed, url, hashes])
      const running = underWay.get(id)
      if (running !== undefined) return running
      const end = () => underWay.delete(id)
      const begun = begin(source, end)
      underWay.set(id, begun)
      // Without a transfer there is nothing to join.
      begun.then((fetch) => fetch === undefined && end(), end)
      return begun
    },
    async settled() {
      // What is settled may have begun something more.
      while (settling.size > 0) await Promise.all(settling)
    },
  }
}

/** A file of a mirror is given to nobody before it is proved, unless that takes long: what a client has, it keeps. */
function heldBackFor(size: number | undefined): () => number {
  const until = performance.now() + PROVED_WITHIN_MS
  const isSmall = size !== undefined && size <= MAX_HELD_BACK_BYTES
  return () => (isSmall && performance.now() < until ? Infinity : HELD_BACK_BYTES)
}

async function openReply({ file, client }: FileSource): Promise<OpenReply | undefined> {
  const reply = await client.openFile(file.url, file.size === undefined ? {} : { size: file.size })
  if (reply.kind === 'absent') return undefined
  // Whether another content than was computed is a change is seen when all of it has passed.
  const { size } = file.listed ?? file
  if (size !== undefined && reply.size !== undefined && size !== reply.size) {
    reply.cancel()
    reply.source?.judge(false)
    const message = `${file.filename} has ${reply.size} bytes, its page says ${size}`
    throw new UpstreamError(file.upstream, 'bad-file', message)
  }
  return reply
}
