/** A file's bytes from its upstream, gone on with where they broke off. */
import type { ProjectFile } from '../simple/model.ts'
import type { FileReply, UpstreamClient } from '../upstream/contract.ts'
import { type FailureCode, UpstreamError } from '../upstream/error.ts'

/** How often a transfer that broke off is gone on with. */
const MAX_RESUMES = 3
const BROKE_OFF: ReadonlySet<FailureCode> = new Set(['truncated', 'reset', 'timeout', 'protocol'])

type OpenReply = Extract<FileReply, { kind: 'file' }>

/** The request that is under way, so that whoever waits for nothing any more can end it. */
export interface Fetching {
  readonly chunks: AsyncIterable<Buffer>
  cancel(): void
}

/** All bytes from `from` on; `first` is a reply that was opened at or before it. */
export function fetchFrom(client: UpstreamClient, file: ProjectFile, from: number, first: OpenReply): Fetching {
  let reply = first
  let cancelled = false

  async function* chunks(): AsyncGenerator<Buffer> {
    let position = from
    for (let resumes = 0; ; resumes += 1) {
      try {
        for await (const chunk of withoutFirst(reply.body, position - reply.start)) {
          position += chunk.length
          yield chunk
        }
        return
      } catch (error) {
        const mayGoOn =
          error instanceof UpstreamError && BROKE_OFF.has(error.code) && resumes < MAX_RESUMES && !cancelled
        if (!mayGoOn) throw error
        reply = await reopen(client, file, position, reply)
      }
    }
  }

  return {
    chunks: chunks(),
    cancel() {
      cancelled = true
      reply.cancel()
    },
  }
}

/** The rest of the file from `position`, or the whole of it where the server gives no ranges. */
export async function reopen(
  client: UpstreamClient,
  file: ProjectFile,
  position: number,
  before?: OpenReply,
): Promise<OpenReply> {
  const ifRange = before?.validator?.etag ?? before?.validator?.lastModified
  const reply = await client.openFile(file.url, { rangeStart: position, ...(ifRange !== undefined && { ifRange }) })
  if (reply.kind === 'absent')
    throw new UpstreamError(file.upstream, 'status', `${file.filename} went away while it was fetched`, {
      status: reply.status,
    })
  return reply
}

async function* withoutFirst(body: AsyncIterable<Buffer>, bytes: number): AsyncGenerator<Buffer> {
  let skip = bytes
  for await (const chunk of body) {
    if (skip >= chunk.length) skip -= chunk.length
    else {
      yield skip === 0 ? chunk : chunk.subarray(skip)
      skip = 0
    }
  }
}
