/** What very many rules cost: deciding where a project comes from, reading the file, and others' requests while it is read again. */
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { readRules } from '../src/config/read-rules.ts'
import { NO_FACTS } from '../src/merge/facts.ts'
import { parseNamePattern } from '../src/merge/name-pattern.ts'
import { planFor } from '../src/merge/plan.ts'
import type { IndexPolicy, Policy, Rule } from '../src/merge/policy.ts'
import { type ProjectName, parseName } from '../src/simple/name.ts'
import { type Row, row } from './figures.ts'
import { type Bench, inTurns, topic, unidex } from './harness.ts'
import { ask } from './page-answers.ts'

const TOPIC = 'rules'
const MANY = 10_000
const USUAL = 100
const ROUNDS = 5

interface WrittenRule {
  readonly projects: readonly string[]
  readonly upstreams?: readonly string[]
  readonly deny?: string
}

/** The shapes that rules come in, by what their patterns are. */
const SHAPES: Readonly<Record<string, (i: number) => WrittenRule>> = {
  'a name each': (i) => ({ projects: [`bad-${i}`], deny: 'a typosquat' }),
  'names, and 400 of "*x*"': (i) =>
    i % 25 === 0
      ? { projects: [`*lib-${i + MANY}*`], upstreams: ['pypi'] }
      : { projects: [`bad-${i}`], deny: 'a typosquat' },
  // More globs than a rules file may have.
  '"x-*" each': (i) => ({ projects: [`lib-${i}-*`], upstreams: ['pypi'] }),
  'the same "*"': () => ({ projects: ['*'], upstreams: ['pypi'] }),
}

const UPSTREAMS = {
  corp: { url: 'https://packages.example.com/simple/', private: true, owns: ['acme-*'] },
  pypi: { url: 'https://pypi.org/simple/' },
}

await topic(async (bench) => [
  ...(await decisions()),
  ...(await readings()),
  await checking(bench),
  ...(await reloads(bench)),
])

/** What a request for a page costs before anybody is asked, beside a walk over all rules. */
async function decisions(): Promise<Row[]> {
  const rows: Row[] = []
  for (const [shape, make] of Object.entries(SHAPES)) {
    const { policy, index } = policyOf(Array.from({ length: MANY }, (_, i) => make(i)))
    const projects = Array.from({ length: 99 }, (_, i) => name(`${['bad', 'lib', 'numpy'][i % 3]}-${i * 7}-x`))
    const timed = (decide: (project: ProjectName) => unknown, times: number) => async () => {
      const startedAt = performance.now()
      for (let i = 0; i < times; i += 1) for (const project of projects) decide(project)
      return ((performance.now() - startedAt) * 1000) / (projects.length * times)
    }
    const values = await inTurns(
      ROUNDS,
      new Map([
        ['a walk', timed((project) => walked(index, project), 1)],
        ['Unidex', timed((project) => planFor(policy, index, project, NO_FACTS), 100)],
      ]),
    )
    rows.push(
      row({
        topic: TOPIC,
        case: `settings and plan of a project, ${MANY} rules: ${shape}`,
        contender: 'Unidex',
        unit: 'µs',
        values: values.get('Unidex') ?? [],
        against: { name: 'a walk over all rules', values: values.get('a walk') ?? [] },
        goal: '≤ 20 µs',
      }),
    )
  }
  return rows
}

/** From the text of a rules file to what is served with it. */
async function readings(): Promise<Row[]> {
  const files = [
    { shape: 'a name each', count: USUAL, goal: '≤ 50 ms' },
    { shape: 'a name each', count: MANY, goal: '≤ 1000 ms' },
    { shape: 'names, and 400 of "*x*"', count: MANY, goal: '≤ 1000 ms' },
  ]
  const rows: Row[] = []
  for (const { shape, count, goal } of files) {
    const text = fileOf(shape, count)
    const values: number[] = []
    for (let round = 0; round < ROUNDS; round += 1) {
      const startedAt = performance.now()
      readRules(text, { file: 'merge-rules.json', strict: false })
      values.push(performance.now() - startedAt)
    }
    rows.push(
      row({
        topic: TOPIC,
        case: `reading a file of ${count} rules: ${shape}`,
        contender: 'Unidex',
        unit: 'ms',
        values,
        goal,
      }),
    )
  }
  return rows
}

/** `unidex check`, the start of the process and all sentences about the rules included. */
async function checking({ folder }: Bench): Promise<Row> {
  const file = join(folder, 'checked.json')
  writeFileSync(file, fileOf('a name each', MANY))
  const main = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url))
  const values: number[] = []
  for (let round = 0; round < ROUNDS; round += 1) {
    const startedAt = performance.now()
    await promisify(execFile)(process.execPath, [main, 'check', file], { maxBuffer: 64 * 1024 * 1024 })
    values.push(performance.now() - startedAt)
  }
  const words = { topic: TOPIC, contender: 'Unidex', unit: 'ms', goal: '≤ 1000 ms' }
  return row({ ...words, case: `\`unidex check\` of a file of ${MANY} rules`, values })
}

/** How long the slowest of many requests takes, one after the other, while the rules are read again. */
async function reloads(bench: Bench): Promise<Row[]> {
  const rows: Row[] = []
  for (const count of [USUAL, MANY]) {
    const server = await unidex(bench, `reloaded-${count}`, JSON.parse(fileOf('a name each', count)) as object)
    const url = new URL('/', server.url).href
    // Its first requests are slow for other reasons.
    await slowestOf(url, 1000)
    const [calm, values]: [number[], number[]] = [[], []]
    for (let round = 0; round < ROUNDS; round += 1) {
      calm.push(await slowestOf(url, 500))
      const slowest = slowestOf(url, 1500)
      await sleep(100)
      process.kill(server.pid, 'SIGHUP')
      values.push(await slowest)
    }
    rows.push(
      row({
        topic: TOPIC,
        case: `slowest request while ${count} rules are read again`,
        contender: 'Unidex',
        unit: 'ms',
        values,
        against: { name: 'without that', values: calm },
        ...(count === USUAL && { goal: '≤ 50 ms' }),
      }),
    )
  }
  return rows
}

async function slowestOf(url: string, forMs: number): Promise<number> {
  let slowest = 0
  for (const endsAt = performance.now() + forMs; performance.now() < endsAt;) {
    const startedAt = performance.now()
    await ask(url, {})
    slowest = Math.max(slowest, performance.now() - startedAt)
  }
  return slowest
}

function fileOf(shape: string, count: number): string {
  const rules = Array.from({ length: count }, (_, i) => SHAPES[shape]?.(i))
  return JSON.stringify({ upstreams: UPSTREAMS, indexes: { default: { upstreams: ['corp', 'pypi'], rules } } })
}

/** As the file says it, without the limits of a file. */
function policyOf(written: readonly WrittenRule[]): { policy: Policy; index: IndexPolicy } {
  const { policy } = readRules(fileOf('a name each', 0), { file: 'merge-rules.json', strict: false })
  const rules = written.map((each): Rule => ({
    ...each,
    projects: each.projects.map(pattern),
    place: { file: '', line: 1, column: 1 },
  }))
  return { policy, index: { name: 'default', upstreams: ['corp', 'pypi'], rules } }
}

function walked({ rules }: IndexPolicy, project: ProjectName): Rule[] {
  return rules.filter(({ projects }) => projects.some((each) => each.matches(project)))
}

function pattern(text: string) {
  const parsed = parseNamePattern(text)
  if (parsed === undefined) throw new Error(`"${text}" is no pattern`)
  return parsed
}

function name(text: string): ProjectName {
  const parsed = parseName(text)
  if (parsed === undefined) throw new Error(`"${text}" is no name`)
  return parsed
}
