/** What every store of pages promises, as a suite that each of them passes. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { PageKey, PageStore } from '../../src/store/page-store.ts'

const KEY: PageKey = { upstream: 'pypi', fingerprint: '5f2c', page: 'requests' }

/** `make` gives an empty store, and sees to it that it is cleared away. */
export function describePageStore(name: string, make: () => PageStore): void {
  describe(`${name} as a store of pages`, () => {
    test('gives back what was kept', async () => {
      const store = make()
      await store.set(KEY, { files: [{ filename: 'a.whl', size: 3 }], status: null })
      expect(await store.get(KEY)).toEqual({ files: [{ filename: 'a.whl', size: 3 }], status: null })
    })

    test('knows nothing of a page that was never kept', async () => {
      expect(await make().get(KEY)).toBeUndefined()
    })

    test('keeps pages apart that differ in one part of their key', async () => {
      const store = make()
      await store.set(KEY, 1)
      expect(await store.get({ ...KEY, upstream: 'corp' })).toBeUndefined()
      expect(await store.get({ ...KEY, fingerprint: '5f2d' })).toBeUndefined()
      expect(await store.get({ ...KEY, page: '/' })).toBeUndefined()
    })

    test('gives the last of several values', async () => {
      const store = make()
      await store.set(KEY, 'first')
      await store.set(KEY, 'second')
      expect(await store.get(KEY)).toBe('second')
    })

    test('forgets a page, and does not mind forgetting it again', async () => {
      const store = make()
      await store.set(KEY, 1)
      await store.delete(KEY)
      await store.delete(KEY)
      expect(await store.get(KEY)).toBeUndefined()
    })

    test('names all that it keeps, the large ones once', async () => {
      const store = make()
      expect(await store.keys()).toEqual([])
      const companion = { ...KEY, page: 'ab12 six-1.0-py3-none-any.whl.metadata ' }
      const large = { ...KEY, page: 'large' }
      await store.set(KEY, 1)
      await store.set(companion, 2)
      await store.set(large, { names: Array.from({ length: 200_000 }, (_, at) => String((at * 7919) ** 5)) })
      await store.set({ ...KEY, page: 'gone' }, 3)
      await store.delete({ ...KEY, page: 'gone' })
      const byPage = (all: readonly PageKey[]) => all.toSorted((a, b) => (a.page < b.page ? -1 : 1))
      expect(byPage(await store.keys())).toEqual(byPage([KEY, companion, large]))
    })

    test('keeps a page of a megabyte', async () => {
      const store = make()
      const page = Array.from({ length: 20_000 }, (_, at) => `project-${at}-with-a-rather-long-name-${at * 7919}`)
      await store.set(KEY, page)
      expect(await store.get(KEY)).toEqual(page)
    })

    test('keeps a page of many megabytes, and others beside it', async () => {
      const store = make()
      const page = (seed: number) => ({
        checkedAt: seed,
        files: Array.from({ length: 120_000 }, (_, at) => ({ hash: String((at * 7919 + seed) ** 5), at })),
        versions: ['1.0'],
      })
      for (const seed of [1, 2]) {
        await store.set(KEY, page(seed))
        await store.set({ ...KEY, page: `page-${seed}` }, seed)
        expect(await store.get(KEY)).toEqual(page(seed))
      }
      expect(await store.get({ ...KEY, page: 'page-1' })).toBe(1)
      await store.delete(KEY)
      expect(await store.get(KEY)).toBeUndefined()
    })

    test('takes what is asked for at once in its order', async () => {
      const store = make()
      const long = { files: Array.from({ length: 20_000 }, (_, at) => at) }
      const all = [store.set(KEY, long), store.get(KEY), store.delete(KEY), store.get(KEY), store.set(KEY, 1)]
      expect(await Promise.all(all)).toEqual([undefined, long, undefined, undefined, undefined])
      expect(await store.get(KEY)).toBe(1)
    })

    test('keeps a value as it was when it was given', async () => {
      const store = make()
      const value = { files: ['a'] }
      await store.set(KEY, value)
      value.files.push('b')
      expect(await store.get(KEY)).toEqual({ files: ['a'] })
    })

    test('forgets what is no JSON value, and goes on', async () => {
      const store = make()
      const circle: { self?: unknown } = {}
      circle.self = circle
      await store.set(KEY, circle)
      await store.set(KEY, undefined)
      expect(await store.get(KEY)).toBeUndefined()
    })

    test('gives back any JSON value', async () => {
      const store = make()
      await fc.assert(
        fc.asyncProperty(fc.jsonValue(), async (value) => {
          await store.set(KEY, value)
          expect(await store.get(KEY)).toEqual(JSON.parse(JSON.stringify(value)))
        }),
        { numRuns: 50 },
      )
    })
  })
}
