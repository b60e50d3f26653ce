import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { readRules } from '../../src/config/read-rules.ts'
import { index, rule, rulesFile, upstream } from '../../src/config/schema.ts'
import { SCHEMA_FILE, schemaText } from '../../src/config/write-schema.ts'

describe('merge-rules.schema.json', () => {
  test('is what the schema says today; `npm run schema` writes it', () => {
    expect(readFileSync(SCHEMA_FILE, 'utf8')).toBe(schemaText())
  })

  test('says of every key what it is for', () => {
    const keys = [rulesFile, upstream, rule, index].flatMap(({ shape }) =>
      Object.entries<{ description?: string | undefined }>(shape),
    )
    expect(keys.filter(([, { description }]) => description === undefined).map(([key]) => key)).toEqual([])
  })
})

describe('merge-rules.example.json', () => {
  const file = new URL('../../merge-rules.example.json', import.meta.url)

  test('is valid, strictly and without a warning', () => {
    const { warnings, policy } = readRules(readFileSync(file, 'utf8'), {
      file: 'merge-rules.example.json',
      strict: true,
    })
    expect(warnings).toEqual([])
    expect([...policy.indexes.keys()]).toEqual(['default', 'data-team'])
  })

  test('names the schema that lies beside it', () => {
    expect(readFileSync(file, 'utf8')).toContain('"$schema": "./merge-rules.schema.json"')
    expect(new URL('./merge-rules.schema.json', file).href).toBe(SCHEMA_FILE.href)
  })
})
