/** Collects the names of a list as they are read, in any order, as bytes rather than as objects. */
import type { Steps } from '../pace/steps.ts'
import type { ProjectName } from './name.ts'
import { type NameList, countedList } from './name-list.ts'
import { mergeRuns, sortedRun } from './name-runs.ts'

export interface NameCollector {
  add(name: ProjectName): void
  /** The list of all names that were added; nothing is added any more. */
  list(): Steps<NameList>
}

/** Names that are sorted at once: a millisecond's work. */
const RUN_NAMES = 4096

export function nameCollector(): NameCollector {
  const runs: Buffer[] = []
  let names: ProjectName[] = []

  function endRun(): void {
    runs.push(sortedRun(names))
    names = []
  }

  return {
    add(name) {
      names.push(name)
      if (names.length === RUN_NAMES) endRun()
    },
    *list() {
      endRun()
      return yield* countedList(yield* mergeRuns(runs))
    },
  }
}
