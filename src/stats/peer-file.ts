/** A day's file of another server: as hostile as all that comes from elsewhere. */
import type { Steps } from '../pace/steps.ts'
import { readBzip2 } from './bzip2-read.ts'
import type { Count } from './count.ts'
import { linesOf, readCountLine } from './day-file.ts'

/** Some hundred thousand lines: more than PyPI had in a day when such files were written. */
const MAX_BYTES = 64 * 1024 * 1024

/** More than a few lines that say nothing are no file of counts. */
const MAX_UNREADABLE = 0.1

const STEP = 500

/** What it counts, in short steps. @throws Bzip2Error, or Error where most of it cannot be read: it is taken whole or not at all */
export function* readPeerFile(bytes: Uint8Array): Steps<Count[]> {
  const counts: Count[] = []
  let [lines, unreadable] = [0, 0]
  for (const line of linesOf(readBzip2(bytes, { maxBytes: MAX_BYTES }))) {
    const count = readCountLine(line)
    if (count === 'unreadable') unreadable += 1
    else if (count !== undefined) counts.push(count)
    if (++lines % STEP === 0) yield
  }
  if (unreadable > lines * MAX_UNREADABLE) throw new Error(`${unreadable} of its ${lines} lines cannot be read`)
  return counts
}
