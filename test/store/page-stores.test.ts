import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Keyv } from 'keyv'
import { onTestFinished } from 'vitest'
import { keyvPageStore } from '../../src/store/keyv-page-store.ts'
import { openSqlitePageStore } from '../../src/store/sqlite-page-store.ts'
import { describePageStore } from '../contracts/page-store-contract.ts'
import { temporaryFolder } from './temporary-folder.ts'

describePageStore('any Keyv', () => keyvPageStore(new Keyv<unknown>({ serialization: false })))

describePageStore('the database', () => {
  const store = openSqlitePageStore(temporaryFolder())
  onTestFinished(() => store.close())
  return store
})

describePageStore('the memory that stands in for a database', () => {
  const noFolder = join(temporaryFolder(), 'file')
  writeFileSync(noFolder, '')
  const store = openSqlitePageStore(noFolder)
  onTestFinished(() => store.close())
  return store
})
