/** What every index promises, upstreams and wrappers alike, as a suite that each of them passes. */
import { describe, expect, test } from 'vitest'
import type { Index } from '../../src/indexes/contract.ts'
import { name } from '../support/build.ts'

/** What the index has to say in the end: one project with one file, nothing else, and this list; or it cannot say. */
export interface Made {
  readonly index: Index
  /** From now on it cannot say anything, and what was said before must not count as new. */
  fail(): void
}

const ACME = name('acme')
const OTHER = name('other')

/** `make` gives an index that has `acme` with `acme-1.0.tar.gz`, lists `acme`, and has nothing else. */
export function describeIndex(title: string, make: () => Made): void {
  describe(`${title} as an index`, () => {
    test('gives the page of a project that it has, with when it was asked and until when that holds', async () => {
      const { page, checkedAt, freshUntil, staleBecause } = await make().index.getProject(ACME)
      expect(page?.files.map(({ filename }) => filename)).toEqual(['acme-1.0.tar.gz'])
      expect(freshUntil).toBeGreaterThanOrEqual(checkedAt)
      expect(staleBecause).toBeUndefined()
    })

    test('gives absence as a value', async () => {
      expect((await make().index.getProject(OTHER)).page).toBeUndefined()
    })

    test('throws an UpstreamError that names the upstream where it cannot say, and never an absence', async () => {
      const { index, fail } = make()
      fail()
      await expect(index.getProject(ACME)).rejects.toMatchObject({ name: 'UpstreamError', upstream: 'corp' })
      await expect(index.getProject(OTHER)).rejects.toMatchObject({ name: 'UpstreamError', upstream: 'corp' })
      await expect(index.listProjects()).rejects.toMatchObject({ name: 'UpstreamError', upstream: 'corp' })
    })

    test('takes what the caller holds, and says what it says all the same', async () => {
      const { index } = make()
      const held = await index.getProject(ACME)
      const again = await index.getProject(ACME, { held, maxAgeMs: 0 })
      expect(again.page).toEqual(held.page)
    })

    test('lists its projects, and says that it has a list', async () => {
      const { names, listed } = await make().index.listProjects()
      expect([names.bytes.toString(), listed]).toEqual(['acme\n', true])
    })

    test('answers the same question asked many times at once', async () => {
      const { index } = make()
      const answers = await Promise.all(Array.from({ length: 20 }, () => index.getProject(ACME)))
      expect(new Set(answers.map(({ page }) => page?.files.length))).toEqual(new Set([1]))
    })
  })
}
