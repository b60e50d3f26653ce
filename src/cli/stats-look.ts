/** `unidex stats [PROJECT]`: what was downloaded lately, of everything or of one project. */
import { paced } from '../pace/steps.ts'
import { dayAfter, dayOf } from '../stats/day.ts'
import { summariseProject, summariseTop } from '../stats/summary.ts'
import { readProject } from './kept-state.ts'
import { readStatsOptions } from './options.ts'
import { readPeers, withStats } from './stats-data.ts'
import { projectText, topText } from './stats-text.ts'
import { terminalOf } from './terminal.ts'

const TOP = 20

/** @throws UsageError, CheckError, RefusedError */
export async function lookAtStats(words: string[]): Promise<0> {
  const { subject, days, json, rules, data } = readStatsOptions(words)
  const project = subject === undefined ? undefined : readProject(subject)
  const last = dayOf(Date.now())
  const span = { first: dayAfter(last, 1 - days), last }
  const terminal = terminalOf(process.stdout, process.env)
  const text = await withStats({ ...(data !== undefined && { data }), create: false }, async (stats) => {
    if (stats === undefined) return json ? '{"total":0}\n' : 'Nothing was counted yet.\n'
    const whose = { peers: await readPeers(rules) }
    if (project === undefined) {
      const top = await paced(summariseTop(stats, { span, whose, limit: TOP }))
      return json ? `${JSON.stringify({ ...span, ...top })}\n` : topText(top, terminal)
    }
    const summary = await paced(summariseProject(stats, project, { span, whose }))
    return json ? `${JSON.stringify({ ...span, ...summary })}\n` : projectText(summary, terminal)
  })
  process.stdout.write(text)
  return 0
}
