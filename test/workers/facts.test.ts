/** What one worker learns, or a command writes, binds the others: whoever asks them next gets the answer that follows from it. */
import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { describe, expect, it, onTestFinished } from 'vitest'
import { nameList } from '../../src/simple/name-list.ts'
import { openState } from '../../src/store/sqlite-state.ts'
import { project } from '../contracts/state-contract.ts'
import { type RunningServer, unidex } from '../journey/support/server.ts'
import { temporaryFolder } from '../store/temporary-folder.ts'
import { type SimpleUpstream, simpleUpstream, upstreamFile } from '../support/simple-upstream.ts'
import { askAt, filesIn, serveWithTwo, workersOf } from './several.ts'

const OURS = upstreamFile('acme-1.0.tar.gz')
const THEIRS = upstreamFile('acme-9.9.9.tar.gz')

interface Place {
  readonly corp: SimpleUpstream
  readonly pypi: SimpleUpstream
  readonly folder: string
  readonly server: RunningServer
  readonly one: number
  readonly other: number
  /** Runs a command on the folder of the server. */
  run(...words: string[]): Promise<number | null>
}

/** The index `public` asks nobody but PyPI. */
async function setUp(): Promise<Place> {
  const corp = await simpleUpstream({ acme: [OURS] })
  const pypi = await simpleUpstream({ acme: [THEIRS], late: [upstreamFile('late-9.9.9.tar.gz')] })
  // No list, so that only what was served makes an owner.
  corp.instead = (request, response) => (request.url === '/simple/' ? Boolean(response.writeHead(404).end()) : false)
  const folder = temporaryFolder()
  const rules = {
    upstreams: { corp: { url: corp.url, private: true }, pypi: { url: pypi.url } },
    indexes: { default: { upstreams: ['corp', 'pypi'] }, public: { upstreams: ['pypi'] } },
  }
  const server = await serveWithTwo({ folder, rules })
  const [one = 0, other = 0] = workersOf(server)
  return {
    corp,
    pypi,
    folder,
    server,
    one,
    other,
    async run(...words) {
      const places = ['--rules', `${folder}/merge-rules.json`, '--data', `${folder}/data`]
      return (await unidex([...words, ...places])).code
    },
  }
}

const files = async ({ server }: Place, worker: number, path: string) => filesIn(await askAt(server, worker, path))

describe('what one worker learns', () => {
  it('of an owner, the other obeys where it would ask and where it has an answer at hand', async () => {
    const place = await setUp()
    const { corp, pypi, one, other } = place
    // So the other has an answer at hand, which is good for minutes.
    expect(await files(place, other, '/public/simple/acme/')).toEqual([THEIRS.filename])
    expect(await files(place, one, '/simple/acme/')).toEqual([OURS.filename])
    expect(await files(place, other, '/public/simple/acme/')).toBe(404)
    corp.projects = {}
    const asked = pypi.requests.length
    // A page of a private upstream is good for two seconds.
    await expect.poll(() => files(place, other, '/simple/acme/'), { timeout: 10_000 }).toBe(404)
    expect(pypi.requests.slice(asked)).toEqual([])
  })

  it("of a private upstream's list, the others obey", async () => {
    const place = await setUp()
    const { folder, one, other } = place
    const late = project('late')
    for (const worker of [one, other])
      expect(await files(place, worker, '/public/simple/late/')).toEqual(['late-9.9.9.tar.gz'])
    // As the worker does that has read it.
    const state = openState(`${folder}/data/state`, { create: false })
    onTestFinished(() => state.close())
    state.keepList('corp', { names: nameList([late]), checkedAt: Date.now() })
    for (const worker of [one, other]) expect(await files(place, worker, '/public/simple/late/')).toBe(404)
  })

  it('of the bytes of a file, the other holds its upstream to', async () => {
    const place = await setUp()
    const { corp, server, one, other } = place
    const path = `/files/corp/${new URL(corp.url).host}/files/${OURS.filename}`
    expect(await askAt(server, one, path)).toEqual({ status: 200, body: OURS.filename })
    corp.projects['acme'] = [upstreamFile(OURS.filename, 'other content')]
    await expect.poll(() => files(place, other, '/simple/acme/'), { timeout: 10_000 }).toEqual([])
    expect((await askAt(server, other, path)).status).toBe(403)
  })

  it('of a file whose page gives no hash, the other puts on its page, and has the file', async () => {
    const place = await setUp()
    const { pypi, server, one, other } = place
    const bytes = gzipSync('no more than a name')
    pypi.projects['bare'] = [upstreamFile('bare-1.0.tar.gz', bytes, { hashes: {} })]
    const page = '/public/simple/bare/'
    expect((await askAt(server, other, page)).body).toContain('"hashes":{}')
    const path = `/public/files/pypi/${new URL(pypi.url).host}/files/bare-1.0.tar.gz`
    expect((await askAt(server, one, path)).status).toBe(200)
    expect((await askAt(server, other, page)).body).toContain(createHash('sha256').update(bytes).digest('hex'))
    expect((await askAt(server, other, path)).status).toBe(200)
    expect(pypi.requests.filter((each) => each.includes('/files/'))).toHaveLength(1)
  })
})

describe('what a command writes, every worker obeys when it has ended', () => {
  it('a name is let go', async () => {
    const place = await setUp()
    const { corp, one, other, run } = place
    expect(await files(place, one, '/simple/acme/')).toEqual([OURS.filename])
    corp.projects = {}
    for (const worker of [one, other])
      await expect.poll(() => files(place, worker, '/simple/acme/'), { timeout: 10_000 }).toBe(404)
    expect(await run('forget', 'acme')).toBe(0)
    for (const worker of [one, other]) expect(await files(place, worker, '/simple/acme/')).toEqual([THEIRS.filename])
  })

  it('a file that has changed is accepted', async () => {
    const place = await setUp()
    const { corp, server, one, other, run } = place
    const path = `/files/corp/${new URL(corp.url).host}/files/${OURS.filename}`
    expect((await askAt(server, one, path)).status).toBe(200)
    corp.projects['acme'] = [upstreamFile(OURS.filename, 'other content')]
    for (const worker of [one, other])
      await expect.poll(() => files(place, worker, '/simple/acme/'), { timeout: 10_000 }).toEqual([])
    expect(await run('accept', OURS.filename)).toBe(0)
    for (const worker of [one, other]) {
      expect(await files(place, worker, '/simple/acme/')).toEqual([OURS.filename])
      expect(await askAt(server, worker, path)).toEqual({ status: 200, body: 'other content' })
    }
  })
})
