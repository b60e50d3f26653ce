/** A disk that takes its time: nobody waits for it but the upstream, and that one only when memory would be too much. */
import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { HELD_BACK_BYTES, verifierFor } from '../../src/files/expectation.ts'
import { TAIL_BYTES } from '../../src/files/tail.ts'
import { startTransfer } from '../../src/files/transfer.ts'
import type { FileStore } from '../../src/store/file-store.ts'
import { file } from '../support/build.ts'
import { type UpstreamFile, simpleUpstream, upstreamFile } from '../support/simple-upstream.ts'
import { startUnidex } from '../support/unidex.ts'

/** What a disk does when it is told to, and not before. */
function slowDisk() {
  const opened = Promise.withResolvers<void>()
  const committed = Promise.withResolvers<void>()
  const pieces: Buffer[] = []
  const store: FileStore = {
    find: async () => undefined,
    remove: async () => {},
    sweep: async () => {},
    async create() {
      await opened.promise
      return {
        size: 0,
        async write(chunk) {
          pieces.push(Buffer.from(chunk))
        },
        read: async (position, length) => Buffer.concat(pieces).subarray(position, position + length),
        commit: () => committed.promise,
        async discard() {},
        async close() {},
      }
    },
  }
  return { store, taken: () => Buffer.concat(pieces), open: opened.resolve, commit: committed.resolve }
}

async function setUp(
  listed?: UpstreamFile['listed'],
  { bytes = randomBytes(300_000), mutable = false }: { bytes?: Buffer; mutable?: boolean } = {},
) {
  const disk = slowDisk()
  const pypi = await simpleUpstream({ big: [upstreamFile('big-1.0.tar.gz', bytes, listed)] })
  const { get, unidex } = await startUnidex(
    { upstreams: { pypi: { url: pypi.url, mutable } }, indexes: { default: { upstreams: ['pypi'] } } },
    { files: disk.store },
  )
  const download = async () => {
    const response = await get(`/files/pypi/${new URL(pypi.url).host}/files/big-1.0.tar.gz`)
    return Buffer.from(await response.arrayBuffer())
  }
  const fetches = () => pypi.requests.filter((each) => each.includes('/files/')).length
  return { disk, pypi, bytes, download, fetches, settled: () => unidex.current().deliverer.settled() }
}

describe('while the disk takes its time', () => {
  it('a small file is given whole, to those who come later too, and kept in the end', async () => {
    const { disk, bytes, download, fetches, settled } = await setUp()
    expect((await download()).equals(bytes)).toBe(true)
    disk.open()
    expect((await download()).equals(bytes)).toBe(true)
    await expect.poll(() => disk.taken().equals(bytes)).toBe(true)
    expect((await download()).equals(bytes)).toBe(true)
    expect(fetches()).toBe(1)
    disk.commit()
    await settled()
    expect((await download()).equals(bytes)).toBe(true)
    expect(fetches()).toBe(2)
  })

  it('a file that may change is asked for again once it is whole', async () => {
    const { disk, pypi, bytes, download } = await setUp({ hashes: {} }, { mutable: true })
    expect((await download()).equals(bytes)).toBe(true)
    const changed = randomBytes(bytes.length)
    pypi.projects = { big: [upstreamFile('big-1.0.tar.gz', changed, { hashes: {} })] }
    expect((await download()).equals(changed)).toBe(true)
    disk.open()
    disk.commit()
  })

  it('a large file is not fetched much further than the disk is', async () => {
    const { store, open, commit, taken } = slowDisk()
    const bytes = randomBytes(4 * TAIL_BYTES)
    let given = 0
    async function* chunks() {
      for (; given < bytes.length; given += 100_000) yield bytes.subarray(given, given + 100_000)
    }
    const entry = file('pypi', 'big-1.0.tar.gz', { hashes: {} })
    const { settled, progress, join, read } = startTransfer({
      fetching: { chunks: chunks(), current: () => expect.fail('nothing is gone on with'), cancel: () => {} },
      creating: store.create(),
      verifier: verifierFor(entry),
      size: bytes.length,
      prove: async () => true,
      commit: (draft, sha256) => draft.commit({ sha256 }),
      onOver: () => {},
      onDiskFailure: () => {},
    })
    join()
    await expect.poll(() => given).toBeGreaterThan(TAIL_BYTES - 100_000)
    expect(await progress(0)).toEqual({ kind: 'readable', until: TAIL_BYTES - HELD_BACK_BYTES })
    await new Promise(setImmediate)
    expect(given).toBeLessThanOrEqual(TAIL_BYTES)

    open()
    commit()
    await settled
    expect(taken().equals(bytes)).toBe(true)
    expect(await progress(0)).toEqual({ kind: 'readable', until: bytes.length })
    for (const at of [0, bytes.length - TAIL_BYTES - 5, bytes.length - 10])
      expect(Buffer.from(await read(at, Buffer.alloc(10))).equals(bytes.subarray(at, at + 10))).toBe(true)
  })
})
