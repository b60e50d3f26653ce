/** All rotations of a block in order: what the Burrows-Wheeler transform needs, in n log n whatever the bytes are. */
import type { Steps } from '../pace/steps.ts'

/**
 * Where each rotation begins, the smallest rotation first; equal ones in any order. Sorts by the first byte, then by the
 * first 2, 4, 8 … bytes: the second half of a rotation is the first half of another one, whose rank is known.
 */
export function* sortedRotations(block: Uint8Array): Steps<Uint32Array> {
  const { length } = block
  let order = new Uint32Array(length)
  let rank = new Uint32Array(length)
  const starts = new Uint32Array(Math.max(length, 256) + 1)
  for (const byte of block) starts[byte + 1] = (starts[byte + 1] ?? 0) + 1
  for (let byte = 0; byte < 256; byte += 1) starts[byte + 1] = (starts[byte + 1] ?? 0) + (starts[byte] ?? 0)
  const next = starts.slice()
  for (let i = 0; i < length; i += 1) {
    const byte = block[i] ?? 0
    rank[i] = starts[byte] ?? 0
    order[next[byte] ?? 0] = i
    next[byte] = (next[byte] ?? 0) + 1
  }

  let spareOrder = new Uint32Array(length)
  let spareRank = new Uint32Array(length)
  // A rank is the place of the first rotation of its kind, so it is also where those of its kind begin.
  const place = new Uint32Array(length)
  for (let half = 1; half < length; half *= 2) {
    for (let i = 0; i < length; i += 1) place[i] = i
    // In the order of the second halves, each goes to the next free place of its first half.
    for (let i = 0; i < length; i += 1) {
      const second = order[i] ?? 0
      const start = second >= half ? second - half : second - half + length
      const first = rank[start] ?? 0
      spareOrder[place[first] ?? 0] = start
      place[first] = (place[first] ?? 0) + 1
    }
    let kinds = 0
    let [firstBefore, secondBefore, rankNow] = [-1, -1, 0]
    for (let i = 0; i < length; i += 1) {
      const start = spareOrder[i] ?? 0
      const middle = start + half
      const first = rank[start] ?? 0
      const second = rank[middle >= length ? middle - length : middle] ?? 0
      if (first !== firstBefore || second !== secondBefore) {
        ;[firstBefore, secondBefore, rankNow] = [first, second, i]
        kinds += 1
      }
      spareRank[start] = rankNow
    }
    ;[order, spareOrder] = [spareOrder, order]
    ;[rank, spareRank] = [spareRank, rank]
    if (kinds === length) break
    yield
  }
  return order
}
