/** A day without a network: what was resolved and installed through us once is resolved and installed again, and the rest is named at once. */
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { simpleUpstream } from '../support/simple-upstream.ts'
import { ALL_CLIENTS, CLIENT_PROGRAMS, type Client, install, installWell } from './support/clients.ts'
import { PROGRAMS, describeWith, runWell, temporaryFolder } from './support/programs.ts'
import { PASSWORD, USERNAME, pypiServer } from './support/pypiserver.ts'
import { type RunningServer, serve, unidex } from './support/server.ts'
import { write } from './support/task.ts'
import { wheel } from './support/wheel.ts'

/** docopt is an sdist alone, so whoever installs it asks for what builds it as well. */
const PROJECTS = ['rich', 'docopt']

/** The only way out; whoever takes it is counted and turned away. */
async function deadEnd() {
  let taken = 0
  const server = createServer((socket) => {
    taken += 1
    socket.destroy()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const address = server.address()
  const proxy = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
  return {
    taken: () => taken,
    environment: { HTTPS_PROXY: proxy, HTTP_PROXY: proxy, https_proxy: proxy, http_proxy: proxy },
  }
}

/** Something was done through a server in `folder`, which has ended. */
async function warmed<Result>(folder: string, work: (server: RunningServer) => Promise<Result>): Promise<Result> {
  const server = await serve({ folder })
  const result = await work(server)
  expect((await server.end()).code).toBe(0)
  return result
}

async function lock({ indexUrl }: RunningServer, ...wanted: string[]): Promise<string> {
  const task = { folder: temporaryFolder(), indexUrl, wanted }
  write(task, 'requirements.in', wanted)
  const words = ['pip', 'compile', '--no-config', '--no-cache', '--generate-hashes', '--no-header', '--quiet']
  const more = ['--python', PROGRAMS.python, '--default-index', indexUrl, 'requirements.in']
  return (await runWell(PROGRAMS.uv, [...words, ...more], { folder: task.folder })).stdout
}

async function serveOffline(folder: string, ...words: string[]) {
  const { taken, environment } = await deadEnd()
  const server = await serve({ folder, environment, words: ['--offline', ...words] })
  onTestFinished(async () => void (await server.end()))
  return { ...server, taken }
}

describeWith(CLIENT_PROGRAMS)('offline, after a warm run', () => {
  it('of uv, uv and pip lock and install the same again, an sdist and what builds it too', async () => {
    const folder = temporaryFolder()
    const before = await warmed(folder, async (warm) => ({
      locked: await lock(warm, ...PROJECTS),
      versions: (await installWell('uv', warm.indexUrl, ...PROJECTS)).versions,
    }))
    const server = await serveOffline(folder)
    expect(await lock(server, ...PROJECTS)).toBe(before.locked)
    for (const client of ['uv', 'pip, the newest'] satisfies Client[])
      expect((await installWell(client, server.indexUrl, ...PROJECTS)).versions).toEqual(before.versions)
    // It builds with the package "wheel" too, which nobody else asked for.
    const { versions } = await installWell('pip 22.3.1', server.indexUrl, 'rich')
    expect(before.versions).toMatchObject(versions)
    expect(server.taken()).toBe(0)
  })

  it('of an old pip, which reads HTML and whole wheels, uv installs the same by several workers', async () => {
    const folder = temporaryFolder()
    const before = await warmed(folder, ({ indexUrl }) => installWell('pip 22.3.1', indexUrl, 'rich'))
    const server = await serveOffline(folder, '--workers', '2')
    expect((await installWell('uv', server.indexUrl, 'rich')).versions).toEqual(before.versions)
    expect(server.taken()).toBe(0)
  })

  it('behind indexes of which the last one has it, everything is installed again, without the password of the first', async () => {
    const folder = temporaryFolder()
    const corp = await pypiServer(wheel('acme_tools', '1.0', { requires: ['rich'] }))
    const wheels = await simpleUpstream()
    const auth = { username: USERNAME, password: { env: 'CORP_PASSWORD' } }
    const rules = {
      upstreams: {
        corp: { url: corp.url, private: true, auth },
        wheels: { url: wheels.url },
        pypi: { url: 'https://pypi.org/simple/' },
      },
      indexes: { default: { upstreams: ['corp', 'wheels', 'pypi'] } },
    }
    const warm = await serve({ folder, rules, environment: { CORP_PASSWORD: PASSWORD } })
    const { versions } = await installWell('uv', warm.indexUrl, 'acme-tools')
    await Promise.all([warm.end(), corp.stop(), wheels.stop()])
    const server = await serveOffline(folder, '--rules', join(folder, 'merge-rules.json'))
    for (const client of ALL_CLIENTS)
      expect((await installWell(client, server.indexUrl, 'acme-tools')).versions).toEqual(versions)
  })

  it.each(['pip, the newest', 'pip 22.3.1', 'uv'] satisfies Client[])(
    '%s is told once that a project is not kept, and the log names it',
    async (client) => {
      const folder = temporaryFolder()
      await (await serve({ folder })).end()
      const server = await serveOffline(folder)
      const { code, output } = await install(client, server.indexUrl, 'idna')
      expect(code).not.toBe(0)
      expect(output).toContain('idna')
      await server.end()
      const told = server.stderr().match(/request_failed path=\/simple\/idna\/ .*the page of idna is not kept/g)
      expect(told).toHaveLength(1)
      // Nobody asks again, since the answer will be the same.
      expect(server.stderr().match(/ request .*path=\/simple\/idna\//g)).toHaveLength(1)
    },
  )

  it('explain says what is kept, and what is not', async () => {
    const folder = temporaryFolder()
    await warmed(folder, ({ indexUrl }) => installWell('uv', indexUrl, 'rich'))
    const { taken, environment } = await deadEnd()
    const explain = (project: string) =>
      unidex(['explain', project, '--offline', '--data', join(folder, 'data')], { environment })
    const kept = await explain('rich')
    expect([kept.code, kept.stdout]).toEqual([0, expect.stringContaining('files from pypi')])
    const unknown = await explain('idna')
    expect([unknown.code, unknown.stdout]).toEqual([1, expect.stringContaining('the page of idna is not kept')])
    expect(taken()).toBe(0)
  })
})
