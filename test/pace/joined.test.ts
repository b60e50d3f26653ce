import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { joined } from '../../src/pace/joined.ts'
import { atOnce } from '../../src/pace/steps.ts'

test('pieces become one, as they would by Buffer.concat', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array()), (pieces) => {
      const buffers = pieces.map((piece) => Buffer.from(piece))
      expect(atOnce(joined([...buffers]))).toEqual(Buffer.concat(buffers))
    }),
  )
})
