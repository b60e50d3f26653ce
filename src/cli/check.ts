/** `unidex check`: is this rules file right, what does it mean, and what would change by it? */
import { existsSync } from 'node:fs'
import { explainConfig } from '../config/explain-config.ts'
import { loadConfig } from '../config/load.ts'
import { compareRules } from './against.ts'
import { checkOnline } from './check-online.ts'
import { comparisonText } from './comparison-text.ts'
import { readCheckOptions } from './options.ts'
import { terminalOf } from './terminal.ts'

/** Prints what the file means. @throws CheckError where it is wrong, StateError, RefusedError */
export async function check(words: string[]): Promise<0 | 1 | 2> {
  const { file, strict, against, online, data, all } = readCheckOptions(words)
  const environment = process.env
  // Naming no file asks about the one beside us, if there is one: looking at it is harmless, where serving it would be trust.
  const rules = file ?? (existsSync('merge-rules.json') ? 'merge-rules.json' : undefined)
  const config = await loadConfig({ ...(rules !== undefined && { rules }), environment, strict })
  process.stdout.write(explainConfig(config))
  if (against !== undefined) {
    // Whatever may be said of the old rules, they were in force.
    const before = await loadConfig({ rules: against, environment, strict: false })
    const text = comparisonText(await compareRules(before, config, data), {
      against,
      all,
      terminal: terminalOf(process.stdout, environment),
    })
    process.stdout.write(`\n${text}`)
  }
  return online ? checkOnline(config, { data, terminal: terminalOf(process.stdout, environment) }) : 0
}
