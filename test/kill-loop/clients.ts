/** Clients of a kill loop: fetch pages and files at random, and hold the server to what it answered. */
import { createHash } from 'node:crypto'
import { Agent, request } from 'node:http'
import type { Upstream } from './upstreams.ts'
import { type Random, type World, type WorldFile, rightFiles } from './world.ts'

/** What clients saw, over all rounds. */
export interface Ledger {
  /** Names whose page from the private upstream arrived whole. */
  readonly owners: Set<string>
  /** Files that arrived whole. */
  readonly served: Set<WorldFile>
  /** Projects whose page arrived whole. */
  readonly pages: Set<string>
  readonly faults: string[]
  requests: number
  /** Answers that were whole. */
  complete: number
}

export interface ClientsOptions {
  readonly origin: string
  readonly world: World
  readonly upstreams: readonly Upstream[]
  readonly ledger: Ledger
  readonly random: Random
  /** From then on an answer that breaks off is no fault. */
  readonly isKilled: () => boolean
}

const CLIENTS = 20
/** Part of the questions that are about what was just published. */
const NEW = 0.5
/** Parts of the questions: pages, files that are left, ranges; the rest are whole files. */
const PAGES = 0.4
const RANGES = 0.1
const LEAVES = 0.1

export function emptyLedger(): Ledger {
  return { owners: new Set(), served: new Set(), pages: new Set(), faults: [], requests: 0, complete: 0 }
}

/** Resolves when every client has given up because the server is gone. */
export async function runClients(options: ClientsOptions): Promise<void> {
  const agent = new Agent({ keepAlive: true })
  await Promise.all(Array.from({ length: CLIENTS }, () => runClient(options, agent)))
  agent.destroy()
}

async function runClient(options: ClientsOptions, agent: Agent): Promise<void> {
  const { world, random, ledger, isKilled } = options
  const old = [...world.privateNames, ...world.publicNames]
  while (!isKilled()) {
    const project = pick(random() < NEW ? world.newest : old, random)
    ledger.requests += 1
    const kind = random()
    try {
      if (kind < PAGES) await fetchPage(options, agent, project)
      else await fetchFile(options, agent, { file: pick(rightFiles(world, project), random), kind })
    } catch (error) {
      if (isKilled()) return
      ledger.faults.push(`${project}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
}

/** Asks for a project's page and says what is wrong with it. @throws Error where it did not arrive whole, or is wrong */
export async function fetchPage(
  { origin, world, upstreams, ledger }: Omit<ClientsOptions, 'random' | 'isKilled'>,
  agent: Agent,
  project: string,
): Promise<void> {
  const { status, body } = await get(`${origin}/simple/${project}/`, { agent })
  if (status !== 200) throw new Error(`its page was answered with ${status}`)
  const files = rightFiles(world, project)
  const listed = (JSON.parse(body.toString()) as Page).files.map(({ url, hashes }) => `${url} ${hashes.sha256}`)
  const right = files.map((file) => `../..${pathOf(file, upstreams)} ${file.sha256}`)
  if (listed.toSorted().join() !== right.toSorted().join()) throw new Error(`its page lists ${listed.join(', ')}`)
  ledger.complete += 1
  ledger.pages.add(project)
  if (files[0]?.upstream === 'corp') ledger.owners.add(project)
}

interface Page {
  readonly files: readonly { readonly url: string; readonly hashes: { readonly sha256?: string } }[]
}

async function fetchFile(
  { origin, upstreams, random, ledger }: ClientsOptions,
  agent: Agent,
  { file, kind }: { readonly file: WorldFile; readonly kind: number },
): Promise<void> {
  const url = origin + pathOf(file, upstreams)
  if (kind < PAGES + LEAVES) {
    await get(url, { agent, leaveAfter: Math.floor(random() * file.bytes.length) })
    return
  }
  if (kind < PAGES + LEAVES + RANGES) {
    const start = Math.floor(random() * file.bytes.length)
    const end = start + Math.floor(random() * (file.bytes.length - start))
    const { status, body } = await get(url, { agent, range: `bytes=${start}-${end}` })
    if (status !== 206) throw new Error(`${file.filename} was answered with ${status}`)
    if (!body.equals(file.bytes.subarray(start, end + 1))) throw new Error(`${file.filename} arrived with wrong bytes`)
    ledger.complete += 1
    return
  }
  const { status, body } = await get(url, { agent })
  if (status !== 200) throw new Error(`${file.filename} was answered with ${status}`)
  if (createHash('sha256').update(body).digest('hex') !== file.sha256)
    throw new Error(`${file.filename} arrived with wrong bytes`)
  ledger.complete += 1
  ledger.served.add(file)
}

function pathOf({ upstream, filename }: WorldFile, upstreams: readonly Upstream[]): string {
  return `/files/${upstream}/${upstreams.find(({ name }) => name === upstream)?.host}/files/${filename}`
}

interface GetOptions {
  readonly agent: Agent
  readonly range?: string
  /** Goes away as soon as more than these bytes of the body have come. */
  readonly leaveAfter?: number
}

/** @throws Error where the answer breaks off before it is whole */
function get(
  url: string,
  { agent, range, leaveAfter = Infinity }: GetOptions,
): Promise<{ readonly status: number; readonly body: Buffer }> {
  return new Promise((resolve, reject) => {
    const headers = { accept: 'application/vnd.pypi.simple.v1+json', ...(range !== undefined && { range }) }
    const asking = request(url, { agent, headers }, (response) => {
      const chunks: Buffer[] = []
      let bytes = 0
      const finish = () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks) })
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk)
        bytes += chunk.length
        if (bytes <= leaveAfter) return
        finish()
        asking.destroy()
      })
      response.on('end', finish)
      response.on('error', reject)
    })
    asking.on('error', reject)
    asking.end()
  })
}

function pick<T>(all: readonly T[], random: Random): T {
  const picked = all[Math.floor(random() * all.length)]
  if (picked === undefined) throw new RangeError('There is nothing to pick from')
  return picked
}
