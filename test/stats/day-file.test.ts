/** The files of counts that mirrors publish, as PEP 381 has them. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Count } from '../../src/stats/count.ts'
import { HEADING, csvPieces, jsonPieces, linesOf, readCountLine } from '../../src/stats/day-file.ts'
import { name } from '../support/build.ts'

const COUNTS: readonly Count[] = [
  { project: name('zc-buildout'), filename: 'zc.buildout-1.6.0.tgz', client: 'pip/26.3', count: 142 },
  { project: name('tool'), filename: 'tool-1.0,"x".tar.gz', client: 'other', count: 1 },
]

const written = (counts: readonly Count[], heading = HEADING) =>
  Buffer.concat([...csvPieces(counts, heading)]).toString()

describe('a day of counts', () => {
  it('is lines of package, filename, user agent and count behind their heading', () => {
    expect(written(COUNTS)).toBe(
      '# package,filename,useragent,count\nzc-buildout,zc.buildout-1.6.0.tgz,pip/26.3,142\ntool,"tool-1.0,""x"".tar.gz",other,1\n',
    )
  })

  it('is the same as JSON, whole for every number of lines', () => {
    const json = Buffer.concat([...jsonPieces(COUNTS, { day: '2026-11-24' })]).toString()
    expect(JSON.parse(json)).toEqual({
      day: '2026-11-24',
      counts: COUNTS.map(({ project, client, ...rest }) => ({ package: project, useragent: client, ...rest })),
    })
    for (const length of [0, 1, 511, 512, 513]) {
      const many = Array.from({ length }, () => COUNTS[0] ?? []).flat()
      expect(JSON.parse(Buffer.concat([...jsonPieces(many, { day: '2026-11-24' })]).toString()).counts).toHaveLength(
        length,
      )
    }
  })

  it('is read as it was written', () => {
    expect(
      written(COUNTS)
        .split('\n')
        .flatMap((line) => readCountLine(line) ?? []),
    ).toEqual(COUNTS)
  })

  it('of a mirror of 2010 is read without a heading, with its names and clients as ours', () => {
    expect(readCountLine('Zope.Interface,zope.interface-3.6.1.tar.gz,Python-urllib/2.6 setuptools/0.6c11,7\r')).toEqual(
      {
        project: 'zope-interface',
        filename: 'zope.interface-3.6.1.tar.gz',
        client: 'setuptools/0.6',
        count: 7,
      },
    )
  })

  it.each([
    'tool,other-1.0.tar.gz,pip/26.3,1',
    'tool,../../tool-1.0.tar.gz,pip/26.3,1',
    'tool,tool-1.0.tar.gz\u001b[31m,pip/26.3,1',
    'tool,tool-1.0.tar.gz,pip/26.3,-1',
    'tool,tool-1.0.tar.gz,pip/26.3,1e3',
    'tool,tool-1.0.tar.gz,pip/26.3,99999999999999999999',
    'tool,tool-1.0.tar.gz,pip/26.3,1,2',
    '<html>',
    `tool,"${','.repeat(100_000)}`,
  ])('is not made of lines like %.40s', (line) => {
    expect(readCountLine(line)).toBe('unreadable')
  })

  it('is read by lines, in whatever pieces it comes', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: fc.constantFrom('a', '\n') })), (pieces) => {
        const lines = pieces.join('').split('\n')
        if (lines.at(-1) === '') lines.pop()
        expect([...linesOf(pieces.map((piece) => Buffer.from(piece)))]).toEqual(lines)
      }),
    )
  })
})
