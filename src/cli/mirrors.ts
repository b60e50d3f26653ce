/** `unidex mirrors`: the addresses of each upstream, in the order in which a server would ask them now, and why. */
import { type MirrorView, surveyMirrors } from '../assembly/survey.ts'
import type { Config, UpstreamConfig } from '../config/config.ts'
import { loadConfig } from '../config/load.ts'
import { type ProjectName, parseName } from '../simple/name.ts'
import { openDataToLook } from './data-to-look.ts'
import { readMirrorsOptions } from './options.ts'
import { coloured, lines, type Terminal, terminalOf } from './terminal.ts'
import { version } from './version.ts'

/** For all questions to one upstream, in ms. */
const WITHIN_MS = 30_000

/** Asks each of them itself: what a running server has found out stands on its front page. @throws UsageError, CheckError, StateError, RefusedError */
export async function mirrors(words: string[]): Promise<0 | 1> {
  const { json, data, rules } = readMirrorsOptions(words)
  const environment = process.env
  const config = await loadConfig({ ...(rules !== undefined && { rules }), environment, strict: false })
  const kept = await openDataToLook(data, environment)
  try {
    const all = await Promise.all([...config.upstreams.values()].map((upstream) => survey(upstream, config, kept)))
    const several = all.filter(({ addresses }) => addresses.length > 0)
    const terminal = terminalOf(process.stdout, environment)
    process.stdout.write(json ? `${JSON.stringify({ upstreams: several }, undefined, 2)}\n` : textOf(several, terminal))
    return several.some(({ addresses }) => addresses.every(({ state }) => state === 'down')) ? 1 : 0
  } finally {
    await kept.close()
  }
}

interface Surveyed {
  readonly upstream: string
  /** The project that they were asked for. */
  readonly project: ProjectName
  readonly addresses: readonly MirrorView[]
}

async function survey(
  upstream: UpstreamConfig,
  config: Config,
  { pages }: Awaited<ReturnType<typeof openDataToLook>>,
): Promise<Surveyed> {
  const project = projectOf(upstream, config)
  const options = { environment: process.env, userAgent: `unidex/${version}`, withinMs: WITHIN_MS, project, pages }
  return { upstream: upstream.name, project, addresses: await surveyMirrors(upstream, options) }
}

/** A name is asked only where the rules say that it belongs; `pip` is what every public index has. */
function projectOf({ name, owns, private: isPrivate }: UpstreamConfig, { expectations }: Config): ProjectName {
  const expected = expectations.find((each) => each.upstream === name)?.project
  const owned = owns.find(({ literal }) => literal)?.text
  const project = expected ?? parseName(owned ?? (isPrivate ? 'no-such-project' : 'pip'))
  if (project === undefined) throw new Error('A literal pattern is a name')
  return project
}

const COLOURS = { ready: undefined, behind: 'yellow', down: 'red' } as const

function textOf(all: readonly Surveyed[], terminal: Terminal): string {
  if (all.length === 0) return 'No upstream has mirrors.\n'
  const sections = all.map(({ upstream, project, addresses }) => {
    const width = Math.max(...addresses.map(({ label }) => label.length))
    const rows = addresses.map((address, i) => {
      const { label, state } = address
      const place = state === 'down' ? '–' : String(i + 1)
      const [first = '', ...rest] = lines(wordsOf(address), width + 8, terminal)
      return [`  ${place.padStart(2)}  ${label.padEnd(width)}  ${first}`, ...rest]
        .map((line) => coloured(line, COLOURS[state], terminal))
        .join('\n')
    })
    return `Upstream ${upstream}, asked for ${project}\n${rows.join('\n')}\n`
  })
  return sections.join('\n')
}

function wordsOf({ state, why, latencyMs, isOwn, isListed }: MirrorView): string {
  const parts = [
    latencyMs === undefined || state === 'down' ? undefined : `${Math.round(latencyMs)} ms`,
    isOwn ? 'its own address' : isListed ? 'from a list' : undefined,
    why === undefined ? undefined : `${state}: ${why}`,
  ]
  return parts.filter((part) => part !== undefined).join(', ')
}
