/** Finds a file in a zip archive and reads it, from as few bytes of the archive as there can be (PKWARE APPNOTE 4.3). */
import { promisify } from 'node:util'
import { crc32, inflateRaw } from 'node:zlib'
import { paced, type Steps } from '../pace/steps.ts'

const inflated = promisify(inflateRaw)

/** Bytes that can be read anywhere. */
export interface Bytes {
  readonly size: number
  /** All from `start` up to, not including, `end`, which lie inside; good for ever. */
  read(start: number, end: number): Promise<Buffer>
}

/** It is no archive, or one that could be read in two ways. */
export class ZipError extends Error {
  override readonly name = 'ZipError'
}

/** What the directory says of a file. */
export interface ZipEntry {
  readonly name: string
  readonly method: number
  readonly crc: number
  /** Bytes in the archive. */
  readonly packedSize: number
  /** Bytes. */
  readonly size: number
  /** Where its own header begins. */
  readonly headerAt: number
}

export interface ZipDirectory {
  /** Those whose name was wanted, in order; a name may stand there twice. */
  readonly entries: readonly ZipEntry[]
  /** Where the directory begins, and what it lists has ended. */
  readonly startsAt: number
}

const END = { signature: 0x06054b50, bytes: 22 }
const LOCATOR = { signature: 0x07064b50, bytes: 20 }
const END_64 = { signature: 0x06064b50, bytes: 56 }
const ENTRY = { signature: 0x02014b50, bytes: 46 }
const HEADER = { signature: 0x04034b50, bytes: 30 }
const END_SIGNATURE = Buffer.from('PK\x05\x06', 'latin1')

/** Fields of the old format that say: see the new one. */
const [FULL_16, FULL_32] = [0xffff, 0xffffffff]
const MAX_COMMENT_BYTES = 0xffff

/** Of an archive's end, so many bytes hold its end record, whatever comment comes behind. */
export const TAIL_BYTES = LOCATOR.bytes + END.bytes + MAX_COMMENT_BYTES

/** The largest wheels on PyPI have directories of 2 MB. */
const MAX_DIRECTORY_BYTES = 16 * 1024 * 1024
/** More than a header usually has behind its name, where the directory does not say how much. */
const EXTRA_BYTES = 256
const BATCH = 1000

/** The entries with a `wanted` name (as Latin-1: what is not ASCII is not read any further). @throws ZipError, and what `read` throws */
export async function readZipDirectory(bytes: Bytes, wanted: (name: string) => boolean): Promise<ZipDirectory> {
  const tailAt = Math.max(0, bytes.size - TAIL_BYTES)
  const tail = await bytes.read(tailAt, bytes.size)
  const { count, size, startsAt } = await readEnd(bytes, tail, tailAt)
  if (size > MAX_DIRECTORY_BYTES) throw new ZipError(`its directory has more than ${MAX_DIRECTORY_BYTES} bytes`)
  const directory = await bytes.read(startsAt, startsAt + size)
  return { entries: await paced(wantedEntries(directory, count, wanted)), startsAt }
}

interface End {
  readonly count: number
  /** Bytes. */
  readonly size: number
  readonly startsAt: number
}

async function readEnd(bytes: Bytes, tail: Buffer, tailAt: number): Promise<End> {
  const at = endOf(tail)
  const end = {
    count: tail.readUInt16LE(at + 10),
    size: tail.readUInt32LE(at + 12),
    startsAt: tail.readUInt32LE(at + 16),
  }
  const isNew = end.count === FULL_16 || end.size === FULL_32 || end.startsAt === FULL_32
  const found = isNew ? await readEnd64(bytes, tail, { at, tailAt }) : { ...end, endsAt: tailAt + at }
  // What lies before, behind or between would be another archive for another reader.
  if (found.startsAt + found.size !== found.endsAt)
    throw new ZipError('its directory does not end where its end begins')
  return found
}

/** The last end record whose comment goes on to the end. */
function endOf(tail: Buffer): number {
  for (let at = tail.length - END.bytes; at >= 0; at -= 1) {
    at = tail.lastIndexOf(END_SIGNATURE, at)
    if (at === -1) break
    if (at + END.bytes + tail.readUInt16LE(at + 20) === tail.length) return at
  }
  throw new ZipError('it has no end record')
}

async function readEnd64(
  bytes: Bytes,
  tail: Buffer,
  { at, tailAt }: { readonly at: number; readonly tailAt: number },
): Promise<End & { readonly endsAt: number }> {
  const locatorAt = at - LOCATOR.bytes
  if (locatorAt < 0 || tail.readUInt32LE(locatorAt) !== LOCATOR.signature)
    throw new ZipError('its zip64 end is not there')
  const endsAt = wholeNumber(tail, locatorAt + 8)
  if (endsAt + END_64.bytes > tailAt + locatorAt) throw new ZipError('its zip64 end lies elsewhere')
  const record = await bytes.read(endsAt, endsAt + END_64.bytes)
  if (record.readUInt32LE(0) !== END_64.signature) throw new ZipError('its zip64 end is not where it should be')
  return { count: wholeNumber(record, 32), size: wholeNumber(record, 40), startsAt: wholeNumber(record, 48), endsAt }
}

function wholeNumber(bytes: Buffer, at: number): number {
  const number = bytes.readBigUInt64LE(at)
  if (number > Number.MAX_SAFE_INTEGER) throw new ZipError('it has a size that no archive has')
  return Number(number)
}

function* wantedEntries(directory: Buffer, count: number, wanted: (name: string) => boolean): Steps<ZipEntry[]> {
  const entries: ZipEntry[] = []
  let at = 0
  let seen = 0
  for (; at + ENTRY.bytes <= directory.length; seen += 1) {
    if (directory.readUInt32LE(at) !== ENTRY.signature) break
    const nameAt = at + ENTRY.bytes
    const extraAt = nameAt + directory.readUInt16LE(at + 28)
    const commentAt = extraAt + directory.readUInt16LE(at + 30)
    const next = commentAt + directory.readUInt16LE(at + 32)
    if (next > directory.length) break
    const name = directory.toString('latin1', nameAt, extraAt)
    if (wanted(name))
      entries.push(readEntry(name, directory.subarray(at, nameAt), directory.subarray(extraAt, commentAt)))
    at = next
    if (seen % BATCH === 0) yield
  }
  if (at !== directory.length || seen !== count) throw new ZipError('its directory is damaged')
  return entries
}

function readEntry(name: string, fixed: Buffer, extra: Buffer): ZipEntry {
  if ((fixed.readUInt16LE(8) & 1) !== 0) throw new ZipError(`its ${name} is encrypted`)
  const sizes = [fixed.readUInt32LE(24), fixed.readUInt32LE(20), fixed.readUInt32LE(42)]
  const long = sizes.includes(FULL_32) ? zip64Extra(extra) : Buffer.alloc(0)
  let longAt = 0
  // In this order, and only those that do not fit into the old fields.
  const [size = 0, packedSize = 0, headerAt = 0] = sizes.map((short) => {
    if (short !== FULL_32) return short
    if (longAt + 8 > long.length) throw new ZipError(`its sizes of ${name} are missing`)
    longAt += 8
    return wholeNumber(long, longAt - 8)
  })
  return { name, method: fixed.readUInt16LE(10), crc: fixed.readUInt32LE(16), packedSize, size, headerAt }
}

function zip64Extra(extra: Buffer): Buffer {
  for (let at = 0; at + 4 <= extra.length;) {
    const end = at + 4 + extra.readUInt16LE(at + 2)
    if (extra.readUInt16LE(at) === 1) return extra.subarray(at + 4, end)
    at = end
  }
  return Buffer.alloc(0)
}

/**
 * The content of a file of at most `maxBytes`. The sizes and the checksum are those of the directory: with a data descriptor
 * the header of the file has none. @throws ZipError where it is not what the directory says, and what `read` throws
 */
export async function readZipFile(
  bytes: Bytes,
  { startsAt }: ZipDirectory,
  entry: ZipEntry,
  maxBytes: number,
): Promise<Buffer> {
  const { name, method, size, packedSize, headerAt } = entry
  if (Math.max(size, packedSize) > maxBytes) throw new ZipError(`its ${name} has more than ${maxBytes} bytes`)
  if (headerAt + HEADER.bytes + name.length + packedSize > startsAt) throw new ZipError(`its ${name} lies outside`)
  const likelyEnd = headerAt + HEADER.bytes + name.length + EXTRA_BYTES + packedSize
  const head = await bytes.read(headerAt, Math.min(likelyEnd, startsAt))
  if (head.readUInt32LE(0) !== HEADER.signature) throw new ZipError(`its ${name} is not where it should be`)
  const nameEnd = HEADER.bytes + head.readUInt16LE(26)
  if (head.toString('latin1', HEADER.bytes, nameEnd) !== name || head.readUInt16LE(8) !== method)
    throw new ZipError(`its ${name} is another file than its directory says`)
  const start = nameEnd + head.readUInt16LE(28)
  if (headerAt + start + packedSize > startsAt) throw new ZipError(`its ${name} lies outside`)
  const packed =
    start + packedSize <= head.length
      ? head.subarray(start, start + packedSize)
      : await bytes.read(headerAt + start, headerAt + start + packedSize)
  const content = await unpacked(packed, entry)
  if (content.length !== size || crc32(content) !== entry.crc) throw new ZipError(`its ${name} is damaged`)
  return content
}

const [STORED, DEFLATED] = [0, 8]

async function unpacked(packed: Buffer, { name, method, size }: ZipEntry): Promise<Buffer> {
  if (method === STORED) return packed
  if (method !== DEFLATED) throw new ZipError(`its ${name} is packed in a way that wheels are not`)
  try {
    // One byte more, so that a longer one is seen and an empty one is possible.
    return await inflated(packed, { maxOutputLength: size + 1 })
  } catch (cause) {
    throw new ZipError(`its ${name} cannot be unpacked`, { cause })
  }
}
