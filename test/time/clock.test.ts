/** The clock of the machine is set while we serve: nothing is fresh for longer, nothing is left alone for longer, and nothing is lost. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { nameList } from '../../src/simple/name-list.ts'
import { openState } from '../../src/store/sqlite-state.ts'
import { name } from '../support/build.ts'
import { fakeClock } from '../support/fake-index.ts'
import { simpleUpstream, upstreamFile } from '../support/simple-upstream.ts'
import { type TestUnidex, startUnidex } from '../support/unidex.ts'

const SECOND = 1000
const HOUR = 60 * 60 * SECOND
const DAY = 24 * HOUR

async function setUp() {
  const corp = await simpleUpstream({ acme: [upstreamFile('acme-1.0.tar.gz')] })
  const pypi = await simpleUpstream({
    acme: [upstreamFile('acme-9.9.9.tar.gz')],
    lib: [upstreamFile('lib-1.0.tar.gz')],
    fresh: [upstreamFile('fresh-9.9.9.tar.gz')],
  })
  const unidex = await startUnidex({
    upstreams: { corp: { url: corp.url, private: true }, pypi: { url: pypi.url } },
    indexes: { default: { upstreams: ['corp', 'pypi'] } },
  })
  /** Asks twice, since what the first answer teaches makes it old itself. */
  const warm = async (project: string) => {
    await unidex.files(project)
    return unidex.files(project)
  }
  return { corp, pypi, warm, ...unidex }
}

const JUMPS: readonly [string, (clock: TestUnidex['clock']) => void][] = [
  ['an hour back', (clock) => clock.forward(-HOUR)],
  ['a day back', (clock) => clock.forward(-DAY)],
  ['back to 1970', (clock) => clock.forward(-clock.now())],
  ['a day ahead', (clock) => clock.forward(DAY)],
  ['ten years ahead', (clock) => clock.forward(3650 * DAY)],
]

describe.each(JUMPS)('a clock that is set %s', (_jump, jump) => {
  it('makes no private page older than two seconds', async () => {
    const { corp, clock, warm, files } = await setUp()
    expect(await warm('acme')).toEqual(['acme-1.0.tar.gz'])
    jump(clock)
    corp.projects['acme'] = [upstreamFile('acme-1.0.tar.gz'), upstreamFile('acme-1.1.tar.gz')]
    clock.forward(2 * SECOND)
    expect(await files('acme')).toEqual(['acme-1.0.tar.gz', 'acme-1.1.tar.gz'])
  })

  it('keeps no name from the private upstream that has published it meanwhile', async () => {
    const { corp, clock, warm, files } = await setUp()
    expect(await warm('fresh')).toEqual(['fresh-9.9.9.tar.gz'])
    jump(clock)
    corp.projects['fresh'] = [upstreamFile('fresh-0.1.tar.gz')]
    clock.forward(2 * SECOND)
    expect(await files('fresh')).toEqual(['fresh-0.1.tar.gz'])
  })

  it('makes no public page older than ten minutes and the time that it is given behind', async () => {
    const { pypi, clock, warm, files } = await setUp()
    expect(await warm('lib')).toEqual(['lib-1.0.tar.gz'])
    jump(clock)
    pypi.projects['lib'] = [upstreamFile('lib-1.0.tar.gz'), upstreamFile('lib-1.1.tar.gz')]
    clock.forward(900 * SECOND + 1)
    expect(await files('lib')).toEqual(['lib-1.0.tar.gz', 'lib-1.1.tar.gz'])
  })

  it('does not leave an upstream alone for longer than five seconds', async () => {
    const { pypi, clock, events, get, files } = await setUp()
    pypi.instead = (_request, response) => Boolean(response.destroy())
    for (let i = 0; i < 3; i += 1) {
      expect((await get('/simple/lib/')).status).toBe(503)
      clock.forward(SECOND)
    }
    expect(events.map(({ event }) => event)).toContain('upstream_left_alone')
    jump(clock)
    pypi.instead = undefined
    clock.forward(5 * SECOND)
    expect(await files('lib')).toEqual(['lib-1.0.tar.gz'])
  })

  it('frees no name while the private upstream is down', async () => {
    const { corp, pypi, clock, get, files } = await setUp()
    expect(await files('acme')).toEqual(['acme-1.0.tar.gz'])
    pypi.requests.length = 0
    corp.instead = (_request, response) => Boolean(response.writeHead(503).end())
    jump(clock)
    const { status } = await get('/simple/acme/')
    expect([200, 503]).toContain(status)
    if (status === 200) expect(await files('acme')).toEqual(['acme-1.0.tar.gz'])
    expect(pypi.requests.filter((each) => each.includes('acme'))).toEqual([])
  })
})

it('a project list that is read after the clock was set back is kept, and takes the place of the one before', () => {
  const folder = mkdtempSync(join(tmpdir(), 'unidex-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const clock = fakeClock()
  const state = openState(folder, { create: true, now: clock.now })
  onTestFinished(() => state.close())
  state.keepList('corp', { names: nameList([name('acme')]), checkedAt: clock.now() })
  clock.forward(-DAY)
  state.keepList('corp', { names: nameList([name('acme'), name('acme-new')]), checkedAt: clock.now() })
  expect(state.listOf('corp')).toMatchObject({ names: { count: 2 }, checkedAt: clock.now() })
})
