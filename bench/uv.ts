/** uv as a fresh client, nothing cached and nothing installed: directly at PyPI, and through proxies, cold and warm. */
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Row, row } from './figures.ts'
import { type Bench, cleanEnvironment, inTurns, topic, unidex } from './harness.ts'
import { PEERS, PYTHON, UV } from './peers.ts'

const PYPI = 'https://pypi.org/simple/'
const ROUNDS = 3
const WITHIN_MS = 120_000
/** The others take many minutes. */
const COMPARED = new Set(['pypiron', 'proxpi'])

export interface Job {
  readonly topic: string
  readonly case: string
  /** Of ours, as a ratio to going to PyPI directly. */
  readonly goals: { readonly warm: string; readonly cold: string }
  /** What follows `uv pip`; the folder is private to one run. */
  readonly words: (folder: string) => readonly string[]
}

/** The topic of a job. A peer is cold once; one that does not get it done is left out. */
export function measureUv(job: Job): Promise<void> {
  if (!existsSync(UV)) throw new Error('uv is not installed: npm run bench:peers')
  return topic(async (bench) => {
    const run = (name: string, index: string) => uvPip(bench, job, { name, index })
    const ours = await startUnidex(bench, 'unidex')
    await run('Unidex, for the first time', ours)
    const contenders = new Map([
      ['direct', () => run('direct', PYPI)],
      ['Unidex, cold', async (round: number) => run('Unidex, cold', await startUnidex(bench, `unidex-${round}`))],
      ['Unidex, warm', () => run('Unidex, warm', ours)],
    ])
    const cold = new Map<string, number[]>()
    for (const peer of PEERS.filter(({ name }) => COMPARED.has(name))) {
      const { url } = await peer.start(bench, [PYPI])
      try {
        cold.set(`${peer.name}, cold`, [await run(`${peer.name}, cold`, url)])
        contenders.set(`${peer.name}, warm`, () => run(`${peer.name}, warm`, url))
      } catch (error) {
        console.error(`${peer.name} does not get it done: ${String(error).slice(0, 1000)}`)
      }
    }
    const values = new Map([...(await inTurns(ROUNDS, contenders)), ...cold])
    const direct = values.get('direct') ?? []
    return [...values].map(([contender, seconds]): Row =>
      row({
        topic: job.topic,
        case: job.case,
        contender,
        unit: 's',
        values: seconds,
        ...(contender !== 'direct' && { against: { name: 'direct', values: direct } }),
        goal: contender.startsWith('Unidex') ? job.goals[contender.endsWith('warm') ? 'warm' : 'cold'] : undefined,
      }),
    )
  })
}

async function startUnidex(bench: Bench, name: string): Promise<string> {
  const rules = { upstreams: { pypi: { url: PYPI } }, indexes: { default: { upstreams: ['pypi'] } } }
  return (await unidex(bench, name, rules)).url
}

/** Seconds that it takes. @throws with what uv said where it failed */
async function uvPip(bench: Bench, { words }: Job, { name, index }: { name: string; index: string }): Promise<number> {
  const folder = mkdtempSync(join(bench.folder, 'uv-'))
  // Without an interpreter named, a fresh uv starts with asking every Python of the machine what it is.
  const common = ['--python', PYTHON, '--no-config', '--default-index', index, '--cache-dir', join(folder, 'cache')]
  const start = performance.now()
  await promisify(execFile)(UV, ['pip', ...words(folder), ...common], {
    env: cleanEnvironment(),
    timeout: WITHIN_MS,
    maxBuffer: 1e8,
  })
  const seconds = (performance.now() - start) / 1000
  console.error(`${name}: ${seconds.toFixed(1)} s`)
  rmSync(folder, { recursive: true, force: true })
  return seconds
}
