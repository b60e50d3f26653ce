/** The checksum of bzip2: CRC-32 with the polynomial 0x04c11db7, the highest bit first. */

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 0x80000000 ? (crc << 1) ^ 0x04c11db7 : crc << 1
  return crc >>> 0
})

/** The checksum of what had `crc` before and `bytes` behind it; begins with 0. */
export function checksum(bytes: Uint8Array, crc = 0): number {
  let sum = ~crc
  // Counted: of an array of bytes, that is several times faster than asking it for each.
  for (let i = 0; i < bytes.length; i += 1) sum = (sum << 8) ^ (TABLE[(sum >>> 24) ^ (bytes[i] ?? 0)] ?? 0)
  return ~sum >>> 0
}

/** The checksum of a stream: that of its blocks before, and that of the next one. */
export function combined(stream: number, block: number): number {
  return (((stream << 1) | (stream >>> 31)) ^ block) >>> 0
}
