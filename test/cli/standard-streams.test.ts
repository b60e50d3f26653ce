import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { piecesOf } from '../../src/cli/standard-streams.ts'

test('lines for a shared pipe are written whole, in pieces that it takes whole', () => {
  const line = fc.string({ unit: 'grapheme', maxLength: 30 }).map((text) => `${text.replaceAll('\n', '')}\n`)
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      const pieces = piecesOf(lines.join(''), 40)
      expect(pieces.join('')).toBe(lines.join(''))
      for (const piece of pieces) {
        expect(piece.endsWith('\n')).toBe(true)
        const isOneLine = piece.indexOf('\n') === piece.length - 1
        expect(isOneLine || Buffer.byteLength(piece) <= 40).toBe(true)
      }
    }),
  )
})

test('as many lines as fit go together', () => {
  expect(piecesOf('aaaa\nbbb\ncc\ndddddddddddddd\ne\n', 9)).toEqual(['aaaa\nbbb\n', 'cc\n', 'dddddddddddddd\n', 'e\n'])
})
