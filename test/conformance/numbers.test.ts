/** Every case of the table stands in this folder, under its number. */
import { readFileSync, readdirSync } from 'node:fs'
import { expect, it } from 'vitest'

const LAST = 111

it('no case is missing', () => {
  const folder = new URL('./', import.meta.url)
  const sources = readdirSync(folder).map((each) => readFileSync(new URL(each, folder), 'utf8'))
  const found = new Set(sources.flatMap((source) => [...source.matchAll(/['`](\d+a?): /g)].map(([, number]) => number)))
  const wanted = [...Array.from({ length: LAST }, (_, i) => String(i + 1)), '53a']
  expect(wanted.filter((number) => !found.has(number))).toEqual([])
})
