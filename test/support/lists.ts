/** Lists read in one go, for tests that hold them whole. */
import { atOnce } from '../../src/pace/steps.ts'
import type { ListReader } from '../../src/simple/list-reader.ts'
import { nameBatches } from '../../src/simple/name-list.ts'

/** The names that the reader finds, sorted. @throws PageError */
export function readWhole(reader: ListReader, body: Uint8Array): readonly string[] {
  atOnce(reader.write(body))
  return [...nameBatches(atOnce(reader.end()))].flat()
}
