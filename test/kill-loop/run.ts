/** Kills a serving Unidex again and again on one data folder: `npm run kill-loop -- ROUNDS [SEED]`. Ends with 1 where anything was lost or wrong. */
import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { Agent } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type Ledger, emptyLedger, fetchPage, runClients } from './clients.ts'
import { type Server, startServer } from './server.ts'
import { type Upstream, startUpstream } from './upstreams.ts'
import { type Random, type World, type WorldFile, createWorld, seededRandom } from './world.ts'

const CHECKER = fileURLToPath(new URL('check_data.py', import.meta.url))

/** Part of the rounds that do not even get to serve. */
const EARLY_KILLS = 0.15
const MAX_EARLY_MS = 400
const MAX_SERVING_MS = 700
/** After a start. */
const DRAFTS_GONE_WITHIN_MS = 5000
/** As many are printed. */
const MAX_FAULTS = 20

interface Loop {
  readonly world: World
  readonly upstreams: readonly Upstream[]
  readonly ledger: Ledger
  readonly random: Random
  readonly folder: string
  /** Paths below `folder`. */
  readonly rules: string
  readonly data: string
  /** The process that was the last to have started whole, and those after it: nobody has removed their drafts. */
  recent: number[]
}

async function main(): Promise<number> {
  const [rounds = 10, seed = Date.now() % 1_000_000] = process.argv.slice(2).map(Number)
  if (![rounds, seed].every((each) => Number.isSafeInteger(each) && each > 0)) {
    process.stderr.write('Usage: npm run kill-loop -- ROUNDS [SEED]\n')
    return 2
  }
  const folder = mkdtempSync(join(tmpdir(), 'unidex-kill-loop-'))
  const world = createWorld(seed)
  const upstreams = await Promise.all([startUpstream('corp', world), startUpstream('pypi', world)])
  const loop: Loop = {
    world,
    upstreams,
    ledger: emptyLedger(),
    random: seededRandom(seed + 1),
    folder,
    rules: join(folder, 'merge-rules.json'),
    data: join(folder, 'data'),
    recent: [],
  }
  writeFileSync(loop.rules, JSON.stringify(rulesFor(upstreams)))
  const { faults } = loop.ledger

  let round = 0
  for (; round < rounds && faults.length === 0; round += 1) await runRound(loop)
  if (faults.length === 0) await endWell(loop)
  await Promise.all(upstreams.map((upstream) => upstream.stop()))
  checkUpstreams(loop)

  for (const fault of faults.slice(0, MAX_FAULTS)) process.stdout.write(`FAULT ${fault}\n`)
  process.stdout.write(summary(loop, round, seed))
  if (faults.length === 0) rmSync(folder, { recursive: true, force: true })
  else process.stdout.write(`The data folder was left at ${loop.data}\n`)
  return faults.length === 0 ? 0 : 1
}

/** One life of the server, and what it left. */
async function runRound(loop: Loop): Promise<void> {
  const { world, ledger, random } = loop
  world.publish()
  const server = startServer(loop)
  let killed = false
  const kill = () => {
    killed = true
    return server.end('SIGKILL')
  }
  if (random() < EARLY_KILLS) {
    await sleep(random() * MAX_EARLY_MS)
    await kill()
    loop.recent = [...loop.recent, server.pid]
  } else {
    const origin = await server.origin
    if (origin !== undefined) await untilDraftsAreGone(loop)
    loop.recent = [server.pid]
    if (origin === undefined) ledger.faults.push(`the server did not start: ${server.log.join(' ')}`)
    else {
      const serving = runClients({ ...loop, origin, isKilled: () => killed })
      await sleep(random() * MAX_SERVING_MS)
      await kill()
      await serving
    }
  }
  checkLog(server, ledger)
  await checkData(loop)
}

/** Those of dead processes are removed behind the start; whoever is killed before that leaves them to the next one. */
async function untilDraftsAreGone({ data, recent, ledger }: Loop): Promise<void> {
  const folder = join(data, 'cache', 'files', 'drafts')
  const isLeft = () => readdirSync(folder).some((name) => recent.includes(Number.parseInt(name, 10)))
  for (const until = Date.now() + DRAFTS_GONE_WITHIN_MS; isLeft(); await sleep(1)) {
    if (Date.now() < until) continue
    ledger.faults.push('the drafts of dead processes are still there long after a start')
    return
  }
}

/** A last life without upstreams: every page that a client was given is still there and right. Then an orderly end. */
async function endWell(loop: Loop): Promise<void> {
  const { ledger } = loop
  const server = startServer({ ...loop, more: ['--offline'] })
  const origin = await server.origin
  if (origin === undefined) {
    ledger.faults.push(`the server did not start: ${server.log.join(' ')}`)
    return
  }
  const agent = new Agent({ keepAlive: true })
  for (const project of ledger.pages) {
    try {
      await fetchPage({ ...loop, origin }, agent, project)
    } catch (error) {
      ledger.faults.push(`${project}, offline: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  agent.destroy()
  const code = await server.end('SIGTERM')
  if (code !== 0) ledger.faults.push(`the server ended with ${code} after SIGTERM`)
  loop.recent = []
  checkLog(server, ledger)
  await checkData(loop)
}

function rulesFor(upstreams: readonly Upstream[]): unknown {
  const urls = Object.fromEntries(upstreams.map(({ name, host }) => [name, { url: `http://${host}/simple/` }]))
  return {
    upstreams: { corp: { ...urls['corp'], private: true }, pypi: urls['pypi'] },
    indexes: { default: { upstreams: ['corp', 'pypi'] } },
  }
}

/** A healthy server on healthy upstreams has nothing to complain about, but that our rules do not say which names are private. */
function checkLog({ log }: Server, { faults }: Ledger): void {
  const isExpected = (line: string) => line.includes('"event":"rules_warning"') || line.includes('--offline')
  for (const line of log) if (!isExpected(line)) faults.push(`the log says ${line}`)
}

/** Nobody else may hear of a private name, whenever the server was killed. */
function checkUpstreams({ world, upstreams, ledger }: Loop): void {
  const asked = upstreams.find(({ name }) => name === 'pypi')?.asked ?? []
  for (const name of world.privateNames) {
    if (asked.includes(`/simple/${name}/`)) ledger.faults.push(`the public upstream was asked for ${name}`)
  }
}

/** Runs the independent checker. */
async function checkData({ world, ledger, folder, data, recent }: Loop): Promise<void> {
  const file = join(folder, 'expected.json')
  const fact = ({ project, upstream, filename, sha256 }: WorldFile) => [project, upstream, filename, sha256]
  const everything = [...world.projects.values()].flatMap((projects) => [...projects.values()].flat())
  const own = (names: Iterable<string>) => [...names].map((name) => [name, 'corp'])
  const expected = {
    draftsOf: recent,
    list: world.privateNames,
    promised: { owners: own(ledger.owners), served: [...ledger.served].map(fact) },
    possible: { owners: own(world.privateNames), served: everything.map(fact) },
  }
  writeFileSync(file, JSON.stringify(expected))
  const said = await new Promise<string>((resolve) => {
    execFile('python3', [CHECKER, data, file], (error, stdout, stderr) =>
      resolve(error === null ? '' : `${stdout}${stderr}` || error.message),
    )
  })
  ledger.faults.push(...said.split('\n').filter((line) => line !== ''))
}

function summary({ ledger }: Loop, rounds: number, seed: number): string {
  const { requests, complete, owners, served, pages, faults } = ledger
  return [
    `${rounds} rounds and kills, ${requests} requests, ${complete} whole answers, seed ${seed}`,
    `remembered: ${owners.size} owners, ${served.size} served files; kept: ${pages.size} pages`,
    `${faults.length} faults\n`,
  ].join('\n')
}

process.exitCode = await main()
