/** Tiny real wheels, made on the spot: an archive without compression (APPNOTE.TXT), with what installers look for in it. */
import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { type UpstreamFile, upstreamFile } from '../../support/simple-upstream.ts'

export interface WheelOptions {
  readonly requires?: readonly string[]
  readonly requiresPython?: string
  /** A file of the module, to make the wheel large. */
  readonly ballast?: Buffer
  /** What its page says beside name, hash and size. */
  readonly listed?: UpstreamFile['listed']
}

/** `project` in the form of filenames, with underscores. Its module is called the same and has `version`. */
export function wheel(
  project: string,
  version: string,
  { requires = [], requiresPython, ballast, listed }: WheelOptions = {},
): UpstreamFile {
  const info = `${project}-${version}.dist-info`
  const metadata = [
    'Metadata-Version: 2.1',
    `Name: ${project}`,
    `Version: ${version}`,
    ...(requiresPython === undefined ? [] : [`Requires-Python: ${requiresPython}`]),
    ...requires.map((each) => `Requires-Dist: ${each}`),
    '',
  ]
  const members: [name: string, content: Buffer][] = [
    [`${project}/__init__.py`, Buffer.from(`version = ${JSON.stringify(version)}\n`)],
    ...(ballast === undefined ? [] : [[`${project}/ballast.bin`, ballast] satisfies [string, Buffer]]),
    [`${info}/METADATA`, Buffer.from(metadata.join('\n'))],
    [
      `${info}/WHEEL`,
      Buffer.from('Wheel-Version: 1.0\nGenerator: unidex-tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n'),
    ],
  ]
  const record = members.map(
    ([name, content]) =>
      `${name},sha256=${createHash('sha256').update(content).digest('base64url')},${content.length}\n`,
  )
  members.push([`${info}/RECORD`, Buffer.from([...record, `${info}/RECORD,,\n`].join(''))])
  return upstreamFile(`${project}-${version}-py3-none-any.whl`, zip(members), listed)
}

function zip(members: readonly (readonly [name: string, content: Buffer])[]): Buffer {
  const [local, central]: [Buffer[], Buffer[]] = [[], []]
  let offset = 0
  for (const [name, content] of members) {
    const path = Buffer.from(name)
    // Version 2.0, no flags, stored, 1980-01-01: the fields that both headers share.
    const shared = Buffer.alloc(26)
    shared.writeUInt16LE(20, 0)
    shared.writeUInt16LE(0x21, 8)
    shared.writeUInt32LE(crc32(content), 10)
    shared.writeUInt32LE(content.length, 14)
    shared.writeUInt32LE(content.length, 18)
    shared.writeUInt16LE(path.length, 22)
    local.push(Buffer.from('PK\x03\x04'), shared, path, content)
    const rest = Buffer.alloc(14)
    rest.writeUInt32LE((0o100644 << 16) >>> 0, 6)
    rest.writeUInt32LE(offset, 10)
    central.push(Buffer.from('PK\x01\x02'), Buffer.from([20, 3]), shared, rest, path)
    offset += 30 + path.length + content.length
  }
  const directory = Buffer.concat(central)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  end.writeUInt16LE(members.length, 8)
  end.writeUInt16LE(members.length, 10)
  end.writeUInt32LE(directory.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...local, directory, end])
}
