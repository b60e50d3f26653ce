import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { atOnce } from '../../src/pace/steps.ts'
import { linkHash } from '../../src/simple/hashes.ts'
import { readHtmlDetail, writeHtmlDetail } from '../../src/simple/html.ts'
import { htmlListReader, writeHtmlList } from '../../src/simple/html-list.ts'
import { readJsonDetail, writeJsonDetail } from '../../src/simple/json.ts'
import { jsonListReader, writeJsonList } from '../../src/simple/json-list.ts'
import type { PageToWrite, ProjectFile } from '../../src/simple/model.ts'
import { nameBatches, nameList } from '../../src/simple/name-list.ts'
import { readWhole } from '../support/lists.ts'
import { PAGE_NAMES, PAGES, SOURCE } from './arbitraries.ts'

type Page = typeof PAGES extends fc.Arbitrary<infer T> ? T : never

function toWrite({ status, ...page }: Page): PageToWrite {
  return { ...page, ...(status && { status }), link: (file) => `../..${new URL(file.url).pathname}` }
}

function expected({ status, name, files, versions }: Page) {
  return { name, files, versions, ...(status && { status }), droppedCount: 0, dropped: [] }
}

/** A link carries one hash. */
function withOneHash(file: ProjectFile): ProjectFile {
  const [algorithm, digest] = linkHash(file.hashes)?.split('=') ?? []
  return { ...file, hashes: algorithm === undefined ? {} : { [algorithm]: digest } }
}

test('a page written as JSON reads as it was', () => {
  fc.assert(
    fc.property(PAGES, (page) => {
      expect(atOnce(readJsonDetail(Buffer.concat([...writeJsonDetail(toWrite(page))]), SOURCE))).toEqual(expected(page))
    }),
  )
})

test('a page written as HTML reads as it was, but for versions and further hashes', () => {
  fc.assert(
    fc.property(PAGES, (page) => {
      const read = atOnce(
        readHtmlDetail(Buffer.concat([...writeHtmlDetail(toWrite(page))]), SOURCE, { delimited: false }),
      )
      expect(read).toEqual(expected({ ...page, files: page.files.map(withOneHash), versions: [] }))
    }),
  )
})

test('a list reads as it was written, in both formats', () => {
  fc.assert(
    fc.property(fc.array(PAGE_NAMES), (some) => {
      const names = nameList(some)
      const listed = [...nameBatches(names)].flat()
      expect(readWhole(jsonListReader(), Buffer.concat([...writeJsonList(names)]))).toEqual(listed)
      expect(readWhole(htmlListReader({ delimited: false }), Buffer.concat([...writeHtmlList(names)]))).toEqual(listed)
    }),
  )
})
