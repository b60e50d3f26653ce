import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, onTestFinished, test } from 'vitest'
import { openDiskFileStore } from '../../src/store/disk-file-store.ts'
import { openSqlitePageStore } from '../../src/store/sqlite-page-store.ts'
import { openState } from '../../src/store/sqlite-state.ts'
import { project } from '../contracts/state-contract.ts'
import { recordedReports } from './recorded-reports.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** Runs a process that writes until it has said `count` times that something is kept, and kills it. What it said. */
async function writeUntilKilled(folder: string, round: number, count: number): Promise<[string, string][]> {
  const script = join(import.meta.dirname, 'crashing-writer.ts')
  const child = spawn(process.execPath, [script, folder, String(round)], { stdio: ['ignore', 'pipe', 'inherit'] })
  const kept: [string, string][] = []
  for await (const line of createInterface({ input: child.stdout })) {
    const [name = '', sha256 = ''] = line.split(' ')
    kept.push([name, sha256])
    // Whatever it is doing now, in the middle of the next one.
    if (kept.length === count) child.kill('SIGKILL')
  }
  return kept
}

test('a process that is killed at any moment leaves nothing half done and loses nothing that it kept', async () => {
  const folder = temporaryFolder()
  const kept: [string, string][] = []
  for (const [round, count] of [1, 7, 2, 12].entries()) kept.push(...(await writeUntilKilled(folder, round, count)))
  expect(kept.length).toBeGreaterThanOrEqual(22)

  const { report, all } = recordedReports()
  const files = await openDiskFileStore(join(folder, 'files'), { report })
  const pages = openSqlitePageStore(join(folder, 'pages'), { report })
  const state = openState(join(folder, 'state'), { create: false })
  onTestFinished(async () => {
    state.close()
    await pages.close()
  })
  for (const [name, sha256] of kept) {
    expect(state.ownersOf(project(name))).toEqual(['corp'])
    expect(await files.find({ sha256 })).toBeDefined()
    expect(await pages.get({ upstream: 'corp', fingerprint: '5f2c', page: name })).toBe(sha256)
  }
  // They are removed behind the start, which waits for nothing.
  await expect.poll(() => readdirSync(join(folder, 'files', 'drafts'))).toEqual([])
  for (const entry of readdirSync(join(folder, 'files', 'sha256'), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const bytes = readFileSync(join(entry.parentPath, entry.name))
    const shard = entry.parentPath.slice(-2)
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(shard + entry.name)
  }
  expect(all.filter(({ level }) => level === 'error' || level === 'warn')).toEqual([])
})
