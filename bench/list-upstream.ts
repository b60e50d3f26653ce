/** An upstream with a very long project list, in a process of its own: what PyPI answers, made before anybody asks. */
import { readFileSync } from 'node:fs'
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http'
import { gzipSync } from 'node:zlib'
import { madeUpNames } from './name-supply.ts'

const JSON_TYPE = 'application/vnd.pypi.simple.v1+json'

interface Answer {
  readonly type: string
  readonly body: Buffer
  readonly gzip?: Buffer
}

const [count = '', file] = process.argv.slice(2)
const names = file === undefined ? madeUpNames(Number(count)) : namesIn(file).slice(0, Number(count))
// As PyPI's database sorts them: signs between words count last.
const listed = names
  .map((name) => ({ name, key: `${name.replaceAll('-', '')} ${name}` }))
  .toSorted((a, b) => (a.key < b.key ? -1 : 1))
  .map(({ name }, i) => ({ name, title: spelled(name, i) }))

const json = Buffer.from(
  JSON.stringify({
    meta: { '_last-serial': 31_415_926, 'api-version': '1.4' },
    projects: listed.map(({ title }, i) => ({ '_last-serial': 1_000_000 + ((i * 7919) % 30_000_000), name: title })),
  }),
)
const html = Buffer.from(
  [
    '<!DOCTYPE html>\n<html>\n  <head>\n    <meta name="pypi:repository-version" content="1.4">\n',
    '    <title>Simple index</title>\n  </head>\n  <body>\n',
    ...listed.map(({ name, title }) => `    <a href="/simple/${name}/">${title}</a>\n`),
    '  </body>\n</html>\n',
  ].join(''),
)

const corpNames = Array.from({ length: 50 }, (_, i) => ({ name: `acme-internal-${i}` }))
const ANSWERS: Readonly<Record<string, Answer>> = {
  '/json/simple/': { type: JSON_TYPE, body: json, gzip: gzipSync(json) },
  '/plain/simple/': { type: JSON_TYPE, body: json },
  '/html/simple/': { type: 'text/html', body: html, gzip: gzipSync(html) },
  '/corp/simple/': answer({ meta: { 'api-version': '1.0' }, projects: corpNames }),
  '/json/simple/warm/': answer(page('warm')),
  '/plain/simple/warm/': answer(page('warm')),
  '/html/simple/warm/': answer(page('warm')),
}

function answer(body: unknown): Answer {
  return { type: JSON_TYPE, body: Buffer.from(JSON.stringify(body)) }
}

function page(name: string): unknown {
  return { meta: { 'api-version': '1.0' }, name, files: [{ filename: `${name}-1.tar.gz`, url: 'x', hashes: {} }] }
}

function namesIn(path: string): string[] {
  const lines = readFileSync(path, 'utf8').split('\n')
  return lines.flatMap((line) => line.split('\t', 1)[0] || [])
}

/** Every fourth name is not written as it is normalized. */
function spelled(name: string, i: number): string {
  if (i % 8 === 0) return name.replaceAll('-', '_')
  if (i % 12 === 1) return name.replace(/^./, (first) => first.toUpperCase())
  return i % 15 === 2 ? name.replaceAll('-', '.') : name
}

const server = createServer((request: IncomingMessage, response: ServerResponse) => {
  const found = ANSWERS[request.url ?? '']
  if (found === undefined) {
    response.writeHead(404).end()
    return
  }
  const isGzip = found.gzip !== undefined && request.headers['accept-encoding'] === 'gzip'
  const headers = { 'Content-Type': found.type, 'Cache-Control': 'max-age=600', ETag: `"${found.body.length}"` }
  const body = isGzip && found.gzip !== undefined ? found.gzip : found.body
  if (request.headers['if-none-match'] === headers.ETag) response.writeHead(304, headers).end()
  else
    response
      .writeHead(200, { ...headers, 'Content-Length': body.length, ...(isGzip && { 'Content-Encoding': 'gzip' }) })
      .end(body)
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (typeof address === 'object')
    console.log(
      `Serves http://127.0.0.1:${address?.port}/ with ${names.length} names, ${json.length} and ${html.length} bytes`,
    )
})
