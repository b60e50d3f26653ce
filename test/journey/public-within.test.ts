/** Servers that are said to be private and fetch from a public index: nothing of that becomes their own, and the log says what they are. */
import { expect, it, onTestFinished, vi } from 'vitest'
import { SERVERS_WITH_PUBLIC, publicIndex } from './support/servers-with-public.ts'
import { describeWith, isThere, temporaryFolder } from './support/programs.ts'
import { serve, unidex } from './support/server.ts'

const KINDS = Object.entries(SERVERS_WITH_PUBLIC)

describeWith(['python'])('a server with a public index in it', () => {
  it.for(KINDS)('%s', async ([, { program, start }], { skip }) => {
    skip(process.env['CI'] === undefined && !isThere(program), 'it is not installed; see npm run journey:clients')
    const behind = await publicIndex(temporaryFolder())
    onTestFinished(async () => void (await behind.stop()))
    const server = await start(temporaryFolder(), behind.url)
    onTestFinished(async () => void (await server.stop()))
    const folder = temporaryFolder()
    const rules = {
      upstreams: { corp: { url: server.url, private: true } },
      indexes: { default: { upstreams: ['corp'] } },
    }
    const { indexUrl, stderr, end } = await serve({ folder, rules })
    onTestFinished(async () => void (await end()))

    const page = await fetch(`${indexUrl}idna/`)
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('idna-1.0-py3-none-any.whl')])
    await vi.waitFor(() => expect(stderr()).toContain('error private_is_public_copy upstream=corp'), {
      timeout: 10_000,
    })
    await end()
    const places = ['--rules', `${folder}/merge-rules.json`, '--data', `${folder}/data`, '--json']
    const explained = JSON.parse((await unidex(['explain', 'idna', ...places])).stdout) as object
    expect(explained).not.toHaveProperty('owner')
  })
})
