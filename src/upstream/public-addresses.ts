/** Which addresses somebody else may send us to: none of this machine, and none of the network around it. */
import { lookup as systemLookup } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'

/** RFC 6890 and its successors, as far as they are not public. */
const OURS = new BlockList()
for (const [net, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const)
  OURS.addSubnet(net, prefix, 'ipv4')
for (const [net, prefix] of [
  ['::', 128],
  ['::1', 128],
  ['64:ff9b:1::', 48],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const)
  OURS.addSubnet(net, prefix, 'ipv6')

function isOurs(address: string): boolean {
  const family = isIP(address)
  // IPv4 in IPv6 is looked up among the former.
  return family === 0 || OURS.check(address, family === 6 ? 'ipv6' : 'ipv4')
}

/** https, by a name: what that name stands for is looked at when it is asked (`publicLookup`). */
export function isPublicAddress(url: string): boolean {
  const parsed = URL.parse(url)
  if (parsed === null || parsed.protocol !== 'https:' || parsed.username !== '' || parsed.password !== '') return false
  return isIP(parsed.hostname.replace(/^\[|\]$/g, '')) === 0 && parsed.hostname.includes('.') && parsed.search === ''
}

/** Finds no host that lies on this machine or in its network. */
export function publicLookup(lookup: LookupFunction = systemLookup): LookupFunction {
  return (hostname, options, callback) =>
    lookup(hostname, options, (error, address, family) => {
      const all = Array.isArray(address) ? address.map((each) => each.address) : [address]
      if (error === null && all.some(isOurs)) {
        const refused = Object.assign(new Error('The host lies in our own network'), { code: 'EAI_REFUSED' })
        callback(refused, address, family)
      } else callback(error, address, family)
    })
}
