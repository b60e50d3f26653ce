/** An upstream whose pages are as large as any that is accepted, and others that are nothing but junk of that size. */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { gzipSync } from 'node:zlib'
import { JSON_TYPE, realPage, renamed } from './real-pages.ts'

const MOST_BYTES = 64 * 1024 * 1024
const HTML_TYPE = 'application/vnd.pypi.simple.v1+html'

interface Page {
  readonly type: string
  readonly body: Buffer
  readonly isGzip?: boolean
}

interface File {
  readonly filename: string
  readonly url: string
  readonly sha256: string
}

/** As many files as a page of `MOST_BYTES` has room for, each entry of `bytesOf(file)` and some more. */
function filesOf(project: string, bytesOf: (file: File) => number): File[] {
  const name = project.replaceAll('-', '_')
  const files: File[] = []
  for (let left = MOST_BYTES - 200_000; left > 0; left -= bytesOf(files.at(-1) as File) + 2) {
    const i = files.length
    const version = `${Math.floor(i / 6000)}.${Math.floor(i / 60) % 100}.${Math.floor(i / 30) % 2}`
    const filename = `${name}-${version}-cp3${i % 30}-cp3${i % 30}-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl`
    const sha256 = createHash('sha256').update(filename).digest('hex')
    const folder = `${sha256.slice(0, 2)}/${sha256.slice(2, 4)}/${sha256.slice(4)}`
    files.push({ filename, sha256, url: `https://files.pythonhosted.org/packages/${folder}/${filename}` })
  }
  return files
}

function jsonEntry({ filename, url, sha256 }: File): string {
  return JSON.stringify({
    filename,
    hashes: { sha256 },
    'requires-python': '>=3.9',
    size: 1_000_000,
    'upload-time': '2025-06-07T14:38:48.007419Z',
    url,
    yanked: false,
  })
}

function htmlEntry({ filename, url, sha256 }: File): string {
  return `<a href="${url}#sha256=${sha256}" data-requires-python="&gt;=3.9">${filename}</a><br>`
}

function hugeJson(project: string): Page {
  const entries = filesOf(project, (file) => jsonEntry(file).length).map(jsonEntry)
  const body = Buffer.from(`{"meta":{"api-version":"1.1"},"name":"${project}","files":[${entries.join(',')}]}`)
  return { type: JSON_TYPE, body: gzipSync(body, { level: 1 }), isGzip: true }
}

function hugeHtml(project: string): Page {
  const entries = filesOf(project, (file) => htmlEntry(file).length).map(htmlEntry)
  return { type: HTML_TYPE, body: Buffer.from(`<!DOCTYPE html>\n<h1>Links for ${project}</h1>\n${entries.join('\n')}`) }
}

function junk(type: string, before: string, scrap: string): Page {
  return { type, body: Buffer.concat([Buffer.from(before), Buffer.alloc(MOST_BYTES - before.length, scrap)]) }
}

/** Made when they are asked for: together they would take long, and much room. */
const MADE: Readonly<Record<string, () => Page>> = {
  'huge-json': () => hugeJson('huge-json'),
  'huge-html': () => hugeHtml('huge-html'),
  'junk-brackets': () => junk(JSON_TYPE, '{"files":', '['),
  'junk-arrays': () => junk(JSON_TYPE, '{"name":"junk-arrays","other":[', '[],'),
  'junk-entries': () => junk(JSON_TYPE, '{"name":"junk-entries","files":[', '{},'),
  'junk-members': () => junk(JSON_TYPE, '{', '"a":0,'),
  'junk-blanks': () => junk(JSON_TYPE, '{', ' '),
  'junk-text': () => junk(JSON_TYPE, '{"name":"', 'a'),
  'junk-tags': () => junk(HTML_TYPE, '<!DOCTYPE html>', '<a href="x">'),
  'junk-markup': () => junk(HTML_TYPE, '<!DOCTYPE html>', '<a '),
}

const usual = renamed(await realPage('requests'), 'requests', 'warm')
let made: { readonly name: string; readonly page: Page } | undefined

function pageNamed(name: string): Page | undefined {
  if (name === 'warm') return { type: JSON_TYPE, body: usual }
  const make = MADE[name]
  if (make !== undefined && made?.name !== name) made = { name, page: make() }
  return made?.name === name ? made.page : undefined
}

const server = createServer((request, response) => {
  const name = /^\/simple\/([a-z-]+)\/$/.exec(request.url ?? '')?.[1] ?? ''
  const page = pageNamed(name)
  if (page === undefined) {
    response.writeHead(404).end()
    return
  }
  response.writeHead(200, {
    'Content-Type': page.type,
    'Content-Length': page.body.length,
    'Cache-Control': 'max-age=600',
    ...(page.isGzip && { 'Content-Encoding': 'gzip' }),
  })
  response.end(request.method === 'HEAD' ? undefined : page.body)
})
await once(server.listen(0, '127.0.0.1'), 'listening')
const address = server.address()
console.log(`Serves http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/simple/`)
process.on('disconnect', () => process.exit())
