/** Twenty upstreams on one port, all of them 50 ms away: `/{n}/simple/`. A page is made when `/prepare/{name}/{parts}` is asked for. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { JSON_TYPE, PROJECTS, realPage, renamed } from './real-pages.ts'

const AWAY_MS = 50

const pages = new Map<string, Buffer>()
for (const project of PROJECTS) pages.set(project, await realPage(project))
let prepared: { readonly name: string; readonly bodies: readonly Buffer[] } = { name: '', bodies: [] }

/** The page with a part of its files each, as often as there are parts. */
function partsOf(page: Buffer, count: number): Buffer[] {
  if (count === 1) return [page]
  const whole = JSON.parse(page.toString()) as { readonly files: readonly unknown[] }
  const length = Math.ceil(whole.files.length / count)
  return Array.from({ length: count }, (_, i) =>
    Buffer.from(JSON.stringify({ ...whole, files: whole.files.slice(i * length, (i + 1) * length) })),
  )
}

async function prepare(name: string, parts: number): Promise<void> {
  const project = PROJECTS.find((each) => name.startsWith(`${each}-`)) ?? PROJECTS[0]
  const page = renamed(pages.get(project) ?? Buffer.alloc(0), project, name)
  prepared = { name, bodies: await Promise.all(partsOf(page, parts).map((part) => promisify(gzip)(part))) }
}

const server = createServer((request, response) => {
  const [, first = '', second = '', third = ''] = (request.url ?? '').split('/')
  if (first === 'prepare') {
    void prepare(second, Number(third)).then(() => response.writeHead(200).end())
    return
  }
  setTimeout(() => {
    const body = third === prepared.name ? prepared.bodies[Number(first) % prepared.bodies.length] : undefined
    if (body === undefined) response.writeHead(404).end()
    else
      response
        .writeHead(200, { 'Content-Type': JSON_TYPE, 'Content-Encoding': 'gzip', 'Content-Length': body.length })
        .end(body)
  }, AWAY_MS)
})
await once(server.listen(0, '127.0.0.1'), 'listening')
const address = server.address()
console.log(`Serves http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/`)
process.on('disconnect', () => process.exit())
