import { Parser } from 'htmlparser2'
import { describe, expect, onTestFinished, test } from 'vitest'
import { listen } from '../../src/http/server.ts'
import { answer, openHostileUpstream } from '../support/hostile-upstream.ts'
import { startUnidex, type TestUnidex } from '../support/unidex.ts'
import { filesOfHtml, filesOfJson } from './pages.ts'
import { rawAnswer } from './raw-answer.ts'
import { STRANGE_TEXTS } from './strange-texts.ts'
import { entry, GOOD, GOOD_BYTES, page, pageAnswer, sha256 } from './world.ts'

const HTML = { accept: 'application/vnd.pypi.simple.v1+html' }
const OTHER = 'acme-2.0-py3-none-any.whl'

/** Every place of a page in which an upstream writes freely. */
const FIELDS = [
  'requires-python',
  'yanked',
  'upload-time',
  'provenance',
  'url',
  'filename',
  'size',
  'hashes',
  'core-metadata',
  'gpg-sig',
  'status',
  'reason',
  'versions',
] as const

function pageWith(field: (typeof FIELDS)[number], text: string): string {
  const file = entry(OTHER, GOOD_BYTES)
  const good = entry(GOOD, GOOD_BYTES)
  switch (field) {
    case 'hashes':
      return page([{ ...file, hashes: { ...(file['hashes'] as object), [text]: text, sha512: text } }, good])
    case 'core-metadata':
      return page([{ ...file, 'core-metadata': { sha256: text, [text]: text } }, good])
    case 'url':
      return page([{ ...file, url: `/files/${text}/${OTHER}?x=${text}#${text}` }, good])
    case 'filename':
      return page([
        { ...file, filename: `acme-2.0${text}.tar.gz`, url: `/files/${encodeURIComponent(text.toWellFormed())}` },
        { ...file, filename: `acme-2.0${text}.tar.gz`, url: `/files/acme-2.0${text}.tar.gz` },
        good,
      ])
    case 'status':
    case 'reason':
      return page([file, good], { 'project-status': { status: field === 'status' ? text : 'archived', reason: text } })
    case 'versions':
      return page([file, good], { versions: [text, '1.0'], meta: { 'api-version': '1.1', _evil: text } })
    case 'gpg-sig':
    case 'provenance':
    case 'requires-python':
    case 'size':
    case 'upload-time':
    case 'yanked':
      return page([{ ...file, [field]: text }, good])
    default:
      return field satisfies never
  }
}

async function upstreamOf(body: string | Buffer) {
  const upstream = await openHostileUpstream([{ site: { '/simple/acme/': pageAnswer(body) } }])
  onTestFinished(() => upstream.close())
  return upstream
}

async function unidexOf(url: string): Promise<TestUnidex> {
  return startUnidex({ upstreams: { a: { url: `${url}simple/` } }, indexes: { default: { upstreams: ['a'] } } })
}

describe('whatever an upstream writes', () => {
  test.each(FIELDS)('as %s stays text: both forms of the page have the same links, and no others', async (field) => {
    const upstream = await upstreamOf('')
    const { get, clock } = await unidexOf(upstream.url)
    for (const text of STRANGE_TEXTS) {
      upstream.become([{ site: { '/simple/acme/': pageAnswer(pageWith(field, text)) } }])
      clock.forward(1_000_000)
      const json = await get('/simple/acme/', { accept: 'application/vnd.pypi.simple.v1+json' })
      const html = await get('/simple/acme/', HTML)
      expect([text, json.status, html.status]).toEqual([text, 200, 200])
      const [jsonText, htmlText] = [await json.text(), await html.text()]
      const files = filesOfJson(jsonText)
      expect({ text, files: filesOfHtml(htmlText) }).toEqual({ text, files })
      expect(linksOf(htmlText)).toEqual(files.map(({ filename }) => filename))
      expect(files.map(({ filename }) => filename)).toContain(GOOD)
      for (const { filename, url } of files) {
        expect(filename).toMatch(/^acme-[^\p{Cc}/\\]+$/u)
        expect(url).toMatch(/^\.\.\/\.\.\/files\/a\/127\.0\.0\.1:\d+\/[!-~]*$/)
      }
      expect(jsonText.isWellFormed()).toBe(true)
      // The order of keys and the absence of null are what clients were tried with.
      expect(jsonText).not.toContain(':null')
    }
  })

  test('as the answer to our question adds no header to ours, and no line', async () => {
    const upstream = await upstreamOf(page([entry(GOOD, GOOD_BYTES)]))
    const { unidex, clock } = await unidexOf(upstream.url)
    const server = await listen((request) => unidex.handle(request), { host: '127.0.0.1', port: 0 })
    onTestFinished(async () => void (await server.drain(0)))
    const fieldsOf = async (path: string) => {
      clock.forward(1_000_000)
      return headerNames(await rawAnswer(server.origin, path))
    }
    const path = `/files/a/${new URL(upstream.url).host}/files/${GOOD}`
    for (const text of STRANGE_TEXTS.filter((each) => each.length < 100)) {
      // A header line of its own is what the upstream may write; all signs that HTTP knows are tried.
      const value = Buffer.from(text.toWellFormed())
        .toString('latin1')
        .replaceAll(/[\r\n\0]/g, ' ')
      const headers = {
        connection: 'close',
        etag: `"${value}"`,
        'last-modified': value,
        location: value,
        'x-evil': value,
        'cache-control': value,
        'x-pypi-last-serial': value,
        'content-disposition': `attachment; filename="${value}"`,
        'set-cookie': value,
        'content-language': value,
        link: value,
      }
      upstream.become([
        {
          site: {
            '/simple/acme/': pageAnswer(page([entry(GOOD, GOOD_BYTES)]), headers),
            [`/files/${GOOD}`]: answer(200, { ...headers, 'content-type': value }, GOOD_BYTES),
          },
        },
      ])
      expect((await fieldsOf('/simple/acme/')).filter((name) => !EXPECTED_NAMES.has(name))).toEqual([])
      const file = await rawAnswer(server.origin, path)
      if (file.startsWith('HTTP/1.1 200')) {
        expect(headerNames(file)).toEqual(headerNames(await rawAnswer(server.origin, path)))
        expect(file.toLowerCase()).toContain(`\r\netag: "${sha256(GOOD_BYTES)}"\r\n`)
      }
      expect(file.slice(0, file.indexOf('\r\n\r\n'))).not.toMatch(/evil|cookie|alert/i)
      for (const status of [301, 401, 404, 500]) {
        upstream.become([{ site: { '/simple/acme/': answer(status, headers, text) } }])
        clock.forward(1_000_000)
        const head = (await rawAnswer(server.origin, '/simple/acme/')).split('\r\n\r\n', 1)[0] ?? ''
        expect(headerNames(head).filter((name) => !EXPECTED_NAMES.has(name))).toEqual([])
        expect(head).not.toMatch(/evil|cookie|alert/i)
      }
    }
  }, 60_000)
})

const EXPECTED_NAMES: ReadonlySet<string> = new Set([
  'cache-control',
  'connection',
  'content-length',
  'content-type',
  'date',
  'etag',
  'keep-alive',
  'retry-after',
  'transfer-encoding',
  'vary',
  'x-content-type-options',
  'x-request-id',
  'x-unidex-sources',
])

/** What a parser of the wild sees: the texts of links, and nothing that is no element of ours. */
function linksOf(html: string): string[] {
  const texts: string[] = []
  const elements = new Set<string>()
  let text: string | undefined
  const parser = new Parser({
    onopentag(name, attributes) {
      elements.add(name)
      if (name === 'a') text = ''
      for (const attribute of Object.keys(attributes))
        expect(attribute).toMatch(/^(?:href|charset|name|content|data-[a-z-]+)$/)
    },
    ontext(piece) {
      if (text !== undefined) text += piece
    },
    onclosetag(name) {
      if (name === 'a' && text !== undefined) texts.push(text)
      if (name === 'a') text = undefined
    },
  })
  parser.end(html)
  for (const name of elements) expect(['html', 'head', 'meta', 'title', 'body', 'h1', 'a', 'br']).toContain(name)
  return texts
}

function headerNames(answered: string): string[] {
  const [head = ''] = answered.split('\r\n\r\n', 1)
  return head
    .split('\r\n')
    .slice(1)
    .map((line) => line.slice(0, line.indexOf(':')).toLowerCase())
    .toSorted()
}
