/** What a team does with an index of its own: publish, yank, require a Python, pin hashes. */
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import { type UpstreamFile, simpleUpstream } from '../support/simple-upstream.ts'
import { ALL_CLIENTS, CLIENT_PROGRAMS, install } from './support/clients.ts'
import { describeWith, temporaryFolder } from './support/programs.ts'
import { PASSWORD, USERNAME, pypiServer } from './support/pypiserver.ts'
import { serve } from './support/server.ts'
import { wheel } from './support/wheel.ts'

const serveFrom = async (corp: Record<string, unknown>) => {
  const rules = {
    upstreams: { corp: { private: true, owns: ['acme-*'], ...corp } },
    indexes: { default: { upstreams: ['corp'] } },
  }
  const server = await serve({ folder: temporaryFolder(), rules, environment: { CORP_PASSWORD: PASSWORD } })
  onTestFinished(async () => void (await server.end()))
  return server
}

const offering = async (...files: readonly UpstreamFile[]) =>
  serveFrom({ url: (await simpleUpstream({ 'acme-core': files })).url })

const sha256 = ({ bytes }: UpstreamFile) => createHash('sha256').update(bytes).digest('hex')

describeWith(CLIENT_PROGRAMS)('a private index', () => {
  it.each(ALL_CLIENTS)('what was just published to it, %s can install', async (client) => {
    const corp = await pypiServer(wheel('acme_core', '1.0'))
    const { indexUrl } = await serveFrom({
      url: corp.url,
      auth: { username: USERNAME, password: { env: 'CORP_PASSWORD' } },
    })
    expect((await install(client, indexUrl, 'acme-core')).versions).toEqual({ 'acme-core': '1.0' })
    corp.publish(wheel('acme_core', '1.1'))
    // Requests of one moment share one answer, and a moment is two seconds.
    await vi.waitFor(async () => expect(await (await fetch(`${indexUrl}acme-core/`)).text()).toContain('1.1'), {
      timeout: 10_000,
      interval: 100,
    })
    expect((await install(client, indexUrl, 'acme-core')).versions).toEqual({ 'acme-core': '1.1' })
  })

  it.each(ALL_CLIENTS)('a yanked version is passed over by %s, unless it is named', async (client) => {
    const { indexUrl } = await offering(
      wheel('acme_core', '1.0'),
      wheel('acme_core', '1.1', { listed: { yanked: 'it loses data' } }),
    )
    expect((await install(client, indexUrl, 'acme-core')).versions).toEqual({ 'acme-core': '1.0' })
    const named = await install(client, indexUrl, 'acme-core==1.1')
    expect(named.versions).toEqual({ 'acme-core': '1.1' })
    expect(named.output).toContain('it loses data')
  })

  it.each(ALL_CLIENTS)('a version for another Python is passed over by %s', async (client) => {
    const { indexUrl } = await offering(
      wheel('acme_core', '1.0'),
      wheel('acme_core', '2.0', { listed: { 'requires-python': '>=4' } }),
    )
    expect((await install(client, indexUrl, 'acme-core')).versions).toEqual({ 'acme-core': '1.0' })
  })

  it.each(ALL_CLIENTS)('%s takes a file with the pinned hash, and no other', async (client) => {
    const file = wheel('acme_core', '1.0')
    const { indexUrl } = await offering(file)
    const folder = temporaryFolder()
    const pinned = (hash: string) => {
      const requirements = join(folder, `${hash}.txt`)
      writeFileSync(requirements, `acme-core==1.0 --hash=sha256:${hash}\n`)
      return install(client, indexUrl, '--require-hashes', '-r', requirements)
    }
    expect((await pinned(sha256(file))).versions).toEqual({ 'acme-core': '1.0' })
    const other = await pinned('0'.repeat(64))
    expect([other.code, other.versions]).toEqual([1, {}])
  })
})
