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

    test('keeps a page of a megabyte', async () => {
      const store = make()
      const page = Array.from({ length: 20_000 }, (_, at) => `project-${at}-with-a-rather-long-name-${at * 7919}`)
      await store.set(KEY, page)
      expect(await store.get(KEY)).toEqual(page)
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
