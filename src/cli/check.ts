/** `unidex check`: is this rules file right, and what does it mean? */
import { existsSync } from 'node:fs'
import { explainConfig } from '../config/explain-config.ts'
import { loadConfig } from '../config/load.ts'
import { readCheckOptions } from './options.ts'

/** Prints what the file means. @throws CheckError where it is wrong */
export async function check(words: string[]): Promise<0> {
  const { file, strict } = readCheckOptions(words)
  // Naming no file asks about the one beside us, if there is one: looking at it is harmless, where serving it would be trust.
  const rules = file ?? (existsSync('merge-rules.json') ? 'merge-rules.json' : undefined)
  const config = await loadConfig({ ...(rules !== undefined && { rules }), environment: process.env, strict })
  process.stdout.write(explainConfig(config))
  return 0
}
