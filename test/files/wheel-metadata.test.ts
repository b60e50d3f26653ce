import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { metadataFault, readWheelMetadata, WheelError } from '../../src/files/wheel-metadata.ts'
import type { Bytes } from '../../src/files/zip-directory.ts'
import { name } from '../support/build.ts'
import { type ArchiveFile, archive, metadataText, wheelArchive } from '../support/wheel-archive.ts'

const OWNER = { project: name('acme'), version: '1.0' }
const PATH = 'acme-1.0.dist-info/METADATA'
const TEXT = metadataText('acme', '1.0')
const METADATA: ArchiveFile = { name: PATH, content: TEXT }

/** Fails where anybody reads outside, and counts. */
function bytesOf(whole: Buffer): Bytes & { read: { (start: number, end: number): Promise<Buffer>; count?: number } } {
  const read = async (start: number, end: number) => {
    if (!(start >= 0 && start <= end && end <= whole.length)) throw new RangeError(`${start}-${end}`)
    return whole.subarray(start, end)
  }
  return { size: whole.length, read }
}

const readFrom = (whole: Buffer) => readWheelMetadata(bytesOf(whole), OWNER).then(String)

describe('the metadata in a wheel', () => {
  const many = Array.from({ length: 3000 }, (_, i) => ({ name: `acme/module_${i}.py`, content: '' }))
  it.each<[string, Buffer]>([
    ['deflated', archive([METADATA])],
    ['stored', archive([{ ...METADATA, stored: true }])],
    ['with a data descriptor', archive([{ ...METADATA, descriptor: true }])],
    ['with a long extra field in its header', archive([{ ...METADATA, extraBytes: 3000 }])],
    ['in a zip64 archive', archive([METADATA], { zip64: true })],
    ['under the longest comment', archive([METADATA], { comment: Buffer.alloc(65_535, 'PK') })],
    ['with a directory that is longer than the tail', archive([METADATA, ...many])],
    ['behind much else', wheelArchive('acme', '1.0', { ballast: 500_000 })],
    ['beside vendored metadata', archive([METADATA, { name: `acme/_vendor/${PATH}`, content: 'x' }])],
    ['with another spelling of name and version', archive([{ ...METADATA, name: 'Acme-1.0.0.dist-info/METADATA' }])],
  ])('is read where it is %s', async (_, whole) => {
    expect(await readFrom(whole)).toBe(TEXT)
  })

  it.each<[string, Buffer]>([
    ['is empty', Buffer.alloc(0)],
    ['is a page for people', Buffer.from('<html>Sign in</html>'.repeat(5000))],
    ['is cut off', archive([METADATA]).subarray(0, -30)],
    ['has something before it', archive([METADATA], { before: Buffer.from('#!/bin/sh\n') })],
    ['has something behind it', Buffer.concat([archive([METADATA]), Buffer.from('x')])],
    ['has something before its end', archive([METADATA], { between: Buffer.from('x') })],
    ['has it twice', archive([METADATA, METADATA])],
    ['has two of them', archive([METADATA, { ...METADATA, name: 'other-1.0.dist-info/METADATA' }])],
    ['has none', archive([{ name: 'acme/__init__.py', content: '' }])],
    ['has that of another project', archive([{ ...METADATA, name: 'other-1.0.dist-info/METADATA' }])],
    ['names another project', archive([{ name: PATH, content: metadataText('other', '1.0') }])],
    ['names another version', archive([{ name: PATH, content: metadataText('acme', '1.1') }])],
    ['has a wrong checksum', archive([{ ...METADATA, says: { crc: 1 } }])],
    ['is longer than its directory says', archive([{ ...METADATA, says: { size: 10 } }])],
    ['is shorter than its directory says', archive([{ ...METADATA, says: { size: 1000 } }])],
    ['is larger than any', archive([{ ...METADATA, content: Buffer.alloc(9_000_000) }])],
    ['lies outside', archive([{ ...METADATA, says: { headerAt: 0xfffffff0 } }])],
    [
      'has another name in its header',
      archive([{ ...METADATA, name: 'evil-1.0.dist-info/METADATA', says: { name: PATH } }]),
    ],
    ['is no UTF-8', archive([{ name: PATH, content: Buffer.from(`${TEXT}\xff`, 'latin1') }])],
  ])('is not believed where the wheel %s', async (_, whole) => {
    await expect(readFrom(whole)).rejects.toThrow(WheelError)
  })

  it('whatever is changed in a wheel, it is read as it was or refused, and nothing outside is read', async () => {
    const wheels = [
      wheelArchive('acme', '1.0'),
      archive([{ ...METADATA, stored: true, descriptor: true }], { zip64: true }),
    ]
    const changes = fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 0, max: 255 })), {
      minLength: 1,
      maxLength: 4,
    })
    const property = fc.asyncProperty(fc.constantFrom(...wheels), changes, fc.nat(40), async (wheel, changed, cut) => {
      const whole = Buffer.from(wheel.subarray(0, wheel.length - (cut > 30 ? cut - 30 : 0)))
      for (const [where, byte] of changed) whole[Math.min(Math.floor(where * whole.length), whole.length - 1)] = byte
      const result = await readFrom(whole).catch((error: unknown) => error)
      if (result !== TEXT) expect(result).toBeInstanceOf(WheelError)
    })
    await fc.assert(property, { numRuns: 3000 })
  })

  it('random bytes are no wheel', async () => {
    const property = fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
      const ending = archive([]).subarray(0, 4)
      const whole = Buffer.concat([Buffer.from(bytes), ending, Buffer.from(bytes).subarray(0, 18)])
      await expect(readFrom(whole)).rejects.toThrow(WheelError)
    })
    await fc.assert(property, { numRuns: 500 })
  })
})

describe('what looks like metadata', () => {
  it.each<[string, string | undefined]>([
    [TEXT, undefined],
    [TEXT.replaceAll('\n', '\r\n'), undefined],
    [TEXT.replace('1.0', '1'), undefined],
    [TEXT.replace('Name: acme', 'name:ACME'), undefined],
    ['<html>\n</html>', 'has no Metadata-Version'],
    [TEXT.replace('Name: acme\n', ''), 'names another project'],
    [`\n${TEXT}`, 'has no Metadata-Version'],
  ])('%j: %s', (text, fault) => {
    expect(metadataFault(Buffer.from(text), OWNER)).toBe(fault)
  })

  it('a filename writes a hyphen as an underscore', () => {
    const text = Buffer.from(metadataText('acme', '1.0-1'))
    expect(metadataFault(text, { ...OWNER, version: '1.0_1' })).toBeUndefined()
  })
})
