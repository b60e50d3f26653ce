import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readMetadataFields } from '../../src/simple/metadata-fields.ts'

const text = (...lines: string[]) => lines.join('\n')

describe('core metadata', () => {
  it('is headers, and a description behind an empty line', () => {
    const fields = readMetadataFields(
      text('Metadata-Version: 2.4', 'Name: acme', 'Summary: Does: much', '', 'The description.', '', 'Name: other', ''),
    )
    expect([fields.line('Name'), fields.line('Summary'), fields.line('Author')]).toEqual([
      'acme',
      'Does: much',
      undefined,
    ])
    expect(fields.description).toBe(text('The description.', '', 'Name: other', ''))
  })

  it('has names in any case, and lines that end as they do on Windows', () => {
    const fields = readMetadataFields(
      'NAME: acme\r\nrequires-dist: a\r\nRequires-Dist:b ; python_version<"3"\r\n\r\nBody\r\n',
    )
    expect([fields.line('Name'), fields.lines('Requires-Dist'), fields.description]).toEqual([
      'acme',
      ['a', 'b ; python_version<"3"'],
      'Body\r\n',
    ])
  })

  it('of a field that stands several times for one value gives the first', () => {
    expect(readMetadataFields(text('Summary: one', 'Summary: two')).line('Summary')).toBe('one')
  })

  it('unfolds a field of one line, and keeps the lines of those that may have several', () => {
    const fields = readMetadataFields(
      text(
        'Requires-Dist: a',
        '  >=1,',
        '\t<2',
        'License: MIT',
        '        Line one',
        '          indented',
        '       |',
        'Name: acme',
      ),
    )
    expect(fields.lines('Requires-Dist')).toEqual(['a >=1, <2'])
    expect(fields.block('License')).toBe(text('MIT', 'Line one', '  indented', ''))
    expect(fields.line('Name')).toBe('acme')
  })

  it('has its description in a field where its version had no body', () => {
    const fields = readMetadataFields(text('Name: acme', 'Description: Acme', '       |====', '       |  does it'))
    expect(fields.description).toBe(text('Acme', '====', '  does it'))
  })

  it.each(['', ' ', 'UNKNOWN', ' UNKNOWN '])('that says %j says nothing', (value) => {
    const fields = readMetadataFields(text(`Summary:${value}`, `Classifier:${value}`, `Description:${value}`, ''))
    expect([fields.line('Summary'), fields.lines('Classifier'), fields.block('Summary'), fields.description]).toEqual([
      undefined,
      [],
      undefined,
      undefined,
    ])
  })

  it.each(['no header at all', ': no name', 'with blank: no', `${'x'.repeat(200)}: too long`, 'caf\u00e9: no'])(
    'ends where something stands that is no header: %j',
    (line) => {
      const fields = readMetadataFields(text('Name: acme', line, 'Summary: a trick'))
      expect([fields.line('Name'), fields.line('Summary'), fields.description]).toEqual([
        'acme',
        undefined,
        text(line, 'Summary: a trick'),
      ])
    },
  )

  it('that continues what nothing comes before says nothing by it', () => {
    expect(readMetadataFields(text(' Name: trick', 'Name: acme')).lines('Name')).toEqual(['acme'])
  })

  it('has no field that nobody wrote, whatever its name means to JavaScript', () => {
    const fields = readMetadataFields(text('__proto__: x', 'constructor: y'))
    expect([fields.lines('__proto__'), fields.lines('constructor'), fields.lines('toString')]).toEqual([
      ['x'],
      ['y'],
      [],
    ])
  })

  it('is read whatever stands in it', () => {
    const scrap = fc.constantFrom('Name', ':', ' ', '\t', '\n', '\r', '       |', 'UNKNOWN', ',', '\u0000', 'a', '')
    fc.assert(
      fc.property(
        fc.array(scrap).map((all) => all.join('')),
        (made) => {
          const fields = readMetadataFields(made)
          const values = [fields.line('Name'), ...fields.lines('Name')]
          expect(values.filter((value) => value?.includes('\n'))).toEqual([])
          expect(made.includes(fields.description?.slice(-20) ?? '')).toBe(true)
        },
      ),
    )
  })
})
