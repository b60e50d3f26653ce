/** `unidex stats`: what was downloaded, and the counts from logs and for others. */
import { UsageError } from './usage-error.ts'

type Command = (words: string[]) => Promise<0 | 1>

/** Written so; a project of such a name is shown when it is spelled in another way, as `Import`. */
const COMMANDS = new Map<string, Command>([
  ['fetch', async (words) => (await import('./stats-fetch.ts')).fetchStats(words)],
  ['import', async (words) => (await import('./stats-import.ts')).importLogs(words)],
  ['export', async (words) => (await import('./stats-export.ts')).exportStats(words)],
])

/** @throws UsageError, CheckError, RefusedError */
export async function stats(words: string[]): Promise<0 | 1> {
  const [first = '', ...rest] = words
  const command = COMMANDS.get(first)
  if (command === undefined) return (await import('./stats-look.ts')).lookAtStats(words)
  if (rest.some((word) => word === '')) throw new UsageError(`stats ${first} was given an empty name`)
  return command(rest)
}
