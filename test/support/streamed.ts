/** A reply that a test holds whole, given as one that comes in pieces. */
import type { PageReply, ReadPieces } from '../../src/upstream/contract.ts'

/** What `streamPage` makes of a reply that the test holds whole. */
export async function streamed<Body>(reply: PageReply, read: ReadPieces<Body>): Promise<PageReply<Body>> {
  if (reply.kind !== 'page') return reply
  async function* pieces(): AsyncGenerator<Buffer> {
    if (reply.kind === 'page') yield reply.body
  }
  return { ...reply, body: await read(reply, pieces()) }
}
