import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { Draft, FileStore } from '../../src/store/file-store.ts'
import { simpleUpstream, upstreamFile } from '../support/simple-upstream.ts'
import { startUnidex } from '../support/unidex.ts'

/** One that is held in memory whole while it comes, and one that is not. */
const [SMALL, LARGE] = [randomBytes(600_000), randomBytes(4_000_000)]

/** A disk that takes so many bytes of a file and no more; -1: it does not even open one. Without `commits` it cannot keep any. */
function diskThatTakes(maxBytes: number, commits = true): FileStore {
  return {
    find: async () => undefined,
    remove: async () => {},
    sweep: async () => {},
    async create(): Promise<Draft> {
      if (maxBytes < 0) throw new Error('EROFS: read-only file system')
      let held = Buffer.alloc(0)
      let discarded = false
      return {
        get size() {
          return held.length
        },
        async write(chunk) {
          if (held.length + chunk.length > maxBytes) throw new Error('ENOSPC: no space left on device')
          held = Buffer.concat([held, chunk])
        },
        async read(position, length) {
          if (discarded) throw new Error('read after discard')
          return held.subarray(position, position + length)
        },
        async commit() {
          if (!commits) throw new Error('EIO: i/o error, fsync')
        },
        async discard() {
          discarded = true
        },
        async close() {},
      }
    },
  }
}

async function setUp(files: FileStore, bytes: Buffer) {
  const pypi = await simpleUpstream({ big: [upstreamFile('big-1.0.tar.gz', bytes)] })
  const unidex = await startUnidex(
    { upstreams: { pypi: { url: pypi.url } }, indexes: { default: { upstreams: ['pypi'] } } },
    { files },
  )
  const download = async (range?: string) => {
    const response = await unidex.get(
      `/files/pypi/${new URL(pypi.url).host}/files/big-1.0.tar.gz`,
      range === undefined ? {} : { range },
    )
    return Buffer.from(await response.arrayBuffer())
  }
  return { pypi, download, ...unidex }
}

it('a reader who never comes holds no connection, while the disk takes nothing', async () => {
  const { get, pypi } = await setUp(diskThatTakes(-1), LARGE)
  const path = `/files/pypi/${new URL(pypi.url).host}/files/big-1.0.tar.gz`
  for (let i = 0; i < 40; i += 1) expect((await get(path, { range: 'bytes=99999999-' })).status).toBe(416)
  expect((await get(path)).status).toBe(200)
})

describe.each([
  ['a small file', SMALL],
  ['a large file', LARGE],
])('of %s', (_which, bytes) => {
  describe.each([
    ['cannot be opened for writing', diskThatTakes(-1)],
    ['takes nothing', diskThatTakes(0)],
    ['is full in the middle of the file', diskThatTakes(bytes.length / 2)],
    ['is full in the last 64 KiB', diskThatTakes(bytes.length - 30_000)],
    ['cannot keep what it took', diskThatTakes(1e9, false)],
  ])('while the disk %s', (_what, disk) => {
    it('every client gets all', async () => {
      const { download, events } = await setUp(disk, bytes)
      const all = await Promise.all([download(), download(), download()])
      expect(all.every((each) => each.equals(bytes))).toBe(true)
      expect(events.some((each) => each.event === 'store_failed')).toBe(true)
    })

    it('and every range', async () => {
      const { download } = await setUp(disk, bytes)
      expect((await download('bytes=100-199')).equals(bytes.subarray(100, 200))).toBe(true)
      expect((await download('bytes=299000-')).equals(bytes.subarray(299_000))).toBe(true)
    })

    it('wrong bytes never arrive whole', async () => {
      const { download, pypi } = await setUp(disk, bytes)
      const changed = Buffer.from(bytes)
      changed[10] = (changed[10] ?? 0) ^ 1
      pypi.instead = (request, response) => {
        if (!request.url?.startsWith('/files/')) return false
        response.writeHead(200, { 'Content-Length': changed.length }).end(changed)
        return true
      }
      await expect(download()).rejects.toThrow()
    })
  })
})
