/** Two upstreams on loopback, A above B, that say of `foo` what a case writes down, and Unidex in front of them. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Strategy } from '../../src/merge/policy.ts'
import { MEDIA_TYPES } from '../../src/simple/media-type.ts'
import { type SimpleUpstream, type UpstreamFile, sendJson, simpleUpstream } from '../support/simple-upstream.ts'
import { type TestUnidex, startUnidex } from '../support/unidex.ts'

export const JSON_TYPE = MEDIA_TYPES.json
export const HTML_TYPE = MEDIA_TYPES.html

/** Two sha256 hashes, and hashes of other kinds. */
export const [H1, H2] = ['a1'.repeat(32), 'b2'.repeat(32)]
export const SHA512 = 'c3'.repeat(64)
export const SHA1 = 'd4'.repeat(20)
export const MD5 = 'e5'.repeat(16)

export const WHEEL = 'foo-1.0-py3-none-any.whl'
export const SDIST = 'foo-1.0.tar.gz'

type Answer = (request: IncomingMessage, response: ServerResponse) => void

/** What an upstream answers to the question for `foo`: a status, a page in JSON (an object) or HTML (a text), or whatever it does. */
export type Says = number | Readonly<Record<string, unknown>> | string | Answer

export interface Case {
  readonly a: Says
  /** Default: it does not have it. */
  readonly b?: Says
  /** How they are merged. Default: `by-file`. */
  readonly strategy?: Strategy
  /** Further keys of A and of B in the rules file. */
  readonly keysOfA?: object
  readonly keysOfB?: object
  /** Rules that come before all others. */
  readonly rules?: readonly object[]
  /** Files that A, or B, has at `/files/`. */
  readonly filesOfA?: readonly UpstreamFile[]
  readonly filesOfB?: readonly UpstreamFile[]
}

export interface Entry extends Readonly<Record<string, unknown>> {
  readonly filename: string
  readonly url: string
}

export interface Page {
  readonly meta: Readonly<Record<string, unknown>>
  readonly name: string
  readonly versions: readonly string[]
  readonly files: readonly Entry[]
  readonly 'project-status'?: unknown
}

export interface Merged extends TestUnidex {
  readonly a: SimpleUpstream
  readonly b: SimpleUpstream
  /** From now on A says this. */
  says(what: Says): void
  /** The page of `foo` as JSON. @throws where it is no 200 */
  page(index?: string): Promise<Page>
  /** The only file of it. */
  only(): Promise<Entry>
  filenames(): Promise<string[]>
  html(): Promise<string>
  /** Of the page. */
  status(): Promise<number>
  /** The address of a file of A. */
  at(filename: string): string
}

export async function merged(given: Case): Promise<Merged> {
  const { a: saysA, b: saysB = 404, strategy = 'by-file', rules = [], filesOfA = [], filesOfB = [] } = given
  const [a, b] = [await simpleUpstream({ files: filesOfA }), await simpleUpstream({ files: filesOfB })]
  const says = (upstream: SimpleUpstream, what: Says) => {
    upstream.instead = (request, response) => {
      if (request.url !== '/simple/foo/') return false
      answer(what, request, response)
      return true
    }
  }
  says(a, saysA)
  says(b, saysB)
  const isShared = strategy !== 'first-index'
  const unidex = await startUnidex({
    upstreams: { a: { url: a.url, ...given.keysOfA }, b: { url: b.url, ...given.keysOfB } },
    indexes: {
      default: {
        upstreams: isShared ? ['a'] : ['a', 'b'],
        rules: [...rules, ...(isShared ? [{ projects: ['foo'], upstreams: ['a', 'b'], strategy }] : [])],
      },
    },
  })
  const page = async () => (await unidex.json('/simple/foo/')) as unknown as Page
  return {
    ...unidex,
    a,
    b,
    says: (what) => says(a, what),
    page,
    async only() {
      const { files } = await page()
      const [file] = files
      if (file === undefined || files.length > 1) throw new Error(`It has ${files.length} files`)
      return file
    },
    filenames: async () => (await page()).files.map(({ filename }) => filename),
    html: async () => (await unidex.get('/simple/foo/', { accept: HTML_TYPE })).text(),
    status: async () => (await unidex.get('/simple/foo/')).status,
    at: (filename) => `/files/a/${new URL(a.url).host}/files/${filename}`,
  }
}

function answer(what: Says, request: IncomingMessage, response: ServerResponse): void {
  if (typeof what === 'function') what(request, response)
  else if (typeof what === 'number') response.writeHead(what).end()
  else if (typeof what === 'string') response.writeHead(200, { 'Content-Type': 'text/html' }).end(what)
  else sendJson(response, { meta: { 'api-version': '1.4' }, name: 'foo', versions: [], files: [], ...what })
}

/** A page in JSON with these files. */
export function detail(files: readonly unknown[], more: object = {}) {
  return { files, ...more }
}

/** An entry of a page in JSON that is right in everything. */
export function entry(filename: string, more: object = {}): Readonly<Record<string, unknown>> {
  return { filename, url: `/files/${encodeURIComponent(filename)}`, hashes: { sha256: H1 }, size: 1, ...more }
}

/** A page in HTML with a link for each `<a …>` whose attributes are given. */
export function links(...attributes: readonly string[]): string {
  const anchors = attributes.map((each) => `<a ${each}>file</a><br>\n`)
  return `<!DOCTYPE html>\n<html><head><title>Links for foo</title></head><body>\n${anchors.join('')}</body></html>\n`
}

/** What is said in an answer's head, by lower-case name. */
export function header(response: Response, name: string): string | null {
  return response.headers.get(name)
}
