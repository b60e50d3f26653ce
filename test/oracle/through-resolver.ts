/** Writes three bytes for every so many-th decision of `cases.json`: what the product's resolver answers, whole and asynchronous. */
import { type Config } from '../../src/config/config.ts'
import { type Index, UpstreamError } from '../../src/indexes/contract.ts'
import type { Report } from '../../src/log/report.ts'
import type { Resolution } from '../../src/resolve/resolution.ts'
import { openResolver } from '../../src/resolve/resolver.ts'
import { type Cases, LETTERS, type State, configsOf, statesOf } from './cases.ts'
import { IMPOSSIBLE, REFUSED, type Said, record } from './record.ts'
import { PROJECT, configOf } from './rules.ts'
import { NOW, listsOf, upstreamIn } from './upstreams.ts'
import { digitsOf } from './which-case.ts'

/** One case in as many as this; a prime, so that every value of every dimension has its turn. */
export const STEP = 401

/** Of cases 0, STEP, 2 × STEP … of all decisions. */
export async function* resolverRecords(cases: Cases): AsyncGenerator<Buffer> {
  let first = 0
  for (const section of cases.decisions) {
    const states = LETTERS.map((letter) => statesOf(cases, section, letter))
    const radices = [section.memories.length, ...states.map(({ length }) => length)]
    const perConfig = radices.reduce((product, radix) => product * radix, 1)
    for (const words of configsOf(section)) {
      const config = configOf(words)
      const count = config === undefined ? 1 : perConfig
      for (let at = Math.ceil(first / STEP) * STEP; at < first + count; at += STEP) {
        if (config === undefined) {
          yield REFUSED
          continue
        }
        const [memory = 0, ...digits] = digitsOf(at - first, radices)
        const chosen = digits.flatMap((digit, place) => states[place]?.[digit] ?? [])
        yield await resolved(config, section.memories[memory] ?? undefined, chosen)
      }
      first += count
    }
  }
}

async function resolved(config: Config, memory: string | undefined, states: readonly State[]): Promise<Buffer> {
  const lists = listsOf(new Map(LETTERS.flatMap((letter, at) => (states[at]?.list ? [[letter, states[at].list]] : []))))
  if (memory !== undefined) lists.facts.own(memory, PROJECT)
  const told: { event: string; level: string }[] = []
  const report: Report = (level, event) => told.push({ level, event })
  const consulted = new Map<string, Promise<boolean>>()
  const upstreams = new Map<string, Index>()
  for (const [at, letter] of [...LETTERS, 'z'].entries()) {
    const upstream = config.upstreams.get(letter)
    if (upstream === undefined) throw new Error(`There is no upstream "${letter}"`)
    const options = { staleForMs: config.staleForMs, offline: false }
    const index = await upstreamIn(states[at] ?? { raw: 'absent' }, upstream, options)
    upstreams.set(letter, {
      ...index,
      getProject(name, ask) {
        const answering = index.getProject(name, ask)
        consulted.set(letter, wasDenied(answering))
        return answering
      },
    })
  }
  const resolver = openResolver({ policy: config.policy, upstreams, state: lists.facts, lists, report, now: () => NOW })
  try {
    const resolution = await resolver.resolve('default', PROJECT).catch((error: unknown) => {
      if (error instanceof UpstreamError) return error
      throw error
    })
    const denied = (await Promise.all(consulted.values())).includes(true)
    const alarm = told.some(({ level, event }) => level === 'error' && event === 'owner_absent')
    const said = resolution instanceof UpstreamError ? sayFailure(resolution) : sayResolution(resolution)
    return said === undefined ? IMPOSSIBLE : record({ ...said, consulted: consulted.keys(), denied, alarm })
  } finally {
    lists.close()
  }
}

/** Whether the upstream was asked and denied us, whatever came of it. */
async function wasDenied(answering: ReturnType<Index['getProject']>): Promise<boolean> {
  const failure = await answering.then(({ staleBecause }) => staleBecause).catch((error: UpstreamError) => error)
  return failure !== undefined && !failure.mayHeal
}

function sayFailure(error: UpstreamError): Omit<Said, 'consulted'> {
  return { status: error.mayHeal ? '503' : '502' }
}

/** undefined: it cannot be. */
function sayResolution(resolution: Resolution): Omit<Said, 'consulted'> | undefined {
  if (resolution.kind === 'absent') return { status: resolution.owned ? 'held' : '404' }
  if (resolution.kind === 'denied') return undefined
  const { page, sources, partial } = resolution
  const stale = sources.some(({ state }) => state === 'stale')
  if (page.status?.status === 'quarantined') {
    return page.files.length === 0 ? { status: 'withheld', stale, partial } : undefined
  }
  const made = sources.filter(({ state }) => state !== 'missing').map(({ upstream }) => upstream)
  const isFromThem = page.files.every(({ upstream }) => made.includes(upstream))
  return isFromThem ? { status: '200', sources: made, stale, partial } : undefined
}
