/** A company's proxy: a private index behind a password, PyPI, and a public index that offers the company's name too. */
import { expect, it, onTestFinished } from 'vitest'
import { simpleUpstream } from '../support/simple-upstream.ts'
import { ALL_CLIENTS, CLIENT_PROGRAMS, type Client, install, installWell } from './support/clients.ts'
import { describeWith, temporaryFolder } from './support/programs.ts'
import { PASSWORD, USERNAME, pypiServer } from './support/pypiserver.ts'
import { serve } from './support/server.ts'
import { wheel } from './support/wheel.ts'

async function company({ password = PASSWORD, owns }: { password?: string; owns?: string[] } = {}) {
  const corp = await pypiServer(
    wheel('acme_core', '1.0'),
    wheel('acme_core', '1.1'),
    wheel('acme_tools', '1.0', { requires: ['acme-core>=1'] }),
  )
  const stranger = await simpleUpstream({
    'acme-core': [wheel('acme_core', '99.0')],
    'acme-unpublished': [wheel('acme_unpublished', '99.0')],
  })
  const rules = {
    upstreams: {
      corp: {
        url: corp.url,
        private: true,
        auth: { username: USERNAME, password: { env: 'CORP_PASSWORD' } },
        ...(owns && { owns }),
      },
      stranger: { url: stranger.url },
      pypi: { url: 'https://pypi.org/simple/' },
    },
    indexes: { default: { upstreams: ['corp', 'stranger', 'pypi'] } },
  }
  const folder = temporaryFolder()
  const startServer = async () => {
    const server = await serve({ folder, rules, environment: { CORP_PASSWORD: password } })
    onTestFinished(async () => void (await server.end()))
    return server
  }
  return { corp, stranger, startServer }
}

/** What the public index was asked about a name of the company. */
const askedFor = (requests: readonly string[], what: string) => requests.filter((each) => each.includes(what))

describeWith(CLIENT_PROGRAMS)('a private upstream', () => {
  it.each(ALL_CLIENTS)('%s installs our own projects and public ones together, ours from us alone', async (client) => {
    const { stranger, startServer } = await company()
    const { indexUrl } = await startServer()
    const { versions } = await installWell(client, indexUrl, 'acme-tools', 'requests')
    expect(versions).toMatchObject({ 'acme-tools': '1.0', 'acme-core': '1.1', requests: expect.any(String) })
    expect(askedFor(stranger.requests, 'acme')).toEqual([])
  })

  it.each(ALL_CLIENTS)(
    'while it is off, %s gets our project from nobody else, and public ones as before',
    async (client) => {
      const { corp, stranger, startServer } = await company()
      const { indexUrl, stderr } = await startServer()
      // Its project list was read, as it is each minute: that is how we know which names are not its own.
      await installWell(client, indexUrl, 'six')
      await corp.stop()

      const ours = await install(client, indexUrl, 'acme-core')
      expect(ours.code).not.toBe(0)
      expect(ours.versions).toEqual({})
      expect(stderr()).toMatch(
        /request_failed path=\/simple\/acme-core\/ status=503 upstream=corp code=\w+ reason="GET \/simple\/acme-core\/ failed/,
      )
      expect(askedFor(stranger.requests, 'acme')).toEqual([])

      expect((await installWell(client, indexUrl, 'idna')).versions).toHaveProperty('idna')
    },
  )

  it('what was installed before can be installed while it is off, and after a restart', async () => {
    const { corp, startServer } = await company()
    const first = await startServer()
    await installWell('uv', first.indexUrl, 'acme-core')
    await corp.stop()
    expect((await install('uv', first.indexUrl, 'acme-core')).versions).toEqual({ 'acme-core': '1.1' })
    expect((await first.end()).code).toBe(0)
    const { indexUrl } = await startServer()
    expect((await install('uv', indexUrl, 'acme-core')).versions).toEqual({ 'acme-core': '1.1' })
  })

  it('a name that it owns by a pattern comes from nowhere else before it is published', async () => {
    const { stranger, startServer } = await company({ owns: ['acme-*'] })
    const { indexUrl } = await startServer()
    const { code } = await install('pip, the newest', indexUrl, 'acme-unpublished')
    expect(code).not.toBe(0)
    expect(askedFor(stranger.requests, 'acme')).toEqual([])
  })

  it.each(['pip, the newest', 'uv'] satisfies Client[])(
    'with a wrong password %s gets nothing from it or in its place, and the log says whose it is',
    async (client) => {
      const { stranger, startServer } = await company({ password: 'hunter-2' })
      const { indexUrl, stderr } = await startServer()
      const { code, output } = await install(client, indexUrl, 'acme-core')
      expect(code).not.toBe(0)
      expect(stderr()).toMatch(
        /error request_failed path=\/simple\/acme-core\/ status=502 upstream=corp code=denied reason=/,
      )
      expect(stderr() + output).not.toContain('hunter-2')
      expect(askedFor(stranger.requests, 'acme')).toEqual([])
    },
  )
})
