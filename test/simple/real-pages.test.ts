import { globSync, readFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { atOnce } from '../../src/pace/steps.ts'
import { readHtmlDetail } from '../../src/simple/html.ts'
import { htmlListReader } from '../../src/simple/html-list.ts'
import { readJsonDetail } from '../../src/simple/json.ts'
import { jsonListReader } from '../../src/simple/json-list.ts'
import type { ProjectDetail, ProjectFile } from '../../src/simple/model.ts'
import { readWhole } from '../support/lists.ts'
import { named } from './arbitraries.ts'

const FOLDER = fileURLToPath(new URL('../fixtures/pages/', import.meta.url))
const PAGES = globSync('*/*.{json,html}', { cwd: FOLDER }).filter((path) => !path.endsWith('.meta.json'))
const LISTS = PAGES.filter((path) => basename(path).startsWith('root.'))
const DETAILS = PAGES.filter((path) => !LISTS.includes(path))

/** What the servers list beside distributions: everything else must come through. */
const DECOYS = /^(?:\.\.\/|SHA256SUMS|notes.*\.txt|.*\.(?:asc|metadata))$/

/** Links outside of pages: dumb-pypi's footer, devpi's mirror of the project's home. */
const ELSEWHERE = /^https:\/\/github\.com\//

function bodyOf(path: string): Buffer {
  return readFileSync(FOLDER + path)
}

function sourceOf(path: string) {
  const { url, project } = JSON.parse(bodyOf(`${path}.meta.json`).toString())
  return { upstream: 'it', project: named(project), url: String(url) }
}

function read(path: string): ProjectDetail {
  const body = bodyOf(path)
  return path.endsWith('.json')
    ? atOnce(readJsonDetail(body, sourceOf(path)))
    : atOnce(readHtmlDetail(body, sourceOf(path), { delimited: true }))
}

function readNames(path: string): readonly string[] {
  return readWhole(path.endsWith('.json') ? jsonListReader() : htmlListReader({ delimited: true }), bodyOf(path))
}

/** Names of listed files, found without our readers. */
function listed(path: string): string[] {
  const text = bodyOf(path).toString()
  if (path.endsWith('.json')) return JSON.parse(text).files.map((file: { filename: string }) => file.filename)
  return [...text.matchAll(/<a\s[^>]*?href=["']([^"'#]*)/g)]
    .map(([, href = '']) => href)
    .filter((href) => !ELSEWHERE.test(href))
    .map((href) => (href === '../' ? href : decodeURIComponent(basename(href))))
    .filter((name) => !DECOYS.test(name))
}

test('there are real pages of thirteen origins', () => {
  expect(new Set(PAGES.map((path) => dirname(path))).size).toBe(13)
})

test.each(DETAILS)('%s is read without loss', (path) => {
  const page = read(path)
  expect(page.files.map(({ filename }) => filename)).toEqual(listed(path))
  expect(page.files.length).toBeGreaterThan(0)
})

test.each(DETAILS)('%s: what is left out is known to be no distribution', (path) => {
  const reasons = new Set(['it is not a distribution', 'it is no file'])
  const { dropped, droppedCount } = read(path)
  expect(dropped.filter(({ why }) => !reasons.has(why))).toEqual([])
  expect(dropped.length).toBe(droppedCount)
})

test.each(LISTS)('%s lists its projects', (path) => {
  const misread = dirname(path) === 'pip2pi' ? ['quirky-1-2-0'] : []
  const names = [...new Set(readNames(path))].toSorted()
  expect(names).toEqual(['acme-core', 'acme-dotted-name', 'quirky', ...misread])
})

describe('the two formats of one server agree', () => {
  const pairs = DETAILS.filter((path) => path.endsWith('.json')).map((json) => ({
    json,
    html: json.replace(/json$/, 'html'),
  }))
  test.each(pairs)('$html says the same of each file as $json', ({ json, html }) => {
    const inHtml = read(html).files.toSorted(byName)
    const inJson = read(json).files.toSorted(byName)
    expect(inHtml.map(withoutDenial)).toEqual(inJson.map((file, index) => onlyWhatHtmlSays(file, inHtml[index])))
  })
})

function byName(a: ProjectFile, b: ProjectFile): number {
  return a.filename < b.filename ? -1 : 1
}

/** Sizes and times are seldom in HTML. */
function onlyWhatHtmlSays({ size, uploadTime, ...file }: ProjectFile, inHtml: ProjectFile | undefined) {
  return {
    ...withoutDenial(file),
    ...(inHtml?.size !== undefined && { size }),
    ...(inHtml?.uploadTime !== undefined && { uploadTime }),
  }
}

/** That there is no metadata is said in JSON only. */
function withoutDenial({ coreMetadata, ...file }: ProjectFile) {
  return { ...file, ...(coreMetadata && { coreMetadata }) }
}

test('upload times that only one of two HTML forms has are read', () => {
  const timed = read('pypi.org/six-v1html.html').files.map(({ filename, uploadTime }) => [filename, uploadTime])
  const inJson = new Map(read('pypi.org/six.json').files.map((file) => [file.filename, file.uploadTime]))
  expect(timed.length).toBe(48)
  expect(timed).toEqual(timed.map(([filename]) => [filename, inJson.get(filename ?? '')]))
})

test('a status, its reason and marks of yanked files survive both formats', () => {
  for (const path of ['pypiron/acme-core-marked.html', 'pypiron/acme-core-marked.json']) {
    const { status, files } = read(path)
    expect(status).toEqual({ status: 'deprecated', reason: 'use acme-next & <see> docs' })
    expect(files.map(({ yanked }) => yanked)).toEqual([
      undefined,
      'broken & <old> "build" ü',
      undefined,
      true,
      undefined,
    ])
  }
})
