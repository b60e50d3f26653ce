/** Another server, as somebody whose download counts are read. */
import { silent } from '../log/report.ts'
import type { PeerClient } from '../stats/peer-round.ts'
import { openClient } from '../upstream/client.ts'
import type { Validator } from '../upstream/contract.ts'
import { readWholeFile } from '../upstream/whole-file.ts'
import type { AssembleOptions } from './options.ts'

/** Files of counts are some hundred kB; more than that is something else. */
const MAX_PEER_BYTES = 16 * 1024 * 1024

/** A server that publishes its counts. @throws Error where the address of a proxy is none */
export function openPeer(
  peer: string,
  { environment, userAgent, lookup }: Pick<AssembleOptions, 'environment' | 'userAgent' | 'lookup'>,
): PeerClient & { close(): Promise<void> } {
  const base = new URL('local-stats/days/', peer).href
  const name = new URL(peer).host
  const settings = { name, url: base, filesAt: [base], absentOn: [], headers: [], maxConnections: 2 }
  const client = openClient({ ...settings, report: silent, environment, userAgent, ...(lookup && { lookup }) })
  const tagOf = (validator?: Validator) => validator?.etag ?? validator?.lastModified
  return {
    async read(file) {
      const whole = await readWholeFile(client, base + file, { upstream: name, maxBytes: MAX_PEER_BYTES })
      const tag = tagOf(whole?.validator)
      return whole && { bytes: whole.bytes, ...(tag !== undefined && { tag }) }
    },
    tag: async (file) => tagOf((await client.headFile(base + file))?.validator),
    close: () => client.close(0),
  }
}
