/** `unidex forget PROJECT`: lets a name go that a private upstream holds because it once served or listed it. */
import { loadConfig } from '../config/load.ts'
import { readProject, withState } from './kept-state.ts'
import { readKeptOptions } from './options.ts'

/** @throws UsageError, CheckError, StateError */
export async function forget(words: string[]): Promise<0> {
  const { subject, rules, data } = readKeptOptions('forget', 'project', words)
  const project = readProject(subject)
  const { upstreams } = await loadConfig({
    ...(rules !== undefined && { rules }),
    environment: process.env,
    strict: false,
  })
  const held = withState(data, (state) => state.forget(project))
  process.stdout.write(
    held.length === 0
      ? `Nobody held ${project} by memory or by a kept list.\n`
      : `${project} is let go; it was held by ${held.join(', ')}. An upstream that serves or lists it again will hold it again.\n`,
  )
  const owner = [...upstreams.values()].find(({ owns }) => owns.some((pattern) => pattern.matches(project)))
  if (owner !== undefined) process.stdout.write(`It still belongs to ${owner.name}, by its "owns" in the rules.\n`)
  return 0
}
