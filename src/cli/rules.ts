/** The rules that are served: read for the address at which they are, again when they change, and said in the log. */
import { stat } from 'node:fs/promises'
import { CheckError, type Config } from '../config/config.ts'
import { userRulesFile } from '../config/directories.ts'
import { type RulesText, configOf, findRules } from '../config/load.ts'
import { locateRules } from '../config/locate.ts'
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

/** Has `work` done when there are new rules. It must not reject. Gives what ends that. */
export type OnNewRules = (work: () => Promise<void>) => () => void

/**
 * New rules: on SIGHUP, and when the file was written or replaced since this was called. Call it before the rules are
 * read, and nothing that is written meanwhile goes unnoticed.
 */
export async function watchRules({ rules }: ServeOptions): Promise<OnNewRules> {
  // Where there is no rules file, the one that the user may come to write.
  const location = locateRules({ ...(rules !== undefined && { rules }), environment: process.env })
  const file = location?.file ?? userRulesFile(process.env)
  let seen = await stampOf(file)

  return (work) => {
    let isWorking = false
    let isNew = false

    /** One after the other; what comes meanwhile is worked on once more. */
    async function act(): Promise<void> {
      isNew = true
      if (isWorking) return
      isWorking = true
      while (isNew) {
        isNew = false
        await work()
      }
      isWorking = false
    }
    const onSignal = () => void act()

    // Looking at it again and again also sees what is mounted over it.
    async function look(): Promise<void> {
      const stamp = await stampOf(file)
      const isChanged = stamp !== seen
      seen = stamp
      if (isChanged) await act()
      timer.refresh()
    }
    const timer = setTimeout(() => void look(), WATCH_EVERY_MS).unref()

    process.on('SIGHUP', onSignal)
    return () => {
      process.off('SIGHUP', onSignal)
      clearTimeout(timer)
    }
  }
}

/** Of the file as it is now; one that cannot be looked at is as one that is not there. */
async function stampOf(file: string): Promise<string> {
  try {
    const { ino, mtimeMs, size } = await stat(file)
    return `${ino} ${mtimeMs} ${size}`
  } catch {
    return ''
  }
}
