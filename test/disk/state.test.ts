/** What must not be lost: a state that is not there, or cannot be used, is said, and nothing is started without it. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it, onTestFinished } from 'vitest'
import { start } from '../journey/support/programs.ts'
import { MAIN, serve, unidex, writeRules } from '../journey/support/server.ts'
import { makeReadOnly, mayMount, temporaryFolder } from '../store/temporary-folder.ts'
import { mountDisk } from './mounts.ts'
import { startUpstreams } from './product.ts'

/** A data folder that was used: the private name `acme` was served from it. */
async function setUp(folder = temporaryFolder()) {
  const { corp, rules } = await startUpstreams()
  const first = await serve({ folder, rules })
  expect((await fetch(`${first.origin}/simple/acme/`)).status).toBe(200)
  expect(await first.end()).toMatchObject({ code: 0 })
  corp.projects = {}
  const words = ['serve', '--port', '0', '--rules', writeRules(folder, rules), '--data', join(folder, 'data')]
  return { folder, words, rules, state: join(folder, 'data', 'state', 'state.sqlite') }
}

function change(path: string, statement: string): void {
  const database = new DatabaseSync(path)
  database.exec(statement)
  database.close()
}

describe('a state that is missing beside a cache', () => {
  it('is said, and nothing is started: exit code 2', async () => {
    const { folder, words } = await setUp()
    rmSync(join(folder, 'data', 'state'), { recursive: true })
    const { code, stdout, stderr } = await unidex(words)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain('There is no state at')
    expect(stderr).toContain('--new-state')
  })

  it('may be begun anew with --new-state, and then is there', async () => {
    const { folder, words, rules } = await setUp()
    rmSync(join(folder, 'data', 'state'), { recursive: true })
    const running = start(process.execPath, [MAIN, ...words, '--new-state'])
    onTestFinished(() => void running.process.kill('SIGKILL'))
    await running.says(/^Unidex serves /m)
    expect(await running.end()).toMatchObject({ code: 0 })
    const again = await serve({ folder, rules })
    expect(await again.end()).toMatchObject({ code: 0 })
  })

  it('does not lose a state that is there: --new-state begins nothing anew then', async () => {
    const { words } = await setUp()
    const running = start(process.execPath, [MAIN, ...words, '--new-state'])
    onTestFinished(() => void running.process.kill('SIGKILL'))
    const [, origin = ''] = await running.says(/^Unidex serves (http:\/\/\S+)\/simple\/$/m)
    // What the private upstream has lost is not given by another one.
    await expect.poll(async () => (await fetch(`${origin}/simple/acme/`)).status, { timeout: 10_000 }).toBe(404)
  })
})

describe('a state that cannot be used', () => {
  it.each<[string, RegExp, (path: string) => void]>([
    ['was written by a newer version', /written by a newer Unidex/, (path) => change(path, 'pragma user_version = 99')],
    ['is no database', /is damaged/, (path) => writeFileSync(path, 'this is no database'.repeat(1000))],
    ['has a page of zeros', /is damaged/, (path) => writeFileSync(path, readFileSync(path).fill(0, 16_384, 32_768))],
    [
      'is the database of another program',
      /not one of Unidex/,
      (path) => {
        rmSync(path)
        change(path, 'create table other (a text)')
      },
    ],
    ['is empty', /There is no state at/, (path) => writeFileSync(path, '')],
    [
      'is a folder',
      /Cannot use the state/,
      (path) => {
        rmSync(path)
        mkdirSync(path)
      },
    ],
  ])('because it %s is refused with exit code 2, and is left as it is', async (_why, message, spoil) => {
    const { words, state } = await setUp()
    spoil(state)
    const before = contentOf(state)
    const { code, stdout, stderr } = await unidex(words)
    expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: '', stderr: expect.stringMatching(message) })
    expect(stderr).toContain(state)
    expect(contentOf(state)).toEqual(before)
  })

  it.skipIf(!mayMount())('because its disk is read-only is refused with exit code 2', async () => {
    const folder = temporaryFolder()
    mountDisk(join(folder, 'data', 'state'), {})
    const { words, state } = await setUp(folder)
    makeReadOnly(join(folder, 'data', 'state'))
    const { code, stdout, stderr } = await unidex(words)
    expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: '', stderr: expect.stringContaining(state) })
  })
})

function contentOf(path: string): Buffer | undefined {
  try {
    return readFileSync(path)
  } catch {
    return undefined
  }
}
