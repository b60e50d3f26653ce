/** The files of one page as they are read: one for each name, with an account of what was left out. */
import { type DroppedEntry, type Hashes, HASH_NAMES, PageError, type ProjectDetail, type ProjectFile } from './model.ts'
import { plainText } from './plain-text.ts'

/** Entries of a page that are read, and versions; the largest project of PyPI has some ten thousand. */
export const MAX_ENTRIES = 200_000
const MAX_DROPPED_KEPT = 50
const MAX_WHAT_LENGTH = 200

/**
 * Called while entries are counted, so that too many are never held.
 * @throws PageError for more entries than any project has
 */
export function checkEntryCount(count: number): void {
  if (count > MAX_ENTRIES) throw new PageError('it has more than 200,000 entries', 'too-large')
}

export class FileCollection {
  readonly #files = new Map<string, ProjectFile | typeof DISPUTED>()
  readonly #dropped: DroppedEntry[] = []
  #droppedCount = 0

  /**
   * Takes a file. Where one of that name was taken before, the first stays, unless their hashes differ: then neither can
   * be believed.
   */
  add(file: ProjectFile): void {
    const { filename } = file
    const first = this.#files.get(filename)
    if (first === undefined) {
      this.#files.set(filename, file)
      return
    }
    if (first !== DISPUTED) {
      if (mayBeSame(first.hashes, file.hashes)) return
      this.#note(filename, DIFFERENT_HASHES)
      this.#files.set(filename, DISPUTED)
    }
    this.#note(filename, DIFFERENT_HASHES)
  }

  /** Leaves an entry out. */
  drop(what: string, why: string): void {
    this.#note(what, why)
  }

  /** What the page lists, in its order. */
  result(): Pick<ProjectDetail, 'files' | 'droppedCount' | 'dropped'> {
    const files: ProjectFile[] = []
    for (const file of this.#files.values()) if (file !== DISPUTED) files.push(file)
    return { files, droppedCount: this.#droppedCount, dropped: this.#dropped }
  }

  #note(what: string, why: string): void {
    this.#droppedCount += 1
    if (this.#dropped.length < MAX_DROPPED_KEPT) this.#dropped.push({ what: plainText(what, MAX_WHAT_LENGTH), why })
  }
}

/** Stands for files of one name with different hashes. */
const DISPUTED = 'disputed'
const DIFFERENT_HASHES = 'the page lists it with different hashes'

function mayBeSame(a: Hashes, b: Hashes): boolean {
  return HASH_NAMES.every((name) => a[name] === undefined || b[name] === undefined || a[name] === b[name])
}
