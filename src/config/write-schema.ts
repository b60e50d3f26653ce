/** Writes `merge-rules.schema.json`, the published JSON Schema by which editors complete a rules file (`npm run schema`). */
import { writeFileSync } from 'node:fs'
import * as z from 'zod'
import { rulesFile } from './schema.ts'

/** Where the file lies. */
export const SCHEMA_FILE = new URL('../../merge-rules.schema.json', import.meta.url)

/** JSON Schema, draft 7: the newest that all editors know. It says less than `check`, which also reads what texts mean. */
export function schemaText(): string {
  const schema = z.toJSONSchema(rulesFile, { io: 'input', target: 'draft-7' })
  return `${JSON.stringify({ title: 'Rules file of Unidex', ...schema, allowComments: true, allowTrailingCommas: true }, null, 2)}\n`
}

if (import.meta.main) writeFileSync(SCHEMA_FILE, schemaText())
