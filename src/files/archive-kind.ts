/** Whether bytes begin as a distribution of that name does: a page for people, sent in its place, does not. */

/** First bytes of archives, by the ends of filenames (PEP 527, and what came before it). */
const BEGINNINGS: readonly (readonly [suffix: string, bytes: readonly number[]])[] = [
  ['.whl', [0x50, 0x4b]],
  ['.zip', [0x50, 0x4b]],
  ['.egg', [0x50, 0x4b]],
  ['.tar.gz', [0x1f, 0x8b]],
  ['.tgz', [0x1f, 0x8b]],
  ['.tar.bz2', [0x42, 0x5a, 0x68]],
  ['.tbz', [0x42, 0x5a, 0x68]],
  ['.tar.xz', [0xfd, 0x37, 0x7a]],
  ['.exe', [0x4d, 0x5a]],
]

/** Bytes that are enough to tell. */
export const BEGINNING_BYTES = 3

/** true also for a kind that is not known. */
export function mayBeArchive(filename: string, beginning: Uint8Array): boolean {
  const [, bytes = []] = BEGINNINGS.find(([suffix]) => filename.endsWith(suffix)) ?? []
  return bytes.every((byte, i) => beginning[i] === byte)
}
