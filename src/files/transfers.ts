/** The fetches that are under way, so that whoever wants the same file joins the one that began it. */
import type { Report } from '../log/report.ts'
import type { FileStore } from '../store/file-store.ts'
import { UpstreamError } from '../upstream/error.ts'
import { verifierFor } from './expectation.ts'
import { type OpenReply, fetchFrom } from './fetching.ts'
import { type FileSource, reportFailure, storedAs } from './source.ts'
import { type Transfer, startTransfer } from './transfer.ts'

/** A fetch of a file. */
export interface Fetch {
  /** Bytes, where they are known. */
  readonly size: number | undefined
  /** undefined: the disk took nothing, so each reader fetches for itself. */
  readonly transfer: Transfer | undefined
}

export interface TransfersOptions {
  readonly store: FileStore
  readonly report: Report
}

/** Gives the fetch of a file, begun if need be; undefined: the upstream does not have it. The promise rejects with UpstreamError. */
export function openTransfers({ store, report }: TransfersOptions): (source: FileSource) => Promise<Fetch | undefined> {
  const underWay = new Map<string, Promise<Fetch | undefined>>()

  async function begin(source: FileSource, onOver: () => void): Promise<Fetch | undefined> {
    const { file, client } = source
    const reply = await openReply(source)
    if (reply === undefined) return undefined
    const size = reply.size ?? file.size
    const draft = await store.create().catch(onDiskFailure)
    if (draft === undefined) {
      // Kept open for a reader who may never come, it would hold a connection for good.
      reply.cancel()
      return { size, transfer: undefined }
    }
    const transfer = startTransfer({
      fetching: fetchFrom(client, file, 0, reply),
      draft,
      verifier: verifierFor(file),
      size,
      commit: (sha256) => draft.commit(storedAs(source, sha256)),
      onOver(failure) {
        onOver()
        reportFailure(report, file, failure)
      },
      onDiskFailure,
    })
    return { size, transfer }
  }

  function onDiskFailure(error: unknown): undefined {
    report('warn', 'store_failed', { what: 'file', reason: error instanceof Error ? error.message : String(error) })
  }

  return (source) => {
    const { upstream, url, hashes } = source.file
    // With the scope: a reload may have made the upstream private, and what began before is not kept as its own.
    const id = JSON.stringify([upstream, source.scope, url, hashes])
    const running = underWay.get(id)
    if (running !== undefined) return running
    const end = () => underWay.delete(id)
    const begun = begin(source, end)
    underWay.set(id, begun)
    // Without a transfer there is nothing to join.
    begun.then((fetch) => fetch?.transfer === undefined && end(), end)
    return begun
  }
}

async function openReply({ file, client }: FileSource): Promise<OpenReply | undefined> {
  const reply = await client.openFile(file.url)
  if (reply.kind === 'absent') return undefined
  if (file.size !== undefined && reply.size !== undefined && file.size !== reply.size) {
    reply.cancel()
    const message = `${file.filename} has ${reply.size} bytes, its page says ${file.size}`
    throw new UpstreamError(file.upstream, 'bad-file', message)
  }
  return reply
}
