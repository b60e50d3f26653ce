/** What a report says of measured values. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Row, isReached, median, ratio, row, short, spread, summary, table } from '../../bench/figures.ts'

const ROW: Row = { topic: 'page', case: 'small', contender: 'Unidex', value: 40, unit: 'ms', spread: [38, 45] }

describe('median', () => {
  it('is the middle one, whatever the order', () => {
    expect(median([30, 1, 2])).toBe(2)
  })

  it('is between the two in the middle of an even number', () => {
    expect(median([4, 1, 2, 100])).toBe(3)
  })

  it('has as many values above as below it', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer(), { minLength: 1 }), (values) => {
        const middle = median(values)
        expect(values.filter((each) => each < middle).length).toBe(values.filter((each) => each > middle).length)
      }),
    )
  })

  it('of nothing is refused', () => {
    expect(() => median([])).toThrow(RangeError)
  })
})

describe('ratio', () => {
  it('compares what was measured in one round', () => {
    // The machine was slower in the second round; in both the one was twice as fast as the other.
    expect(ratio([200, 50], [100, 25])).toBe(2)
    expect(ratio([10, 30, 100], [10, 10, 10])).toBe(3)
  })

  it('is that of the medians where the rounds do not pair up', () => {
    expect(ratio([10, 20, 30], [10])).toBe(2)
  })
})

it('a spread is the least and the most, or the one value that there is', () => {
  expect(spread([3, 1, 2])).toEqual([1, 3])
  expect(spread([3])).toEqual([3])
})

it.each([
  [0.123_45, '0.123'],
  [12.34, '12.3'],
  [999.6, '1,000'],
  [123_456.7, '123,457'],
])('%d is shown as %s', (value, shown) => {
  expect(short(value)).toBe(shown)
})

describe('a goal', () => {
  const beside = { ...ROW, baseline: 'direct', ratio: 0.5 }

  it.each([
    ['≤ 50 ms', true],
    ['≤ 39 ms', false],
    ['≥ 40 ms', true],
    ['< 40 ms', false],
    ['> 40 ms', false],
    ['≤ 1,000 ms with 20 upstreams', true],
  ])('%s with the unit is about the value, 40 ms: %s', (goal, reached) => {
    expect(isReached({ ...beside, goal })).toBe(reached)
  })

  it.each([
    ['≥ 0.85', false],
    ['≥ 0.5', true],
    ['≤ 0.5 of it', true],
  ])('%s without the unit is about the ratio, 0.5: %s', (goal, reached) => {
    expect(isReached({ ...beside, goal })).toBe(reached)
  })

  it('without the unit is about the value where there is no baseline', () => {
    expect([isReached({ ...ROW, goal: '≤ 39' }), isReached({ ...ROW, goal: '≤ 40' })]).toEqual([false, true])
  })

  it.each([
    ['≤ direct + 20 ms', true],
    ['≤ direct + 19 ms', false],
  ])('%s is about what the value has more than a baseline of 20 ms: %s', (goal, reached) => {
    expect(isReached({ ...beside, ratio: 2, goal })).toBe(reached)
  })

  it.each([undefined, 'fast', '', 'at most 3', '≤ another + 20 ms'])('%s cannot be judged', (goal) => {
    expect(isReached({ ...beside, goal })).toBeUndefined()
  })
})

it('a row holds the median, the spread, and the ratio to what it is measured against', () => {
  const names = { topic: 'page', case: 'small', contender: 'Unidex', unit: 'req/s' }
  expect(row({ ...names, values: [20, 10, 30], against: { name: 'hono', values: [20, 10, 20] }, goal: '≥ 1' })).toEqual(
    {
      ...names,
      value: 20,
      spread: [10, 30],
      baseline: 'hono',
      ratio: 1,
      goal: '≥ 1',
    },
  )
  expect(row({ ...names, values: [20] })).toEqual({ ...names, value: 20, spread: [20] })
})

it('a table says of each row with a goal whether it is reached', () => {
  const rows = [
    { ...ROW, goal: '≤ 50 ms' },
    { ...ROW, goal: '≤ 0.2', baseline: 'direct', ratio: 0.25 },
    { ...ROW, case: 'a|b' },
  ]
  expect(table(rows).split('\n').slice(2)).toEqual([
    '| page | small | Unidex | 40 ms | 38–45 |  | ≤ 50 ms | yes |',
    '| page | small | Unidex | 40 ms | 38–45 | 0.25 of direct | ≤ 0.2 | **no** |',
    String.raw`| page | a\|b | Unidex | 40 ms | 38–45 |  |  |  |`,
  ])
})

it('a summary has a line for each goal, with its worst case', () => {
  const rows = [
    { ...ROW, case: 'good', baseline: 'hono', ratio: 0.95, goal: '≥ 0.85' },
    { ...ROW, case: 'bad', baseline: 'hono', ratio: 0.8, goal: '≥ 0.85' },
    { ...ROW, case: 'short', value: 10, ratio: 9, goal: '≤ 50 ms' },
    { ...ROW, case: 'long', value: 20, ratio: 1, goal: '≤ 50 ms' },
    { ...ROW, case: 'without a goal', contender: 'hono' },
  ]
  expect(summary(rows).split('\n').slice(2)).toEqual([
    '| page | Unidex | ≥ 0.85 of hono | 1 of 2 | bad | 40 ms, 0.8 |',
    '| page | Unidex | ≤ 50 ms | yes | long | 20 ms, 1 |',
  ])
})
