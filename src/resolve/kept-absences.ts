/** What a page rests on beside files: that those above did not have the project. Without knowing it, nobody could serve the page offline. */
import type { Index } from '../indexes/contract.ts'
import type { ProjectName } from '../simple/name.ts'
import type { Heard } from './hear.ts'

/** For a project that somebody has. */
export async function keepAbsences(
  project: ProjectName,
  heard: readonly Heard[],
  upstreams: ReadonlyMap<string, Index>,
): Promise<void> {
  for (const { outcome, source } of heard)
    if (outcome.kind === 'absent') await upstreams.get(source.upstream)?.keepAbsence?.(project)
}
