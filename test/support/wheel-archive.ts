/** Zip archives written by hand, honest or not: the tests choose every field that a reader must not believe. */
import { crc32, deflateRawSync } from 'node:zlib'

export interface ArchiveFile {
  readonly name: string
  readonly content: string | Buffer
  readonly stored?: boolean
  /** Its header has neither sizes nor checksum; they come behind it. */
  readonly descriptor?: boolean
  /** Bytes of an extra field in its header alone. */
  readonly extraBytes?: number
  /** What the directory says in place of the truth. */
  readonly says?: { readonly size?: number; readonly crc?: number; readonly headerAt?: number; readonly name?: string }
}

export interface ArchiveOptions {
  readonly comment?: Buffer
  readonly zip64?: boolean
  /** Bytes before the archive, of which its offsets know nothing. */
  readonly before?: Buffer
  /** Bytes between its directory and its end. */
  readonly between?: Buffer
}

export function archive(
  files: readonly ArchiveFile[],
  {
    comment = Buffer.alloc(0),
    zip64 = false,
    before = Buffer.alloc(0),
    between = Buffer.alloc(0),
  }: ArchiveOptions = {},
): Buffer {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let at = 0
  for (const { name, content, stored = false, descriptor = false, extraBytes = 0, says = {} } of files) {
    const bytes = Buffer.from(content)
    const packed = stored ? bytes : deflateRawSync(bytes)
    const method = stored ? 0 : 8
    const flags = descriptor ? 8 : 0
    const crc = crc32(bytes)
    const header = Buffer.alloc(30)
    header.writeUInt32LE(0x04034b50, 0)
    header.writeUInt16LE(flags, 6)
    header.writeUInt16LE(method, 8)
    if (!descriptor) {
      header.writeUInt32LE(crc, 14)
      header.writeUInt32LE(packed.length, 18)
      header.writeUInt32LE(bytes.length, 22)
    }
    header.writeUInt16LE(Buffer.byteLength(name), 26)
    header.writeUInt16LE(extraBytes, 28)
    const local = Buffer.concat([header, Buffer.from(name), Buffer.alloc(extraBytes, 'x'), packed])
    const behind = descriptor ? numbers(4, 0x08074b50, crc, packed.length, bytes.length) : Buffer.alloc(0)
    parts.push(local, behind)

    const entryName = Buffer.from(says.name ?? name)
    const long = zip64
      ? Buffer.concat([numbers(2, 1, 24), numbers(8, bytes.length, packed.length, at)])
      : Buffer.alloc(0)
    const entry = Buffer.alloc(46)
    entry.writeUInt32LE(0x02014b50, 0)
    entry.writeUInt16LE(flags, 8)
    entry.writeUInt16LE(method, 10)
    entry.writeUInt32LE(says.crc ?? crc, 16)
    entry.writeUInt32LE(zip64 ? 0xffffffff : packed.length, 20)
    entry.writeUInt32LE(zip64 ? 0xffffffff : (says.size ?? bytes.length), 24)
    entry.writeUInt16LE(entryName.length, 28)
    entry.writeUInt16LE(long.length, 30)
    entry.writeUInt32LE(zip64 ? 0xffffffff : (says.headerAt ?? at), 42)
    directory.push(entry, entryName, long)
    at += local.length + behind.length
  }
  const list = Buffer.concat(directory)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(zip64 ? 0xffff : files.length, 8)
  end.writeUInt16LE(zip64 ? 0xffff : files.length, 10)
  end.writeUInt32LE(zip64 ? 0xffffffff : list.length, 12)
  end.writeUInt32LE(zip64 ? 0xffffffff : at, 16)
  end.writeUInt16LE(comment.length, 20)
  const long = zip64
    ? [
        numbers(4, 0x06064b50),
        numbers(8, 44),
        numbers(4, 0, 0, 0),
        numbers(8, files.length, files.length, list.length, at),
        numbers(4, 0x07064b50, 0),
        numbers(8, at + list.length),
        numbers(4, 1),
      ]
    : []
  return Buffer.concat([before, ...parts, list, between, ...long, end, comment])
}

/** Little-endian numbers of `bytes` bytes each. */
function numbers(bytes: 2 | 4 | 8, ...values: number[]): Buffer {
  const all = Buffer.alloc(bytes * values.length)
  values.forEach((value, index) => {
    if (bytes === 8) all.writeBigUInt64LE(BigInt(value), index * 8)
    else all.writeUIntLE(value, index * bytes, bytes)
  })
  return all
}

export function metadataText(name: string, version: string, more = ''): string {
  return `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n${more}\nA description.\n`
}

/** A wheel of `name` and `version` with `ballast` bytes of code before its metadata. */
export function wheelArchive(name: string, version: string, { more = '', ballast = 10 } = {}): Buffer {
  return archive([
    { name: `${name}/__init__.py`, content: Buffer.alloc(ballast, '# '), stored: true },
    { name: `${name}-${version}.dist-info/METADATA`, content: metadataText(name, version, more) },
    { name: `${name}-${version}.dist-info/RECORD`, content: '' },
  ])
}
