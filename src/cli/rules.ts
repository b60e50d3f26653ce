/** The rules that are served: read for the address at which they are, again when they change, and said in the log. */
import { unwatchFile, watchFile } from 'node:fs'
import { BUILT_IN } from '../config/built-in.ts'
import { CheckError, type Config } from '../config/config.ts'
import { userRulesFile } from '../config/directories.ts'
import { type RulesText, configOf, findRules } from '../config/load.ts'
import type { Report } from '../log/report.ts'
import { isLoopback, refuseOpenHost } from './open-host.ts'
import type { ServeOptions } from './options.ts'

/** How often the rules file is looked at. */
const WATCH_EVERY_MS = 1000

/** undefined: the built-in ones are meant. @throws CheckError where the file cannot be read */
export function findServedRules({ rules }: ServeOptions): RulesText | undefined {
  return findRules({ ...(rules !== undefined && { rules }), environment: process.env })
}

/** @throws CheckError where they are wrong, or may not be served at this address */
export async function readServedRules(text: RulesText | undefined, { strict, host }: ServeOptions): Promise<Config> {
  const config = await configOf(text, strict)
  if (!isLoopback(host)) refuseOpenHost(config, host)
  return config
}

export function sayWarnings({ warnings }: Config, report: Report): void {
  for (const warning of warnings) report('warn', 'rules_warning', { reason: warning })
}

/** Says whether `use` took new rules. The old ones stay where it throws. */
export async function reload(use: () => Promise<Config>, report: Report): Promise<void> {
  try {
    const config = await use()
    report('info', 'rules_loaded', { file: config.source })
    sayWarnings(config, report)
  } catch (error) {
    const reasons =
      error instanceof CheckError ? error.message.split('\n') : [error instanceof Error ? error.message : String(error)]
    for (const reason of reasons) report('error', 'rules_refused', { reason })
    report('warn', 'rules_kept', { reason: 'the rules of before stay' })
  }
}

/**
 * Works on SIGHUP, and when the file was written or replaced; once at a time, and once more where that came meanwhile.
 * Never rejects if `work` does not. Gives what ends it.
 */
export function onNewRules({ source }: Config, work: () => Promise<void>): () => void {
  // Where there is no rules file, the one that the user may come to write.
  const file = source === BUILT_IN ? userRulesFile(process.env) : source
  let isWorking = false
  let isNew = false

  async function workUntilDone(): Promise<void> {
    isWorking = true
    while (isNew) {
      isNew = false
      await work()
    }
    isWorking = false
  }

  function act(): void {
    isNew = true
    if (!isWorking) void workUntilDone()
  }

  process.on('SIGHUP', act)
  // Looking at it again and again also sees what is mounted over it.
  watchFile(file, { interval: WATCH_EVERY_MS, persistent: false }, (now, before) => {
    if (now.mtimeMs !== before.mtimeMs || now.ino !== before.ino) act()
  })
  return () => {
    process.off('SIGHUP', act)
    unwatchFile(file)
  }
}
