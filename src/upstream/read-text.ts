/** Reads a short text of a server: one that is no page and no file of a project. */
import type { UpstreamClient } from './contract.ts'
import { UpstreamError } from './error.ts'

/** undefined: there is none, or it is longer than `maxBytes`. @throws UpstreamError */
export async function readText(client: UpstreamClient, url: string, maxBytes: number): Promise<string | undefined> {
  const reply = await client.openFile(url)
  if (reply.kind === 'absent') return undefined
  const timer = setTimeout(() => reply.cancel(), WITHIN_MS)
  try {
    const pieces: Buffer[] = []
    let length = 0
    for await (const piece of reply.body) {
      length += piece.length
      if (length > maxBytes) return undefined
      pieces.push(Buffer.from(piece))
    }
    return Buffer.concat(pieces).toString()
  } finally {
    clearTimeout(timer)
    reply.cancel()
  }
}

/** Nobody waits for it. */
const WITHIN_MS = 10_000

/** The same, where nobody minds why there is none. */
export async function readTextIfAny(
  client: UpstreamClient,
  url: string,
  maxBytes: number,
): Promise<string | undefined> {
  try {
    return await readText(client, url, maxBytes)
  } catch (error) {
    if (error instanceof UpstreamError) return undefined
    throw error
  }
}
