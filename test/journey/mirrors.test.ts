/** One upstream at six addresses – its own, two of nginx, another Unidex, one that lies, one that was rolled back – while clients install. */
import { createHash, randomBytes } from 'node:crypto'
import { expect, it, onTestFinished } from 'vitest'
import { type SimpleUpstream, simpleUpstream, upstreamFile } from '../support/simple-upstream.ts'
import { type Client, CLIENT_PROGRAMS, installWell } from './support/clients.ts'
import { describeWith, temporaryFolder } from './support/programs.ts'
import { serve } from './support/server.ts'
import { type StaticMirror, staticMirror } from './support/static-mirror.ts'
import { wheel } from './support/wheel.ts'

const BALLAST = randomBytes(3_000_000)
const CORE = [wheel('acme_core', '1.0'), wheel('acme_core', '1.1', { ballast: BALLAST })]
const PROJECTS = {
  'acme-core': CORE,
  'acme-tools': [wheel('acme_tools', '1.0', { requires: ['acme-core>=1'] })],
}
const CLIENTS: readonly Client[] = ['uv', 'pip, the newest', 'pip 22.3.1']

interface World {
  readonly own: SimpleUpstream
  readonly nginx: readonly StaticMirror[]
  readonly liar: SimpleUpstream
  readonly rolledBack: SimpleUpstream
  /** A further Unidex. */
  readonly node: { end(): Promise<unknown> }
  readonly indexUrl: string
}

async function world(): Promise<World> {
  const own = await simpleUpstream({ ...PROJECTS })
  const nginx = [await staticMirror(PROJECTS, new Date()), await staticMirror(PROJECTS, new Date())]
  const rules = (up: unknown) => ({ upstreams: { up }, indexes: { default: { upstreams: ['up'] } } })
  const node = await serve({ folder: temporaryFolder(), rules: rules({ url: own.url }) })
  onTestFinished(async () => void (await node.end()))
  // It is asked for everything once, so that it has what it serves.
  await installWell('uv', node.indexUrl, 'acme-tools')
  const evil = CORE.map(({ filename, bytes }) => upstreamFile(filename, Buffer.alloc(bytes.length, 'evil')))
  const liar = await simpleUpstream({ ...PROJECTS })
  // It lists what is right, and has other bytes.
  liar.instead = ({ url }, response) => {
    const lie = evil.find(({ filename }) => url === `/files/${filename}`)
    if (lie !== undefined) response.end(lie.bytes)
    return lie !== undefined
  }
  const rolledBack = await simpleUpstream({ ...PROJECTS, 'acme-core': CORE.slice(0, 1) })
  const urls = [liar.url, rolledBack.url, ...nginx.map(({ url }) => url), node.indexUrl]
  const server = await serve({ folder: temporaryFolder(), rules: rules({ url: own.url, mirrors: urls }) })
  onTestFinished(async () => void (await server.end()))
  return { own, nginx, liar, rolledBack, node, indexUrl: server.indexUrl }
}

/** Pages and files are right, byte by byte. */
async function installs(client: Client, indexUrl: string): Promise<void> {
  const { versions, python } = await installWell(client, indexUrl, 'acme-tools')
  expect(versions).toMatchObject({ 'acme-tools': '1.0', 'acme-core': '1.1' })
  const found = await python(
    'import acme_core, hashlib, pathlib; print(hashlib.sha256((pathlib.Path(acme_core.__file__).parent / "ballast.bin").read_bytes()).hexdigest())',
  )
  expect(found.trim()).toBe(createHash('sha256').update(BALLAST).digest('hex'))
}

const hang = (server: SimpleUpstream) => (server.instead = () => true)
/** It lists what it has. */
function liesOpenly(liar: SimpleUpstream): void {
  liar.instead = undefined
  liar.projects = {
    ...PROJECTS,
    'acme-core': CORE.map(({ filename, bytes }) => upstreamFile(filename, Buffer.alloc(bytes.length, 'evil'))),
  }
}

const TROUBLES: Record<string, (world: World) => unknown> = {
  'all are well': () => undefined,
  'one of them lists other hashes': ({ liar }) => liesOpenly(liar),
  'its own address is down': ({ own }) => own.stop(),
  'its own address hangs': ({ own }) => hang(own),
  'half of them are down, its own among them': ({ own, nginx, rolledBack }) =>
    Promise.all([own.stop(), nginx[0]?.stop(), rolledBack.stop()]),
  'all but one are down or lie': ({ own, nginx, node }) => Promise.all([own.stop(), node.end(), nginx[0]?.stop()]),
}

describeWith([...CLIENT_PROGRAMS, 'nginx'])('an upstream at six addresses', () => {
  it.each(
    Object.entries(TROUBLES).flatMap(([trouble, make]) => CLIENTS.map((client) => [trouble, client, make] as const)),
  )('while %s, %s installs what is right', async (_, client, make) => {
    const all = await world()
    await make(all)
    await installs(client, all.indexUrl)
  })

  it('they may go and come while clients install', async () => {
    const { own, liar, rolledBack, nginx, indexUrl } = await world()
    const steps = [
      () => hang(own),
      () => liar.stop(),
      () => nginx[1]?.stop(),
      () => rolledBack.stop(),
      () => own.stop(),
    ]
    for (const step of steps) {
      const installing = Promise.all(CLIENTS.slice(0, 2).map((client) => installs(client, indexUrl)))
      await step()
      await installing
    }
  })
})
