/** What reads a project list, whatever its format: piece by piece, since a long one is never held whole. */
import type { Steps } from '../pace/steps.ts'
import type { NameList } from './name-list.ts'

export interface ListReader {
  /** The next bytes of the list. @throws PageError as soon as it cannot be trusted */
  write(bytes: Uint8Array): Steps<void>
  /** Its names; what is no name is left out. @throws PageError when the list cannot be trusted as a whole */
  end(): Steps<NameList>
  /** Entries so far that may be projects, and whose names were none. */
  leftOut(): number
}
