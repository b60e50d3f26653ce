/**
 * Writes what the product makes of the cases of `cases.json`, three bytes for each: of all of them by its pure functions, or,
 * with `--resolver`, of some by all of it together.
 */
import { readCases } from './cases.ts'
import { closeLists, decisionRecords, momentRecords } from './decisions.ts'
import { pageRecords } from './pages.ts'
import { resolverRecords } from './through-resolver.ts'
import { writeRecords } from './write-records.ts'

const cases = readCases()
if (process.argv.includes('--resolver')) {
  await writeRecords(resolverRecords(cases))
} else {
  for (const section of cases.decisions) await writeRecords(decisionRecords(cases, section))
  await writeRecords(momentRecords(cases.moments))
  await writeRecords(pageRecords(cases.pages))
  closeLists()
}
