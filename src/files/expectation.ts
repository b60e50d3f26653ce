/** What the bytes of a file must be: its size and the strongest hash that its page gives. */
import { type Hash, createHash } from 'node:crypto'
import { HASH_NAMES, type HashName, type ProjectFile } from '../simple/model.ts'
import { UpstreamError } from '../upstream/error.ts'
import { BEGINNING_BYTES, mayBeArchive } from './archive-kind.ts'

/** The last bytes of a file that are not given to anybody before the whole of it proved right. */
export const HELD_BACK_BYTES = 64 * 1024

const NODE_NAMES: Readonly<Record<HashName, string>> = {
  sha256: 'sha256',
  sha384: 'sha384',
  sha512: 'sha512',
  blake2b: 'blake2b512',
  sha224: 'sha224',
  sha1: 'sha1',
  md5: 'md5',
}

/** Reads along with the bytes, and says at the end whether they were the right ones. */
export interface Verifier {
  update(chunk: Uint8Array): void
  /** The sha256 of what was read. @throws UpstreamError when it is not what the page says */
  finish(bytes: number): string
  /** Whether what was read begins as a file of that name does. */
  isArchive(): boolean
  /** One that has read the same so far. */
  copy(): Verifier
}

export function verifierFor(entry: ProjectFile): Verifier {
  // Whether it is what it was when it passed before is for others to see: a verifier knows the page.
  const file = entry.listed ?? entry
  const name = HASH_NAMES.find((each) => file.hashes[each] !== undefined)
  const sha256 = createHash('sha256')
  return verifier(
    file,
    sha256,
    name === undefined || name === 'sha256' ? undefined : { name, hash: createHash(NODE_NAMES[name]) },
  )
}

function verifier(
  file: ProjectFile,
  sha256: Hash,
  other: { name: HashName; hash: Hash } | undefined,
  begun: Buffer = Buffer.alloc(0),
): Verifier {
  let beginning = begun
  return {
    update(chunk) {
      if (beginning.length < BEGINNING_BYTES)
        beginning = Buffer.concat([beginning, chunk.subarray(0, BEGINNING_BYTES - beginning.length)])
      sha256.update(chunk)
      other?.hash.update(chunk)
    },
    finish(bytes) {
      if (file.size !== undefined && file.size !== bytes)
        throw wrong(file, `has ${bytes} bytes, its page says ${file.size}`)
      const digest = sha256.digest('hex')
      const [name, found] =
        other === undefined ? (['sha256', digest] as const) : ([other.name, other.hash.digest('hex')] as const)
      const expected = file.hashes[name]
      if (expected !== undefined && expected !== found)
        throw wrong(file, `has ${name} ${found}, its page says ${expected}`)
      return digest
    },
    isArchive: () => mayBeArchive(file.filename, beginning),
    copy: () => verifier(file, sha256.copy(), other && { name: other.name, hash: other.hash.copy() }, beginning),
  }
}

function wrong(file: ProjectFile, what: string): UpstreamError {
  return new UpstreamError(file.upstream, 'bad-file', `${file.filename} ${what}`)
}
