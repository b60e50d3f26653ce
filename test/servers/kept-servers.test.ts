/** Each server that cannot be started here, as an upstream: what we make of its pages and habits. */
import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { memoryState } from '../../src/store/memory-state.ts'
import { name } from '../support/build.ts'
import { simpleUpstream, upstreamFile } from '../support/simple-upstream.ts'
import { type TestUnidex, startUnidex } from '../support/unidex.ts'
import { FILES, KEPT_SERVERS, type KeptServer, WHEEL } from './kept-servers.ts'
import { type Served, dist, serveKept } from './serve-kept.ts'

const ROWS: [string, KeptServer][] = Object.entries(KEPT_SERVERS)
const CLOSED = ROWS.filter(([, { token }]) => token !== undefined)

async function inFront(kept: KeptServer, { password = kept.token }: { password?: string | undefined } = {}) {
  const served = await serveKept(kept)
  const pypi = await simpleUpstream({
    requests: [upstreamFile('requests-2.0.tar.gz')],
    'acme-core': [upstreamFile('acme_core-99.0.tar.gz')],
  })
  const state = memoryState()
  const unidex = await startUnidex(
    {
      upstreams: {
        it: {
          url: served.url,
          private: kept.private,
          ...(password !== undefined && { auth: { username: 'ci', password } }),
          ...settingsOf(kept, served),
        },
        pypi: { url: pypi.url },
      },
      indexes: { default: { upstreams: ['it', 'pypi'] } },
    },
    { state },
  )
  return { ...unidex, served, pypi, state }
}

function settingsOf({ settings }: KeptServer, { url, filesUrl }: Served): object {
  const text = JSON.stringify(settings?.(filesUrl) ?? {})
  return JSON.parse(text.replace('{index origin}', `${new URL(url).origin}/`))
}

const hashOf = (algorithm: string, filename: string) => createHash(algorithm).update(dist(filename)).digest('hex')

const errorsOf = ({ events }: TestUnidex) => events.filter(({ level }) => level === 'error').map(({ event }) => event)

describe.each(ROWS)('%s', (_, kept) => {
  const { hash = 'sha256', unhashed = [], files = FILES } = kept

  it('gives all files of its project, with the hashes that it says', async () => {
    const { json } = await inFront(kept)
    const page = await json('/simple/acme-core/')
    const said = (filename: string) =>
      hash === 'none' || unhashed.includes(filename) ? {} : { [hash]: hashOf(hash, filename) }
    expect(Object.fromEntries(page.files.map(({ filename, hashes }) => [filename, hashes]))).toEqual(
      Object.fromEntries(files.map((filename) => [filename, said(filename)])),
    )
    // An empty one says nothing.
    for (const file of page.files) expect(file['requires-python'] ?? '>=3.8').toBe('>=3.8')
  })

  it('gives a file whole, and its password to nobody else', async () => {
    const { get, json, served } = await inFront(kept)
    const page = await json('/simple/acme-core/')
    const file = page.files.find(({ filename }) => filename === WHEEL)
    const address = new URL(String(file?.['url']), 'http://127.0.0.1:8642/simple/acme-core/')
    const response = await get(address.pathname)
    expect(response.status).toBe(200)
    expect(Buffer.from(await response.arrayBuffer()).equals(dist(WHEEL))).toBe(true)
    expect(served.shownToFiles.filter((shown) => shown !== undefined)).toEqual([])
  })

  it('does not have what it lacks: it comes from the next index, and is not its own', async () => {
    const unidex = await inFront(kept)
    expect(await unidex.files('requests')).toEqual(['requests-2.0.tar.gz'])
    expect(unidex.state.ownersOf(name('requests'))).toEqual([])
    expect(errorsOf(unidex)).toEqual([])
  })

  it('while it is down, nothing comes in its place', async () => {
    const { get, served, pypi } = await inFront(kept)
    await served.stop()
    expect((await get('/simple/acme-core/')).status).toBe(503)
    expect(kept.private ? pypi.requests.filter((each) => each.includes('acme')) : []).toEqual([])
  })
})

describe.each(CLOSED)('%s, with a wrong password', (_, kept) => {
  it('is refused by it, and nothing comes in its place', async () => {
    const { get, pypi } = await inFront(kept, { password: 'wrong' })
    expect((await get('/simple/acme-core/')).status).toBe(502)
    expect((await get('/simple/requests/')).status).toBe(502)
    expect(pypi.requests.filter((each) => each !== 'GET /simple/')).toEqual([])
  })
})
