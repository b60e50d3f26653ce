/** What the worlds of one process share. */
import type { Companions } from '../files/companion.ts'
import type { Deliverer } from '../files/deliver.ts'
import type { AnswerMemory, ListMemory } from '../indexes/cached.ts'
import type { Metrics } from '../metrics/metrics.ts'
import type { MergedLists } from '../resolve/index-list.ts'
import type { State } from '../store/state.ts'

/** What outlives a reload. */
export interface Kept {
  readonly memory: AnswerMemory
  readonly lists: ListMemory
  readonly mergedLists: MergedLists
  /** When the last question to an upstream began that it answered, by its name. */
  readonly validated: Map<string, number>
  readonly metrics: Metrics
  readonly state: State
  readonly companions: Companions
  readonly deliverer: Deliverer
}
