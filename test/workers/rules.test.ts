/** New rules at a server of several processes: all of them, or none. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type RunningServer, writeRules } from '../journey/support/server.ts'
import { temporaryFolder } from '../store/temporary-folder.ts'
import { simpleUpstream, upstreamFile } from '../support/simple-upstream.ts'
import { ask, askAt, serveWithTwo, signal, workersOf } from './several.ts'

async function setUp() {
  const pypi = await simpleUpstream({ acme: [upstreamFile('acme-1.0.tar.gz')] })
  const folder = temporaryFolder()
  const denying = (deny: string | false, upstream: object = {}) => ({
    upstreams: { pypi: { url: pypi.url, ...upstream } },
    indexes: { default: { upstreams: ['pypi'], rules: [{ projects: ['acme'], deny }] } },
  })
  const server = await serveWithTwo({ folder, rules: denying('the first reason') })
  return {
    folder,
    server,
    denying,
    write(rules: unknown) {
      writeRules(folder, rules)
      server.process.kill('SIGHUP')
    },
  }
}

async function says(server: RunningServer, pattern: RegExp): Promise<void> {
  await expect.poll(() => server.stderr(), { timeout: 15_000 }).toMatch(pattern)
}

/** What each worker says of the project. */
async function reasons(server: RunningServer): Promise<(string | undefined)[]> {
  const all: (string | undefined)[] = []
  for (const worker of workersOf(server)) {
    const { body } = await askAt(server, worker, '/simple/acme/')
    all.push(/the \w+ reason/.exec(body)?.[0])
  }
  return all
}

describe('new rules', () => {
  it('are those of every worker once they are said to be loaded, and of those that come later', async () => {
    const { server, denying, write } = await setUp()
    expect(await reasons(server)).toEqual(['the first reason', 'the first reason'])
    write(denying('the second reason'))
    await says(server, /rules_loaded/)
    expect(await reasons(server)).toEqual(['the second reason', 'the second reason'])
    const [one = 0] = workersOf(server)
    signal(one, 'SIGKILL')
    await expect.poll(() => workersOf(server).filter((pid) => pid !== one), { timeout: 10_000 }).toHaveLength(2)
    expect(await reasons(server)).toEqual(['the second reason', 'the second reason'])
  })

  it('are noticed without a signal', async () => {
    const { server, folder, denying } = await setUp()
    writeRules(folder, denying('the second reason'))
    await says(server, /rules_loaded/)
    expect(await reasons(server)).toEqual(['the second reason', 'the second reason'])
  })

  it('that are wrong are refused once, with every fault, and change no worker', async () => {
    const { server, write } = await setUp()
    write('{ "upstreams": { "pypi": { "url": "nonsense" } }, "indexes": { "Bad Name": { "upstreams": ["nobody"] } } }')
    await says(server, /rules_kept/)
    expect(server.stderr().match(/rules_refused/g)?.length).toBeGreaterThan(1)
    expect(server.stderr().match(/rules_kept/g)).toHaveLength(1)
    expect(await reasons(server)).toEqual(['the first reason', 'the first reason'])
  })

  it('that a worker cannot bring about change no worker', async () => {
    const { server, folder, denying, write } = await setUp()
    const ca = join(folder, 'ca.pem')
    writeFileSync(ca, 'this is no certificate')
    write(denying('the second reason', { ca }))
    await says(server, /rules_refused .*does not begin with a certificate/)
    await says(server, /rules_kept/)
    expect(await reasons(server)).toEqual(['the first reason', 'the first reason'])
    write(denying('the third reason'))
    await says(server, /rules_loaded/)
    expect(await reasons(server)).toEqual(['the third reason', 'the third reason'])
  })

  it('that come while a worker starts wait for it, and are its rules too', async () => {
    const { server, denying, write } = await setUp()
    const before = workersOf(server)
    signal(before[0] ?? 0, 'SIGKILL')
    const starting = () => workersOf(server).find((pid) => !before.includes(pid)) ?? 0
    await expect.poll(starting, { timeout: 10_000, interval: 5 }).not.toBe(0)
    signal(starting(), 'SIGSTOP')
    write(denying('the second reason'))
    // Answered by the other one, which must go on with the old rules until both have the new ones.
    const { body } = await ask(server, '/simple/acme/')
    expect(body).toContain('the first reason')
    signal(starting(), 'SIGCONT')
    await says(server, /rules_loaded/)
    expect(await reasons(server)).toEqual(['the second reason', 'the second reason'])
  })
})
