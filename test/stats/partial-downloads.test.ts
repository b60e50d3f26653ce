/** When parts of a file make up a download. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { partialDownloads } from '../../src/stats/partial-downloads.ts'

const opened = () => partialDownloads(() => 0)

describe('a download in parts', () => {
  it('is one when nothing is missing, in whatever order they come', () => {
    const { completes } = opened()
    expect(completes('a', { start: 60, end: 100 }, 100)).toBe(false)
    expect(completes('a', { start: 0, end: 40 }, 100)).toBe(false)
    expect(completes('b', { start: 40, end: 60 }, 100)).toBe(false)
    expect(completes('a', { start: 30, end: 70 }, 100)).toBe(true)
    expect(completes('a', { start: 30, end: 70 }, 100)).toBe(false)
  })

  it('is one and no more where a whole one comes after a broken one', () => {
    const { completes } = opened()
    expect(completes('a', { start: 0, end: 60 }, 100)).toBe(false)
    expect(completes('a', { start: 0, end: 100 }, 100)).toBe(true)
    expect(completes('a', { start: 60, end: 100 }, 100)).toBe(false)
  })

  it('is forgotten after an hour', () => {
    let now = 1
    const { completes } = partialDownloads(() => now)
    completes('a', { start: 0, end: 60 }, 100)
    now += 3_600_001
    expect(completes('a', { start: 60, end: 100 }, 100)).toBe(false)
  })

  it('is whole exactly when each byte was given', () => {
    const part = fc.tuple(fc.nat(20), fc.nat(20)).map(([a, b]) => ({ start: Math.min(a, b), end: Math.max(a, b) }))
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
        const { completes } = opened()
        let given = new Set<number>()
        for (const { start, end } of parts) {
          for (let byte = start; byte < end; byte += 1) given.add(byte)
          const isWhole = end > start && given.size === 20
          expect(completes('a', { start, end }, 20)).toBe(isWhole)
          if (isWhole) given = new Set()
        }
      }),
    )
  })
})
