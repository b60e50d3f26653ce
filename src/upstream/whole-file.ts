/** A small file of somebody else's server, whole. */
import type { UpstreamClient, Validator } from './contract.ts'
import { UpstreamError } from './error.ts'

export interface WholeFile {
  readonly bytes: Buffer
  readonly validator?: Validator
}

/** undefined: the server has no such file. @throws UpstreamError also where it has more than `maxBytes` */
export async function readWholeFile(
  client: UpstreamClient,
  url: string,
  { upstream, maxBytes }: { readonly upstream: string; readonly maxBytes: number },
): Promise<WholeFile | undefined> {
  const reply = await client.openFile(url)
  if (reply.kind === 'absent') return undefined
  const { body, validator, cancel } = reply
  const pieces: Buffer[] = []
  let length = 0
  try {
    for await (const piece of body) {
      length += piece.length
      if (length > maxBytes) throw new UpstreamError(upstream, 'too-large', `${url} has more than ${maxBytes} bytes`)
      // A chunk is good until the next one is asked for.
      pieces.push(Buffer.from(piece))
    }
  } finally {
    cancel()
  }
  return { bytes: Buffer.concat(pieces), ...(validator && { validator }) }
}
