/** Every client that people use, unmodified: behind us it finds what it finds at PyPI, and what it must not have it does not get. */
import { afterAll, beforeAll, expect, it, type TestContext } from 'vitest'
import { type SimpleUpstream, simpleUpstream } from '../support/simple-upstream.ts'
import { INSTALLING_CLIENTS, type InstallingClient } from './support/installing-clients.ts'
import { LOCKING_CLIENTS, type LockingClient } from './support/locking-clients.ts'
import { type Ended, PROGRAMS, describeWith, freePort, runWell, temporaryFolder } from './support/programs.ts'
import { PASSWORD, USERNAME, pypiServerUntil } from './support/pypiserver.ts'
import { type RunningServer, serve } from './support/server.ts'
import { type Task, versionsIn, write } from './support/task.ts'
import { wheel } from './support/wheel.ts'

const PYPI = 'https://pypi.org/simple/'

/** pip-tools fetches every file of what it locks, so it gets little. */
const REAL = { large: ['fastapi', 'pandas', 'rich'], small: ['rich'] }

/** Ours and other people's: of each the version that a client has to choose. */
const WANTED = ['acme-tools', 'withdrawn', 'of-tomorrow', 'rich']
const RIGHT = { 'acme-tools': '1.0', 'acme-core': '1.1', withdrawn: '1.0', 'of-tomorrow': '1.0' }

/** @throws with what the client said where it failed */
async function well(asked: Promise<Ended>, { indexUrl }: Task): Promise<void> {
  const { code, output } = await asked
  if (code !== 0) throw new Error(`With ${indexUrl} it ended with ${code}:\n${output}`)
}

const locking = Object.entries<LockingClient>(LOCKING_CLIENTS)
const installing = Object.entries<InstallingClient>(INSTALLING_CLIENTS)

const until = (over: TestContext['onTestFinished'] | typeof afterAll) => (end: () => Promise<void> | void) => over(end)

describeWith(['uv', ...[...locking, ...installing].flatMap(([, { needs }]) => needs)])('every client', () => {
  let stranger: SimpleUpstream
  /** A private index, a public one, PyPI. */
  let company: RunningServer
  /** The same, whose private index is not there. */
  let bereft: RunningServer
  /** Lines of a list of requirements with hashes: `rich` as PyPI has it, and a version that was yanked. */
  let hashed: readonly string[]

  beforeAll(async () => {
    const whenOver = until(afterAll)
    const corp = await pypiServerUntil(whenOver, [
      wheel('acme_core', '1.0'),
      wheel('acme_core', '1.1'),
      wheel('acme_tools', '1.0', { requires: ['acme-core>=1'] }),
    ])
    stranger = await simpleUpstream(
      {
        withdrawn: [wheel('withdrawn', '1.0'), wheel('withdrawn', '1.1', { listed: { yanked: 'broken' } })],
        'of-tomorrow': [
          wheel('of_tomorrow', '1.0'),
          wheel('of_tomorrow', '1.1', { requiresPython: '>=4', listed: { 'requires-python': '>=4' } }),
        ],
        'acme-core': [wheel('acme_core', '99.0')],
        'acme-tools': [wheel('acme_tools', '99.0')],
      },
      whenOver,
    )
    const start = (corpUrl: string) => {
      const auth = { username: USERNAME, password: { env: 'CORP_PASSWORD' } }
      const rules = {
        upstreams: {
          corp: { url: corpUrl, private: true, auth },
          stranger: { url: stranger.url },
          pypi: { url: PYPI },
        },
        indexes: { default: { upstreams: ['corp', 'stranger', 'pypi'] } },
      }
      return serve({ folder: temporaryFolder(afterAll), rules, environment: { CORP_PASSWORD: PASSWORD } })
    }
    ;[company, bereft] = await Promise.all([start(corp.url), start(`http://127.0.0.1:${await freePort()}/simple/`)])
    const lines = await Promise.all([withHashes(PYPI, 'rich'), withHashes(company.indexUrl, 'withdrawn==1.1')])
    hashed = lines.flat()
  })
  afterAll(async () => {
    await Promise.all([company.end(), bereft.end()])
  })

  /** What uv finds there, as lines of a list of requirements. */
  async function withHashes(indexUrl: string, ...wanted: string[]): Promise<string[]> {
    const task = { folder: temporaryFolder(afterAll), indexUrl, wanted }
    write(task, 'requirements.in', wanted)
    const words = ['pip', 'compile', '--no-config', '--no-cache', '--generate-hashes', '--no-header', '--no-annotate']
    const more = ['--quiet', '--python', PROGRAMS.python, '--default-index', indexUrl, 'requirements.in']
    const { stdout } = await runWell(PROGRAMS.uv, [...words, ...more], { folder: task.folder })
    return stdout.trim().split(/\n(?! )/)
  }

  const taskIn = (context: TestContext, indexUrl: string, wanted: readonly string[]): Task => ({
    folder: temporaryFolder(context.onTestFinished),
    indexUrl,
    wanted,
  })

  it.concurrent.for(locking)('%s locks the same as directly from PyPI', async ([name, client], context) => {
    const wanted = name === 'pip-tools' ? REAL.small : REAL.large
    const lock = async (indexUrl: string) => {
      const task = taskIn(context, indexUrl, wanted)
      await well(client.lock(task), task)
      return client.locked(task)
    }
    const theirs = await lock(PYPI)
    expect(Object.keys(theirs)).toEqual(expect.arrayContaining(wanted))
    expect(await lock(company.indexUrl)).toEqual(theirs)
  })

  it.concurrent.for(locking)(
    '%s locks our own projects beside public ones, none that is yanked or for another Python, and installs them with hashes',
    async ([, client], context) => {
      const task = taskIn(context, company.indexUrl, WANTED)
      await well(client.lock(task), task)
      const locked = Object.entries(await client.locked(task)).map(([name, text]) => [name, text.split(' ')[0]])
      expect(Object.fromEntries(locked)).toMatchObject(RIGHT)
      await well(client.sync(task), task)
      expect(await versionsIn(task, '.venv')).toEqual(Object.fromEntries(locked))
    },
  )

  it.concurrent.for(locking)('%s locks a yanked version that is pinned', async ([, client], context) => {
    const task = taskIn(context, company.indexUrl, ['withdrawn==1.1'])
    await well(client.lock(task), task)
    expect(await client.locked(task)).toMatchObject({ withdrawn: expect.stringMatching(/^1\.1 /) })
  })

  it.concurrent.for(locking)('%s locks nothing while the private index is away', async ([, client], context) => {
    const task = taskIn(context, bereft.indexUrl, ['acme-tools'])
    expect((await client.lock(task)).code).not.toBe(0)
    await expect(client.locked(task).catch(() => ({}))).resolves.not.toHaveProperty('acme-tools')
  })

  it.concurrent.for(installing)(
    '%s installs our own projects beside public ones, none that is yanked or for another Python',
    async ([, client], context) => {
      const task = taskIn(context, company.indexUrl, WANTED)
      await well(client.install(task), task)
      expect(await versionsIn(task, client.environment)).toMatchObject({ ...RIGHT, rich: expect.any(String) })
    },
  )

  it.concurrent.for(installing.filter(([, { takesHashes }]) => takesHashes))(
    '%s installs with hashes what PyPI has, and a yanked version that is pinned',
    async ([, client], context) => {
      const task = taskIn(context, company.indexUrl, hashed)
      await well(client.install(task), task)
      const pinned = hashed.map((line) => /^(\S+)==(\S+)/.exec(line)?.slice(1) ?? [])
      expect(await versionsIn(task, client.environment)).toEqual(Object.fromEntries(pinned))
    },
  )

  it.concurrent.for(installing)('%s installs nothing while the private index is away', async ([, client], context) => {
    const task = taskIn(context, bereft.indexUrl, ['acme-tools'])
    expect((await client.install(task)).code).not.toBe(0)
    expect(await versionsIn(task, client.environment)).not.toHaveProperty('acme-tools')
  })

  it('and nobody else has heard of our projects', () => {
    expect(stranger.requests.filter((each) => each.includes('acme'))).toEqual([])
  })
})
