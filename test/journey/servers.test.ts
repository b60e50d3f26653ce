/** Index servers of every kind behind us, each holding a company's projects: clients notice nothing of what the servers lack. */
import { writeFileSync } from 'node:fs'
import { type Server, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { ALL_CLIENTS, CLIENT_PROGRAMS, installWell } from './support/clients.ts'
import { type IndexServer, SERVER_KINDS, type ServerKind } from './support/index-servers.ts'
import { LATE, RESOLVED, WANTED, privateSet } from './support/private-set.ts'
import { PROGRAMS, cleanEnvironment, describeWith, isThere, runWell, temporaryFolder } from './support/programs.ts'
import { serve } from './support/server.ts'

const KINDS: [string, ServerKind][] = Object.entries(SERVER_KINDS)
/** In CI a server that is not installed is a failure; elsewhere it is left out. */
const INSTALLED = KINDS.filter(([, { programs }]) => process.env['CI'] !== undefined || programs.every(isThere))

describeWith(CLIENT_PROGRAMS)('servers', () => {
  const servers = new Map<string, IndexServer>()
  /** A public index of a stranger, above PyPI: it must never learn a name of the company. */
  let stranger: Server
  const toldToStranger: string[] = []

  beforeAll(async () => {
    stranger = createServer((request, response) => {
      toldToStranger.push(request.url ?? '')
      response.writeHead(404).end()
    })
    await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve))
    const starting = INSTALLED.map(async ([name, kind]) => {
      const server = await kind.start(temporaryFolder(afterAll))
      servers.set(name, server)
      await server.publish(privateSet(kind))
    })
    // All of them are known then, and ended.
    await Promise.allSettled(starting)
    await Promise.all(starting)
  })
  afterAll(async () => {
    await Promise.all([...servers.values()].map((server) => server.stop()))
    stranger.close()
  })

  function inFrontOf(name: string) {
    const server = servers.get(name)
    if (server === undefined) throw new Error(`${name} did not start`)
    const { port } = stranger.address() as AddressInfo
    const rules = {
      upstreams: {
        corp: { url: server.url, private: true },
        stranger: { url: `http://127.0.0.1:${port}/simple/` },
        pypi: { url: 'https://pypi.org/simple/' },
      },
      indexes: { default: { upstreams: ['corp', 'stranger', 'pypi'] } },
    }
    const folder = temporaryFolder()
    const started = async () => {
      const running = await serve({ folder, rules })
      onTestFinished(async () => void (await running.end()))
      return running
    }
    return { server, started }
  }

  it.for(KINDS.filter((kind) => !INSTALLED.includes(kind)).map(([name]) => name))(
    '%s is not installed; see npm run journey:clients',
    (_, { skip }) => skip(),
  )

  describe.each(INSTALLED)('%s', (name, kind) => {
    const files = privateSet(kind)

    it('is resolved from without a wheel, and installed from by every client, beside PyPI', async () => {
      const { started } = inFrontOf(name)
      const first = await started()
      await Promise.all([resolveWithUv(first.indexUrl), resolveWithPip(first.indexUrl)])
      // The log is written behind the answers.
      await first.end()
      const asked = [...first.stderr().matchAll(/GET path=(\/files\/corp\/\S+)/g)].map(([, path = '']) => path)
      expect(asked.filter((path) => path.endsWith('.metadata')).length).toBeGreaterThan(2)
      expect(asked.filter((path) => path.endsWith('.whl'))).toEqual([])

      const { indexUrl, origin } = await started()
      await Promise.all(
        ALL_CLIENTS.map(async (client) => {
          const { versions } = await installWell(client, indexUrl, ...WANTED)
          expect(versions).toEqual(RESOLVED)
        }),
      )
      await expectOurFiles(indexUrl, origin)
      expect(toldToStranger.filter((path) => path.includes('acme'))).toEqual([])
    })

    it('down, its names come from nowhere else and others as before; back, it works', async () => {
      const { server, started } = inFrontOf(name)
      const { indexUrl } = await started()
      const statusOf = async (project: string) => (await fetch(`${indexUrl}${project}/`)).status
      // Its list was read: that is how we know which names are not its own.
      expect(await statusOf('six')).toBe(200)
      await server.stop()
      expect([await statusOf(LATE), await statusOf('attrs')]).toEqual([503, 200])
      await server.again()
      await vi.waitFor(async () => expect(await statusOf(LATE)).toBe(200), { timeout: 20_000, interval: 200 })
      expect((await installWell('uv', indexUrl, LATE)).versions).toEqual({ [LATE]: '1.0' })
      expect(toldToStranger.filter((path) => path.includes('acme'))).toEqual([])
    })

    /** Each file of each page is the one that was published, and what is said of its hash is right. */
    async function expectOurFiles(indexUrl: string, origin: string): Promise<void> {
      for (const project of new Set(files.map((file) => file.project.replaceAll('_', '-')))) {
        const headers = { Accept: 'application/vnd.pypi.simple.v1+json' }
        const pageUrl = `${indexUrl}${project}/`
        const page = (await (await fetch(pageUrl, { headers })).json()) as {
          files: { filename: string; url: string; hashes: Record<string, string>; yanked?: unknown }[]
        }
        const ours = files.filter((file) => file.project.replaceAll('_', '-') === project)
        expect(page.files.map(({ filename }) => filename).toSorted()).toEqual(
          ours.map(({ filename }) => filename).toSorted(),
        )
        for (const { filename, url, hashes, yanked } of page.files) {
          const published = ours.find((file) => file.filename === filename)
          if (published === undefined) throw new Error(`${filename} was not published`)
          if (kind.gives.hashes) expect(hashes['sha256']).toBe(published.sha256)
          expect(hashes['sha256'] ?? published.sha256).toBe(published.sha256)
          expect(yanked).toBe(published.yanked)
          const bytes = Buffer.from(await (await fetch(new URL(url, new URL(pageUrl, origin)))).arrayBuffer())
          expect(bytes.equals(published.bytes)).toBe(true)
        }
      }
    }
  })
})

async function resolveWithUv(indexUrl: string): Promise<void> {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'requirements.in'), WANTED.join('\n'))
  const words = ['pip', 'compile', '--no-config', '--no-cache', '--no-header', '--no-annotate', '--python']
  const { stdout } = await runWell(
    PROGRAMS.uv,
    [...words, PROGRAMS.python, '--default-index', indexUrl, 'requirements.in'],
    { folder },
  )
  expect(
    Object.fromEntries(
      stdout
        .trim()
        .split('\n')
        .map((line) => line.split('==')),
    ),
  ).toEqual(RESOLVED)
}

async function resolveWithPip(indexUrl: string): Promise<void> {
  const words = ['-m', 'pip', '--isolated', 'install', '--dry-run', '--ignore-installed', '--no-cache-dir', '--quiet']
  const { stdout } = await runWell(
    PROGRAMS.python,
    [...words, '--disable-pip-version-check', '--report', '-', '--index-url', indexUrl, ...WANTED],
    { environment: cleanEnvironment({ HOME: temporaryFolder() }) },
  )
  const { install } = JSON.parse(stdout) as { install: { metadata: { name: string; version: string } }[] }
  const versions = install.map(({ metadata: { name, version } }) => [name.replaceAll('_', '-'), version])
  expect(Object.fromEntries(versions)).toEqual(RESOLVED)
}
