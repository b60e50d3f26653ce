/** A file's bytes from its upstream, gone on with where they broke off. */
import { HASH_NAMES, type ProjectFile } from '../simple/model.ts'
import type { FileReply, UpstreamClient } from '../upstream/contract.ts'
import { type FailureCode, UpstreamError } from '../upstream/error.ts'

/** How often a transfer that broke off is gone on with. */
const MAX_RESUMES = 3
const BROKE_OFF: ReadonlySet<FailureCode> = new Set(['truncated', 'reset', 'timeout', 'protocol'])

export type OpenReply = Extract<FileReply, { kind: 'file' }>

/** The request that is under way, so that whoever waits for nothing any more can end it. */
export interface Fetching {
  readonly chunks: AsyncIterable<Buffer>
  /** The reply that is being read: what goes on from somewhere must belong to it. */
  current(): OpenReply
  /** Says to all who gave bytes whether the whole was right. */
  judge(isRight: boolean): void
  cancel(): void
}

/** All bytes from `from` on; `first` is a reply that was opened at or before it. */
export function fetchFrom(client: UpstreamClient, file: ProjectFile, from: number, first: OpenReply): Fetching {
  let reply = first
  const sources = new Set([first.source])
  let cancelled = false
  const size = first.size ?? file.size

  async function* chunks(): AsyncGenerator<Buffer> {
    let position = from
    for (let resumes = 0; ; resumes += 1) {
      try {
        for await (const chunk of withoutFirst(reply.body, position - reply.start)) {
          position += chunk.length
          // Whoever waits for `size` bytes would be served before the hash is known, since more than enough have come.
          if (size !== undefined && position > size)
            throw new UpstreamError(file.upstream, 'bad-file', `${file.filename} has more than ${size} bytes`)
          yield chunk
        }
        return
      } catch (error) {
        const mayGoOn =
          error instanceof UpstreamError && BROKE_OFF.has(error.code) && resumes < MAX_RESUMES && !cancelled
        if (!mayGoOn) throw error
        reply = await reopen(client, file, position, reply)
        sources.add(reply.source)
        if (cancelled) {
          reply.cancel()
          throw error
        }
      }
    }
  }

  return {
    chunks: chunks(),
    current: () => reply,
    judge(isRight) {
      for (const source of sources) source?.judge(isRight)
    },
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
  const reply = await client.openFile(file.url, {
    rangeStart: position,
    ...(ifRange !== undefined && { ifRange }),
    ...(file.size !== undefined && { size: file.size }),
  })
  if (reply.kind === 'absent')
    throw new UpstreamError(file.upstream, 'status', `${file.filename} went away while it was fetched`, {
      status: reply.status,
    })
  if (before === undefined || isRestOf(file, before, reply)) return reply
  reply.cancel()
  throw new UpstreamError(file.upstream, 'bad-file', `${file.filename} became another file while it was fetched`)
}

/** Where no hash tells it at the end, only a validator shows that the rest belongs to what was there before. */
function isRestOf(file: ProjectFile, before: OpenReply, reply: OpenReply): boolean {
  if (before.size !== undefined && reply.size !== undefined && before.size !== reply.size) return false
  if (HASH_NAMES.some((name) => file.hashes[name] !== undefined)) return true
  const { etag, lastModified } = before.validator ?? {}
  if (etag !== undefined) return reply.validator?.etag === etag
  return lastModified !== undefined && reply.validator?.lastModified === lastModified
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
