import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openDiskFileStore } from '../../src/store/disk-file-store.ts'
import { memoryState } from '../../src/store/memory-state.ts'
import { openState } from '../../src/store/sqlite-state.ts'
import { parseName } from '../../src/simple/name.ts'
import { temporaryFolder } from '../store/temporary-folder.ts'
import { memoryPageStore } from '../support/memory-page-store.ts'
import { type UpstreamFile, simpleUpstream, upstreamFile } from '../support/simple-upstream.ts'
import { type TestOptions, startUnidex } from '../support/unidex.ts'
import { wheelArchive } from '../support/wheel-archive.ts'

const WHEEL = 'acme-1.0-py3-none-any.whl'
const SDIST = 'acme-1.0.tar.gz'
const OTHER = 'acme-1.0-cp314-abi3-win_amd64.whl'
const BYTES = wheelArchive('acme', '1.0', { ballast: 200_000 })
const CHANGED = wheelArchive('acme', '1.0', { ballast: 200_001 })
const BARE = { hashes: {}, size: undefined }
const acme = parseName('acme')

/** An sdist, as far as its first bytes tell. */
const sdist = (content: string) => Buffer.concat([Buffer.of(0x1f, 0x8b), Buffer.from(content)])

const bare = (filename: string, bytes: Buffer = sdist(filename)) => upstreamFile(filename, bytes, BARE)
const shaOf = (bytes: string | Buffer) => createHash('sha256').update(bytes).digest('hex')

/** A page as servers give it that are no more than a folder: names and links. */
async function setUp(
  files: readonly UpstreamFile[] = [bare(WHEEL, BYTES), bare(SDIST)],
  { settings = {}, ...options }: TestOptions & { readonly settings?: Record<string, unknown> } = {},
) {
  const plain = await simpleUpstream({ acme: files })
  const rules = {
    upstreams: { plain: { url: plain.url, ...settings } },
    indexes: { default: { upstreams: ['plain'] } },
  }
  const start = (more: TestOptions = {}) => startUnidex(rules, { ...options, ...more })
  const at = (filename: string) => `/files/plain/${new URL(plain.url).host}/files/${filename}`
  const asked = () => plain.requests.filter((each) => each.includes('/files/')).length
  return { plain, at, asked, start, ...(await start()) }
}

type Page = { files: Record<string, unknown>[]; meta?: unknown }

const fieldsOf = ({ files }: Page, key: string) =>
  Object.fromEntries(files.map((each) => [each['filename'], each[key]]))

describe('hashes that no page gives', () => {
  it('are given as soon as all files of the version have passed, in JSON and HTML, and not before', async () => {
    const { get, json, at } = await setUp([bare(WHEEL, BYTES), bare(SDIST), bare('acme-2.0.tar.gz')])
    const hashes = async () => fieldsOf(await json('/simple/acme/'), 'hashes')
    const none = { [WHEEL]: {}, [SDIST]: {}, 'acme-2.0.tar.gz': {} }
    expect(await hashes()).toEqual(none)
    await (await get(at(WHEEL))).arrayBuffer()
    expect(await hashes()).toEqual(none)
    await (await get(at(SDIST))).arrayBuffer()
    const ofSdist = shaOf(sdist(SDIST))
    expect(await hashes()).toEqual({ ...none, [WHEEL]: { sha256: shaOf(BYTES) }, [SDIST]: { sha256: ofSdist } })
    expect(await (await get('/simple/acme/', { accept: 'text/html' })).text()).toContain(`${SDIST}#sha256=${ofSdist}`)
  })

  it('stand beside those that the page gives of other files of the version', async () => {
    const { get, json, at } = await setUp([bare(WHEEL, BYTES), upstreamFile(SDIST)])
    await (await get(at(WHEEL))).arrayBuffer()
    const hashes = { [WHEEL]: { sha256: shaOf(BYTES) }, [SDIST]: { sha256: shaOf(SDIST) } }
    expect(fieldsOf(await json('/simple/acme/'), 'hashes')).toEqual(hashes)
  })

  it('stay where they were given once, also when a file is added to the version', async () => {
    const { get, json, at, plain, clock } = await setUp([bare(WHEEL, BYTES)])
    await (await get(at(WHEEL))).arrayBuffer()
    await json('/simple/acme/')
    plain.projects = { acme: [bare(WHEEL, BYTES), bare(OTHER)] }
    clock.forward(3_600_000)
    const hashes = { [WHEEL]: { sha256: shaOf(BYTES) }, [OTHER]: {} }
    expect(fieldsOf(await json('/simple/acme/'), 'hashes')).toEqual(hashes)
  })

  it('do not replace a weak one that the page gives', async () => {
    const md5 = createHash('md5').update(BYTES).digest('hex')
    const { get, json, at, asked } = await setUp([upstreamFile(WHEEL, BYTES, { hashes: { md5 } })])
    for (let i = 0; i < 2; i += 1) await (await get(at(WHEEL))).arrayBuffer()
    expect(fieldsOf(await json('/simple/acme/'), 'hashes')).toEqual({ [WHEEL]: { md5 } })
    expect(asked()).toBe(1)
  })

  it.each([{ mutable: true }, { deliver: 'redirect' }])(
    'are not given where they may go wrong: %j',
    async (settings) => {
      const { get, json, at } = await setUp([bare(WHEEL, BYTES)], { settings })
      await (await get(at(WHEEL))).arrayBuffer()
      expect(fieldsOf(await json('/simple/acme/'), 'hashes')).toEqual({ [WHEEL]: {} })
    },
  )

  it('are taken back, and files are fetched anew, when the rules say that they may change', async () => {
    const { get, json, at, plain, reload } = await setUp([bare(WHEEL, BYTES)])
    const read = async () => Buffer.from(await (await get(at(WHEEL))).arrayBuffer())
    await read()
    expect(fieldsOf(await json('/simple/acme/'), 'hashes')).toEqual({ [WHEEL]: { sha256: shaOf(BYTES) } })
    const upstreams = { plain: { url: plain.url, mutable: true } }
    reload({ upstreams, indexes: { default: { upstreams: ['plain'] } } })
    expect(fieldsOf(await json('/simple/acme/'), 'hashes')).toEqual({ [WHEEL]: {} })
    plain.projects = { acme: [bare(WHEEL, CHANGED)] }
    expect((await read()).equals(CHANGED)).toBe(true)
  })

  it('are not learned from an answer that may have been cut off', async () => {
    const { get, json, at, plain } = await setUp([bare(WHEEL, BYTES)])
    plain.instead = ({ url }, response) => url?.startsWith('/files/') === true && endlessly(response)
    await (await get(at(WHEEL))).arrayBuffer()
    expect(fieldsOf(await json('/simple/acme/'), 'hashes')).toEqual({ [WHEEL]: {} })
  })

  it('are not learned from a page for people that came in its place, and the file comes as soon as it is back', async () => {
    const { get, json, at, plain } = await setUp([bare(WHEEL, BYTES)])
    plain.instead = ({ url }, response) => url?.startsWith('/files/') === true && !!response.end('<html>Sign in</html>')
    const read = async () => Buffer.from(await (await get(at(WHEEL))).arrayBuffer())
    await read()
    plain.instead = undefined
    expect((await read()).equals(BYTES)).toBe(true)
    expect(fieldsOf(await json('/simple/acme/'), 'hashes')).toEqual({ [WHEEL]: { sha256: shaOf(BYTES) } })
  })

  it('are known to every process that shares the folder', async () => {
    const folder = temporaryFolder()
    const states = [openState(folder, { create: true }), openState(folder, { create: true })] as const
    onTestFinished(() => states.forEach((state) => state.close()))
    const { get, at, start } = await setUp([bare(WHEEL, BYTES)], { state: states[0] })
    const { json, clock } = await start({ state: states[1] })
    await json('/simple/acme/')
    await (await get(at(WHEEL))).arrayBuffer()
    clock.forward(2)
    expect(fieldsOf(await json('/simple/acme/'), 'hashes')).toEqual({ [WHEEL]: { sha256: shaOf(BYTES) } })
  })
})

describe('a file without a hash that has passed', () => {
  it.each([{}, { private: true }])(
    'is found in the store: now, when its page is read anew, after a restart (%j)',
    async (settings) => {
      const folder = temporaryFolder()
      const options = {
        settings,
        state: memoryState(),
        pages: memoryPageStore(),
        files: await openDiskFileStore(folder, { report: () => {} }),
      }
      const { get, json, at, asked, start, clock, unidex } = await setUp(undefined, options)
      const whole = async (from: typeof get) => Buffer.from(await (await from(at(WHEEL))).arrayBuffer()).equals(BYTES)
      expect(await whole(get)).toBe(true)
      await unidex.current().deliverer.settled()
      expect(await whole(get)).toBe(true)
      clock.forward(3_600_000)
      await json('/simple/acme/')
      expect(await whole(get)).toBe(true)
      await unidex.close()
      const { get: afterwards } = await start()
      expect(await whole(afterwards)).toBe(true)
      expect(asked()).toBe(1)
    },
  )

  it('is not fetched again for its metadata where a server gives no parts', async () => {
    const { get, json, at, plain, clock } = await setUp([bare(WHEEL, BYTES)])
    const metadata = async () => (await (await get(at(`${WHEEL}.metadata`))).text()).includes('Name: acme')
    expect(await metadata()).toBe(true)
    clock.forward(3_600_000)
    await json('/simple/acme/')
    expect(await metadata()).toBe(true)
    const wheels = plain.requests.filter((each) => each.endsWith('.whl'))
    // The first is the question for a part.
    expect(wheels).toHaveLength(2)
  })

  it('that proved to be no wheel stays without a promise when its hash is known', async () => {
    const { get, json, at } = await setUp([bare(WHEEL, Buffer.from('PK, and no wheel at all'))])
    expect((await get(at(`${WHEEL}.metadata`))).status).toBe(404)
    expect(fieldsOf(await json('/simple/acme/'), 'core-metadata')).toEqual({ [WHEEL]: undefined })
  })

  it('and has changed at its upstream is withheld, until that is accepted', async () => {
    const [state, files] = [memoryState(), await openDiskFileStore(temporaryFolder(), { report: () => {} })]
    const { get, json, at, plain, events, unidex } = await setUp([bare(WHEEL, BYTES), bare(SDIST)], { state, files })
    for (const each of [WHEEL, SDIST]) await (await get(at(each))).arrayBuffer()
    const hashes = async () => fieldsOf(await json('/simple/acme/'), 'hashes')
    expect(Object.keys(await hashes())).toEqual([WHEEL, SDIST])
    plain.projects = { acme: [bare(WHEEL, CHANGED), bare(SDIST)] }
    await unidex.current().deliverer.settled()
    await files.remove({ sha256: shaOf(BYTES) })

    const read = async () => (await get(at(WHEEL))).arrayBuffer()
    await expect(read()).rejects.toThrow()
    expect(events.filter(({ event }) => event === 'hash_changed')).not.toEqual([])
    const withheld = await get(at(WHEEL))
    expect([withheld.status, await withheld.text()]).toEqual([403, expect.stringContaining(shaOf(CHANGED))])
    expect(Object.keys(await hashes())).toEqual([SDIST])

    if (acme === undefined) throw new Error('A name is one')
    state.accept('plain', acme, WHEEL, shaOf(CHANGED))
    expect(await hashes()).toMatchObject({ [WHEEL]: { sha256: shaOf(CHANGED) } })
    expect(Buffer.from(await (await get(at(WHEEL))).arrayBuffer()).equals(CHANGED)).toBe(true)
  })

  it('may not come back with another hash on its page', async () => {
    const { get, json, at, plain, clock } = await setUp([bare(WHEEL, BYTES)])
    await (await get(at(WHEEL))).arrayBuffer()
    plain.projects = { acme: [upstreamFile(WHEEL, CHANGED)] }
    clock.forward(3_600_000)
    expect((await json('/simple/acme/')).files).toEqual([])
  })
})

describe('sizes that no page gives', () => {
  const LISTED = { size: undefined }
  const size = BYTES.length

  it.each<[string, (at: string) => [path: string, method?: string]]>([
    ['a file that passed', (at) => [at]],
    ['a part that was read for metadata', (at) => [`${at}.metadata`]],
    ['a HEAD of a client', (at) => [at, 'HEAD']],
  ])('are learned from %s, and given', async (_, request) => {
    const { get, json, at, plain } = await setUp([upstreamFile(WHEEL, BYTES, LISTED)])
    plain.instead = byParts
    const before = await json('/simple/acme/')
    expect([before['meta'], fieldsOf(before, 'size')]).toEqual([{ 'api-version': '1.0' }, { [WHEEL]: undefined }])
    const [path, method] = request(at(WHEEL))
    await (await get(path, {}, method)).arrayBuffer()
    await expect.poll(async () => fieldsOf(await json('/simple/acme/'), 'size')).toEqual({ [WHEEL]: size })
    expect((await json('/simple/acme/'))['meta']).toEqual({ 'api-version': '1.4' })
  })

  it('are not asked for to make a page', async () => {
    const { json, asked } = await setUp()
    await json('/simple/acme/')
    expect(asked()).toBe(0)
  })

  it('are forgotten where the file is another one by its page', async () => {
    const { get, json, at, plain, clock } = await setUp([upstreamFile(SDIST, 'one', LISTED)])
    await (await get(at(SDIST), {}, 'HEAD')).text()
    await expect.poll(async () => fieldsOf(await json('/simple/acme/'), 'size')).toEqual({ [SDIST]: 3 })
    plain.projects = { acme: [upstreamFile(SDIST, 'other', LISTED)] }
    clock.forward(3_600_000)
    expect(fieldsOf(await json('/simple/acme/'), 'size')).toEqual({ [SDIST]: undefined })
  })

  it('that were only heard of bind nobody: a file that never passed may change', async () => {
    const { get, json, at, plain } = await setUp([bare(SDIST, sdist('one'))])
    await (await get(at(SDIST), {}, 'HEAD')).text()
    await expect.poll(async () => fieldsOf(await json('/simple/acme/'), 'size')).toEqual({ [SDIST]: 5 })
    plain.projects = { acme: [bare(SDIST, sdist('another one'))] }
    expect(await (await get(at(SDIST))).text()).toContain('another one')
    expect(fieldsOf(await json('/simple/acme/'), 'size')).toEqual({ [SDIST]: 13 })
  })
})

/** Until the connection ends: nobody can tell whether that is all. */
function endlessly(response: ServerResponse): boolean {
  response.useChunkedEncodingByDefault = false
  response.shouldKeepAlive = false
  response.removeHeader('Content-Length')
  response.writeHead(200, { Connection: 'close' })
  response.end(BYTES.subarray(0, 1000))
  return true
}

function byParts({ url, headers, method }: IncomingMessage, response: ServerResponse): boolean {
  const last = Number(/^bytes=-(\d+)$/.exec(headers.range ?? '')?.[1])
  if (url?.endsWith('.whl') !== true || method !== 'GET' || Number.isNaN(last)) return false
  const start = Math.max(0, BYTES.length - last)
  response
    .writeHead(206, { 'Content-Range': `bytes ${start}-${BYTES.length - 1}/${BYTES.length}` })
    .end(BYTES.subarray(start))
  return true
}
