/** Runs the benchmark's topics one after the other, and reports all of it at once: `npm run bench -- [--online] [--json FILE] [TOPIC…]`. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { type Row, summary, table } from './figures.ts'
import { generator } from './load.ts'
import { nginxVersion } from './nginx.ts'
import { ABSENT, versions } from './peers.ts'

/** Each is a file in this folder, and lasts up to two minutes. */
const TOPICS = [
  'warm-page',
  'warm-peers',
  'cold-page',
  'cold-peers',
  'project-list',
  'files',
  'memory',
  'memory-peers',
  'stalls',
  'hung-upstream',
  'mirrors',
  'crowd',
  'start',
  'workers',
  'rules',
  'stats-import',
]
/** These ask PyPI, and are run where they are named or with `--online`. */
const ONLINE = ['uv-compile', 'uv-install']
/** The topics that ask PyPI last several times as long as the others. */
const TOPIC_WITHIN_MS = 900_000

const ROWS = z.array(
  z.object({
    topic: z.string(),
    case: z.string(),
    contender: z.string(),
    value: z.number(),
    unit: z.string(),
    spread: z.array(z.number()).default([]),
    // A topic may have written "nothing" in several ways.
    baseline: z.string().nullish().transform(something),
    ratio: z.number().nullish().transform(something),
    goal: z.string().nullish().transform(something),
  }),
)

const { values: options, positionals: named } = parseArgs({
  options: { json: { type: 'string' }, online: { type: 'boolean', default: false } },
  allowPositionals: true,
})
const unknown = named.filter((name) => ![...TOPICS, ...ONLINE].includes(name))
if (unknown.length > 0) {
  console.error(`There is no topic ${unknown.join(', ')}. There are: ${[...TOPICS, ...ONLINE].join(', ')}`)
  process.exit(2)
}

const rows: Row[] = []
const failed: string[] = []
const chosen = named.length > 0 ? named : [...TOPICS, ...(options.online ? ONLINE : [])]
for (const [i, name] of chosen.entries()) {
  console.error(`${name} (${i + 1} of ${chosen.length})`)
  const measured = await runTopic(name)
  if (measured === undefined) failed.push(name)
  rows.push(...(measured ?? []))
}
report()
if (options.json !== undefined) writeFileSync(options.json, JSON.stringify(rows, undefined, 2))
process.exitCode = failed.length === 0 ? 0 : 1

/** The topic's rows; undefined where it failed. What it prints goes to stderr. */
async function runTopic(name: string): Promise<Row[] | undefined> {
  const program = fileURLToPath(new URL(`./${name}.ts`, import.meta.url))
  const folder = mkdtempSync(join(tmpdir(), 'unidex-bench-rows-'))
  try {
    const file = join(folder, 'rows.json')
    const child = spawn(process.execPath, [program, '--json', file], {
      stdio: ['ignore', process.stderr, process.stderr],
      timeout: TOPIC_WITHIN_MS,
    })
    const [code] = (await once(child, 'exit')) as [number | null]
    return code === 0 ? ROWS.parse(JSON.parse(readFileSync(file, 'utf8'))) : undefined
  } catch (error) {
    console.error(error)
    return undefined
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function report(): void {
  const [core] = cpus()
  const nginx = nginxVersion()
  const programs = [`Node ${process.versions.node}`, ...versions(), ...(nginx === undefined ? [] : [`nginx ${nginx}`])]
  const absent = [...ABSENT, ...(nginx === undefined ? ['nginx'] : [])]
  const words = process.argv.slice(2)
  console.log(
    `\`npm run bench${words.length > 0 ? ` -- ${words.join(' ')}` : ''}\`, ${new Date().toISOString().slice(0, 10)}, ` +
      `${process.platform} on ${cpus().length} cores (${core?.model.trim()}), with the load (${generator}) and the upstreams on the same machine. ` +
      `${programs.join(', ')}. Unidex writes its log to a file meanwhile.`,
  )
  if (absent.length > 0) console.log(`Absent, because not installed: ${absent.join(', ')} (\`npm run bench:peers\`).`)
  if (failed.length > 0) console.log(`Without a result: ${failed.join(', ')}.`)
  console.log(`\n${summary(rows)}\n\n${table(rows)}`)
}

function something<T>(value: T | null | undefined | ''): T | undefined {
  return value === null || value === '' ? undefined : value
}
