/** A process that opens the pages in a folder and keeps one: `page-writer.ts FOLDER PAGE`. It prints what goes wrong. */
import { writeSync } from 'node:fs'
import { openSqlitePageStore } from '../../src/store/sqlite-page-store.ts'

const [folder = '', page = ''] = process.argv.slice(2)
const store = openSqlitePageStore(folder, { report: (level, event) => void writeSync(1, `${level} ${event}\n`) })
await store.set({ upstream: 'pypi', fingerprint: '5f2c', page }, page)
await store.close()
