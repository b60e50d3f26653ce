/** Clients of addresses that are not an upstream's own. */
import { type Address, SILENCE_MS } from './mirrored.ts'
import type { UpstreamConfig } from '../config/config.ts'
import { type ClientOptions, openClient } from '../upstream/client.ts'
import { publicLookup } from '../upstream/public-addresses.ts'
import type { UpstreamClient } from '../upstream/contract.ts'

/** Credentials and headers of an upstream are for its own address: nothing of them goes to its mirrors. */
export function openMirrorClient(
  upstream: UpstreamConfig,
  common: Pick<ClientOptions, 'report' | 'environment' | 'userAgent' | 'onBytes' | 'lookup'>,
): (address: Address) => UpstreamClient {
  const { name, absentOn, timeoutMs, ca } = upstream
  const ofMirrors = { name, absentOn, timeoutMs, ...(ca !== undefined && { ca }), headers: [], silenceMs: SILENCE_MS }
  return ({ isForeign, ...address }) => {
    const lookup = isForeign ? { lookup: publicLookup(common.lookup) } : {}
    return openClient({ ...ofMirrors, ...common, ...address, ...lookup })
  }
}
