/** `unidex refresh PROJECT`: from now on no answer that is older than this moment, unless the upstream cannot say. */
import { readProject, withState } from './kept-state.ts'
import { readKeptOptions } from './options.ts'

/** @throws UsageError, StateError */
export async function refresh(words: string[]): Promise<0> {
  const { subject, data } = readKeptOptions('refresh', 'project', words)
  const project = readProject(subject)
  withState(data, (state) => state.refresh(project, Date.now()))
  process.stdout.write(`The upstreams of ${project} are asked again at its next request.\n`)
  return 0
}
