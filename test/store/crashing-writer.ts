/** A process that keeps files, facts and pages until it is killed: `crashing-writer.ts FOLDER ROUND`. Prints what is kept. */
import { createHash, randomBytes } from 'node:crypto'
import { writeSync } from 'node:fs'
import { join } from 'node:path'
import { parseName } from '../../src/simple/name.ts'
import { openDiskFileStore } from '../../src/store/disk-file-store.ts'
import { openSqlitePageStore } from '../../src/store/sqlite-page-store.ts'
import { openState } from '../../src/store/sqlite-state.ts'

const [folder = '', round = ''] = process.argv.slice(2)
const files = await openDiskFileStore(join(folder, 'files'))
const pages = openSqlitePageStore(join(folder, 'pages'))
const state = openState(join(folder, 'state'), { create: true })

for (let at = 0; ; at += 1) {
  const bytes = randomBytes(1 + ((at * 7919) % 100_000))
  const draft = await files.create()
  for (let from = 0; from < bytes.length; from += 10_000) await draft.write(bytes.subarray(from, from + 10_000))
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  await draft.commit({ sha256 })
  await draft.close()
  const project = parseName(`project-${round}-${at}`)
  if (project === undefined) throw new Error('no project name')
  state.own('corp', project)
  await pages.set({ upstream: 'corp', fingerprint: '5f2c', page: project }, sha256)
  writeSync(1, `${project} ${sha256}\n`)
}
