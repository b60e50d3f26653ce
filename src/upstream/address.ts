/** Which IP addresses belong to the public internet, by the special-purpose registries of IANA (RFC 6890 and its updates). */
import { BlockList, isIP } from 'node:net'

const SPECIAL_V4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
]

/** Inside `2000::/3`, the only range that is given out: Teredo and its kin, documentation, 6to4. */
const SPECIAL_V6: readonly (readonly [string, number])[] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
]

/**
 * Whether `address` is one that anybody on the internet may have. False for loopback, private, link-local, shared (CGNAT),
 * multicast and documentation addresses, for every IPv6 address that wraps an IPv4 one (mapped, NAT64, 6to4, Teredo),
 * and for text that is no address in its canonical form.
 */
export function isPublicAddress(address: string): boolean {
  const version = isIP(address)
  if (version === 4) return !listed(SPECIAL_V4, address, 'ipv4')
  // A zone (`fe80::1%eth0`) makes sense on the local link only.
  if (version !== 6 || address.includes('%')) return false
  return listed([['2000::', 3]], address, 'ipv6') && !listed(SPECIAL_V6, address, 'ipv6')
}

function listed(ranges: readonly (readonly [string, number])[], address: string, family: 'ipv4' | 'ipv6'): boolean {
  const list = new BlockList()
  for (const [network, prefix] of ranges) list.addSubnet(network, prefix, family)
  return list.check(address, family)
}
