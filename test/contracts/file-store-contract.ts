/** What every store of files promises, as a suite that each of them passes. */
import { createHash } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { FileKey, FileStore } from '../../src/store/file-store.ts'

/** The key of some bytes. */
export function keyOf(bytes: Uint8Array, scope?: string): FileKey {
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  return scope === undefined ? { sha256 } : { sha256, scope }
}

/** Keeps `bytes` in `store`. */
export async function keep(store: FileStore, bytes: Uint8Array, scope?: string): Promise<FileKey> {
  const draft = await store.create()
  await draft.write(bytes)
  const key = keyOf(bytes, scope)
  await draft.commit(key)
  await draft.close()
  return key
}

/** All bytes that the store has under `key`; undefined: it has none. */
export async function contentOf(store: FileStore, key: FileKey): Promise<Buffer | undefined> {
  const file = await store.find(key)
  return file === undefined ? undefined : bytesOf(file.read(0, file.size))
}

/** What was read, copied in time: each chunk's memory is used again. */
export async function bytesOf(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const copies: Buffer[] = []
  for await (const chunk of chunks) copies.push(Buffer.from(chunk))
  return Buffer.concat(copies)
}

/** Bytes of which no two parts are the same. */
function distinct(seed: number, length: number): Buffer {
  return Buffer.from(Uint32Array.from({ length: length / 4 }, (_, at) => at * 8 + seed).buffer)
}

const WHEEL = Buffer.from('PK\u0003\u0004 the bytes of a wheel')

/** `make` gives an empty store, and sees to it that it is cleared away. */
export function describeFileStore(name: string, make: () => Promise<FileStore>): void {
  describe(`${name} as a store of files`, () => {
    test('gives back the bytes that were committed', async () => {
      const store = await make()
      const key = await keep(store, WHEEL)
      expect((await store.find(key))?.size).toBe(WHEEL.length)
      expect(await contentOf(store, key)).toEqual(WHEEL)
    })

    test('does not find what was never stored', async () => {
      expect(await (await make()).find(keyOf(WHEEL))).toBeUndefined()
    })

    test('does not find a file before it is committed', async () => {
      const store = await make()
      const draft = await store.create()
      await draft.write(WHEEL)
      expect(await store.find(keyOf(WHEEL))).toBeUndefined()
      await draft.discard()
    })

    test('does not find a file that was discarded, or closed without a commit', async () => {
      const store = await make()
      const discarded = await store.create()
      await discarded.write(WHEEL)
      await discarded.discard()
      const closed = await store.create()
      await closed.write(WHEEL)
      await closed.close()
      expect(await store.find(keyOf(WHEEL))).toBeUndefined()
      await expect(closed.commit(keyOf(WHEEL))).rejects.toThrow('commit')
    })

    test('does not mind a discard after the commit, or a second one', async () => {
      const store = await make()
      const draft = await store.create()
      await draft.write(WHEEL)
      await draft.commit(keyOf(WHEEL))
      await draft.discard()
      await draft.discard()
      await draft.close()
      await draft.close()
      expect(await contentOf(store, keyOf(WHEEL))).toEqual(WHEEL)
    })

    test('lets a draft be read while it grows, and after its commit until it is closed', async () => {
      const store = await make()
      const draft = await store.create()
      await draft.write(Buffer.from('abc'))
      expect((await draft.read(1, 100)).toString()).toBe('bc')
      await draft.write(Buffer.from('def'))
      expect(draft.size).toBe(6)
      expect((await draft.read(2, 3)).toString()).toBe('cde')
      await draft.commit(keyOf(Buffer.from('abcdef')))
      expect((await draft.read(4, 100)).toString()).toBe('ef')
      await draft.close()
      await expect(draft.read(0, 1)).rejects.toBeInstanceOf(Error)
    })

    test('fails readers of a draft that was discarded', async () => {
      const draft = await (await make()).create()
      await draft.write(WHEEL)
      await draft.discard()
      await expect(draft.read(0, 1)).rejects.toBeInstanceOf(Error)
    })

    test('takes the same bytes twice, also at once', async () => {
      const store = await make()
      await keep(store, WHEEL)
      await Promise.all([keep(store, WHEEL), keep(store, WHEEL), keep(store, WHEEL)])
      expect(await contentOf(store, keyOf(WHEEL))).toEqual(WHEEL)
    })

    test('keeps an empty file', async () => {
      const store = await make()
      const key = await keep(store, Buffer.alloc(0))
      expect(await contentOf(store, key)).toEqual(Buffer.alloc(0))
    })

    test("gives a private upstream's file to nobody who only knows its hash", async () => {
      const store = await make()
      const key = await keep(store, WHEEL, 'corp')
      expect(await contentOf(store, key)).toEqual(WHEEL)
      expect(await store.find(keyOf(WHEEL))).toBeUndefined()
      expect(await store.find(keyOf(WHEEL, 'other'))).toBeUndefined()
    })

    test('forgets a file that was removed, and does not mind a second removal', async () => {
      const store = await make()
      const key = await keep(store, WHEEL)
      await store.remove(key)
      await store.remove(key)
      expect(await store.find(key)).toBeUndefined()
    })

    test('opens nothing before the first bytes are asked for', async () => {
      const store = await make()
      const key = await keep(store, WHEEL)
      const chunks = (await store.find(key))?.read(0, WHEEL.length)
      await store.remove(key)
      await expect(chunks?.next()).rejects.toBeInstanceOf(Error)
    })

    test('goes on with a file that was removed while it is read', async () => {
      const store = await make()
      const bytes = Buffer.alloc(1024 * 1024 + 1, 'x')
      const key = await keep(store, bytes)
      const file = await store.find(key)
      const chunks = file?.read(0, bytes.length)
      const first = await chunks?.next()
      let read = first?.done === false ? first.value.length : 0
      await store.remove(key)
      for await (const chunk of chunks ?? []) read += chunk.length
      expect(read).toBe(bytes.length)
    })

    test('gives each of many readers at once its own bytes, whoever leaves', async () => {
      const store = await make()
      const contents = [1, 2, 3].map((seed) => distinct(seed, 1_200_000))
      const files = await Promise.all(
        contents.map(async (bytes) => (await store.find(await keep(store, bytes))) ?? expect.fail('it was not found')),
      )
      const readings = files.flatMap((file) => [0, 5, 700_000].map((start) => file.read(start, file.size)))
      for (const [nth, reading] of readings.entries()) {
        await reading.next()
        if (nth % 3 === 1) await reading.return()
      }
      const read = await Promise.all([
        ...files.map((file) => bytesOf(file.read(1, file.size))),
        ...readings.map(bytesOf),
      ])
      for (const [nth, bytes] of contents.entries()) {
        expect(read[nth]?.equals(bytes.subarray(1))).toBe(true)
        for (const rest of read.slice(3 + 3 * nth, 6 + 3 * nth))
          expect(rest.equals(bytes.subarray(bytes.length - rest.length))).toBe(true)
      }
    })

    test('leaves a chunk as it is for a reader who goes with it: it may be on its way to a socket', async () => {
      const store = await make()
      const [one, other] = [distinct(1, 1_200_000), distinct(2, 1_200_000)]
      const [key, otherKey] = [await keep(store, one), await keep(store, other)]
      const reading = (await store.find(key))?.read(0, one.length)
      const first = await reading?.next()
      await reading?.return()
      expect((await contentOf(store, otherKey))?.equals(other)).toBe(true)
      if (first?.done !== false) expect.fail('nothing was read')
      expect(one.subarray(0, first.value.length).equals(first.value)).toBe(true)
    })

    test.each([
      ['a path', '../../../../etc/passwd'],
      ['too short', 'ab'],
      ['upper case', 'A'.repeat(64)],
      ['followed by a line feed', `${'a'.repeat(64)}\n`],
    ])('refuses a sha256 that is none: %s', async (_, sha256) => {
      const store = await make()
      const draft = await store.create()
      await expect(store.find({ sha256 })).rejects.toThrow('sha256')
      await expect(draft.commit({ sha256 })).rejects.toThrow('sha256')
      await draft.discard()
    })

    test('refuses a scope that is no name of an upstream', async () => {
      const store = await make()
      await expect(store.find({ ...keyOf(WHEEL), scope: '..' })).rejects.toThrow('scope')
      await expect(store.find({ ...keyOf(WHEEL), scope: 'a/b' })).rejects.toThrow('scope')
    })

    test('gives any range of any file, however it was written', async () => {
      const store = await make()
      const chunks = fc.array(fc.uint8Array({ maxLength: 700 }), { maxLength: 6 })
      await fc.assert(
        fc.asyncProperty(chunks, fc.nat(), fc.nat(), async (written, from, length) => {
          const draft = await store.create()
          for (const chunk of written) await draft.write(chunk)
          const bytes = Buffer.concat(written)
          await draft.commit(keyOf(bytes))
          await draft.close()
          const start = from % (bytes.length + 1)
          const end = start + (length % (bytes.length - start + 1))
          const range = (await store.find(keyOf(bytes)))?.read(start, end)
          expect(range === undefined ? undefined : await bytesOf(range)).toEqual(bytes.subarray(start, end))
        }),
        { numRuns: 30 },
      )
    })
  })
}
