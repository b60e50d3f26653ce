/** What private servers do not say, and clients do not miss behind us: hashes, sizes, ages. */
import { createHash } from 'node:crypto'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import type { UpstreamFile } from '../support/simple-upstream.ts'
import { CLIENT_PROGRAMS, installWell } from './support/clients.ts'
import {
  PROGRAMS,
  cleanEnvironment,
  describeWith,
  freePort,
  run,
  runWell,
  start,
  temporaryFolder,
} from './support/programs.ts'
import { serve, unidex } from './support/server.ts'
import { wheel } from './support/wheel.ts'

interface PlainServer {
  readonly url: string
  readonly folder: string
  publish(file: UpstreamFile): void
  /** What it was asked for, as it logs it. */
  log(): string
}

const FILES = [wheel('acme', '1.0', { requires: ['acme-base'] }), wheel('acme_base', '2.0'), wheel('acme_base', '1.0')]

/** `python -m http.server`: names and links, and nothing of a file but the file; it gives no parts either. */
async function plainFolder(): Promise<PlainServer> {
  const folder = temporaryFolder()
  const publish = ({ filename, bytes }: UpstreamFile) => {
    const project = (/^[a-z_]+/.exec(filename)?.[0] ?? '').replaceAll('_', '-')
    mkdirSync(join(folder, project), { recursive: true })
    writeFileSync(join(folder, project, filename), bytes)
  }
  const words = (port: number) => ['http.server', String(port), '--bind', '127.0.0.1', '--directory', folder]
  return { ...(await started(words, '/', publish)), folder, publish }
}

/** pypiserver as it is when nothing is set: hashes, and no sizes or times. */
async function pypiserver(): Promise<PlainServer> {
  const folder = temporaryFolder()
  const publish = ({ filename, bytes }: UpstreamFile) => writeFileSync(join(folder, filename), bytes)
  const words = (port: number) => {
    const address = ['--interface', '127.0.0.1', '--port', String(port), '--disable-fallback']
    return ['pypiserver', 'run', ...address, '--authenticate', '.', '--passwords', '.', folder]
  }
  return { ...(await started(words, '/simple/', publish)), folder, publish }
}

async function started(
  words: (port: number) => readonly string[],
  path: string,
  publish: PlainServer['publish'],
): Promise<Pick<PlainServer, 'url' | 'log'>> {
  for (const file of FILES) publish(file)
  const port = await freePort()
  const running = start(PROGRAMS.python, ['-m', ...words(port)])
  onTestFinished(async () => void (await running.end()))
  const url = `http://127.0.0.1:${port}${path}`
  await vi.waitFor(async () => fetch(url), { timeout: 30_000, interval: 100 })
  return { url, log: () => running.stdout() + running.stderr() }
}

async function behindUnidex(url: string, settings: Record<string, unknown> = {}) {
  const folder = temporaryFolder()
  const rules = {
    upstreams: { plain: { url, freshFor: '0s', ...settings } },
    indexes: { default: { upstreams: ['plain'] } },
  }
  const startServer = async () => {
    const server = await serve({ folder, rules })
    onTestFinished(async () => void (await server.end()))
    return server
  }
  return { folder, startServer, ...(await startServer()) }
}

async function listed(indexUrl: string, project: string): Promise<Record<string, unknown>[]> {
  const headers = { accept: 'application/vnd.pypi.simple.v1+json' }
  const { files } = (await (await fetch(`${indexUrl}${project}/`, { headers })).json()) as { files: never[] }
  return files
}

const sha256 = ({ bytes }: UpstreamFile) => createHash('sha256').update(bytes).digest('hex')
const shaOfAcme = () => FILES.slice(0, 1).map(sha256)[0] ?? ''

describeWith(CLIENT_PROGRAMS)('a folder that names files and says nothing of them', () => {
  it.each(['uv', 'pip, the newest'] as const)(
    'once %s has installed, pages have sizes and hashes of it',
    async (client) => {
      const { url } = await plainFolder()
      const { indexUrl } = await behindUnidex(url)
      expect(await listed(indexUrl, 'acme')).toMatchObject([{ hashes: {} }])
      expect((await installWell(client, indexUrl, 'acme')).versions).toMatchObject({ acme: '1.0', 'acme-base': '2.0' })
      await vi.waitFor(async () =>
        expect(await listed(indexUrl, 'acme')).toMatchObject([
          { size: FILES[0]?.bytes.length, hashes: { sha256: shaOfAcme() } },
        ]),
      )
    },
  )

  it('no wheel is fetched twice from it: not for its metadata, not for another client, not after a restart', async () => {
    const { url, log } = await plainFolder()
    const { indexUrl, startServer, end } = await behindUnidex(url)
    await installWell('uv', indexUrl, 'acme==1.0')
    await installWell('pip, the newest', indexUrl, 'acme==1.0')
    await end()
    const again = await startServer()
    await installWell('pip 22.3.1', again.indexUrl, 'acme==1.0')
    await installWell('uv', again.indexUrl, 'acme==1.0')
    const fetched = (name: string) => log().match(new RegExp(`GET /\\S+/${name} HTTP/1.1" 200`, 'g'))?.length
    // It knows no parts, and sends the whole wheel when it is asked for one: that is broken off.
    expect(fetched('acme-1\\.0-py3-none-any\\.whl')).toBeLessThanOrEqual(2)
    expect(fetched('acme_base-2\\.0-py3-none-any\\.whl')).toBeLessThanOrEqual(2)
  })

  it('uv locks with the hashes that were computed, and installs by them', async () => {
    const { url } = await plainFolder()
    const { indexUrl } = await behindUnidex(url)
    await installWell('uv', indexUrl, 'acme')
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'in.txt'), 'acme\n')
    const words = [
      'pip',
      'compile',
      '--no-config',
      '--no-cache',
      '--generate-hashes',
      '--default-index',
      indexUrl,
      'in.txt',
    ]
    const { stdout } = await runWell(PROGRAMS.uv, [...words, '--python', PROGRAMS.python], {
      folder,
      environment: cleanEnvironment(),
    })
    expect(stdout).toContain(`sha256:${shaOfAcme()}`)
    const lock = join(folder, 'lock.txt')
    writeFileSync(lock, stdout)
    const { versions } = await installWell('pip, the newest', indexUrl, '--require-hashes', '-r', lock)
    expect(versions).toMatchObject({ acme: '1.0', 'acme-base': '2.0' })
  })

  it('a wheel that is replaced reaches nobody, until that is accepted', async () => {
    const { url, publish } = await plainFolder()
    const { indexUrl, folder, startServer, end } = await behindUnidex(url)
    await installWell('uv', indexUrl, 'acme-base==1.0')
    await end()
    // The cache may be deleted at any time while the server is off.
    rmSync(join(folder, 'data', 'cache'), { recursive: true })
    const replaced = wheel('acme_base', '1.0', { requires: ['evil'] })
    publish(replaced)
    const again = await startServer()
    const words = ['pip', 'install', '--no-config', '--no-cache', '--default-index', again.indexUrl, '--no-deps']
    const install = () => run(PROGRAMS.uv, [...words, '--target', temporaryFolder(), 'acme-base==1.0'])
    expect((await install()).code).not.toBe(0)
    const names = async () => (await listed(again.indexUrl, 'acme-base')).map((each) => each['filename'])
    expect(await names()).toEqual(['acme_base-2.0-py3-none-any.whl'])
    const kept = ['--rules', join(folder, 'merge-rules.json'), '--data', join(folder, 'data')]
    const accepted = await unidex(['accept', replaced.filename, ...kept])
    expect([accepted.code, accepted.output]).toEqual([0, expect.stringContaining(sha256(replaced))])
    await vi.waitFor(async () => expect(await names()).toContain(replaced.filename))
    expect((await install()).code).toBe(0)
  })
})

const DAY_MS = 24 * 60 * 60 * 1000
const weekAgo = () => new Date(Date.now() - 7 * DAY_MS).toISOString()

/** Resolves with a cool-down of a week. */
const COOLED = {
  'pip, the newest': (indexUrl: string) => [
    PROGRAMS.python,
    ['-m', 'pip', '--isolated', 'install', '--dry-run', '--no-cache-dir', '--index-url', indexUrl],
    ['--uploaded-prior-to', weekAgo()],
  ],
  uv: (indexUrl: string) => [
    PROGRAMS.uv,
    ['pip', 'install', '--dry-run', '--no-config', '--no-cache', '--default-index', indexUrl],
    ['--python', PROGRAMS.python, '--exclude-newer', weekAgo()],
  ],
} satisfies Record<string, (indexUrl: string) => readonly [string, readonly string[], readonly string[]]>

describeWith(CLIENT_PROGRAMS)('a pypiserver, which gives no upload times, and a client with a cool-down', () => {
  const clients = Object.keys(COOLED) as (keyof typeof COOLED)[]

  function resolve(client: keyof typeof COOLED, indexUrl: string) {
    const [program, words, more] = COOLED[client](indexUrl) as readonly [string, readonly string[], readonly string[]]
    return run(program, [...words, ...more, 'acme'], { environment: cleanEnvironment() })
  }

  it.each(clients)(
    '%s resolves where files have the time when they were first seen, and finds none that came today',
    async (client) => {
      const { url, publish } = await pypiserver()
      const { indexUrl } = await behindUnidex(url, { uploadTimes: 'first-seen' })
      for (const project of ['acme', 'acme-base']) await listed(indexUrl, project)
      publish(wheel('acme', '1.1', { requires: ['acme-base'] }))
      const { code, output } = await resolve(client, indexUrl)
      expect([code, output]).toEqual([0, expect.stringMatching(/acme(==|-)1\.0/)])
      expect(await listed(indexUrl, 'acme')).toMatchObject([{}, { '_upload-time': 'first-seen' }])
    },
  )

  it.each(clients)('%s does not where they have none', async (client) => {
    const { url } = await pypiserver()
    const { indexUrl } = await behindUnidex(url)
    expect((await resolve(client, indexUrl)).code).not.toBe(0)
  })
})
