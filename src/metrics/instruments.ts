/** What is counted with: counters and histograms, told apart by the values of their labels. */
import type { Family, Sample } from './exposition.ts'

/** What a family is, but for its figures. */
export interface Named {
  readonly name: string
  readonly help: string
  /** The values of each must be few and our own: each set of them is kept for good. */
  readonly labels?: readonly string[]
}

export interface Counter {
  /** `values`: of the labels, in their order. Default: 1 more. */
  add(values: readonly string[], more?: number): void
  family(): Family
}

export function counter({ name, help, labels = [] }: Named): Counter {
  const counts = new Map<string, { readonly values: readonly string[]; value: number }>()
  return {
    add(values, more = 1) {
      const key = values.join('\n')
      const count = counts.get(key)
      if (count === undefined) counts.set(key, { values, value: more })
      else count.value += more
    },
    family: () => ({
      name,
      help,
      type: 'counter',
      samples: Array.from(counts.values(), ({ values, value }) => ({ labels: labelsOf(labels, values), value })),
    }),
  }
}

/** Upper bounds in seconds: from a page that is at hand to an upstream that takes all the time that it is given. */
const BOUNDS_S = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

export interface Histogram {
  /** `count`: so many took that long. */
  observe(values: readonly string[], ms: number, count?: number): void
  family(): Family
}

interface Observed {
  readonly values: readonly string[]
  /** By the first bound that is not below; the last is what is longer than all. */
  readonly counts: number[]
  sumMs: number
}

/** Of times. */
export function histogram({ name, help, labels = [] }: Named): Histogram {
  const all = new Map<string, Observed>()

  function observedFor(values: readonly string[]): Observed {
    const key = values.join('\n')
    const before = all.get(key)
    if (before !== undefined) return before
    const fresh = { values, counts: Array.from({ length: BOUNDS_S.length + 1 }, () => 0), sumMs: 0 }
    all.set(key, fresh)
    return fresh
  }

  return {
    observe(values, ms, count = 1) {
      // A clock that was set back makes no time negative.
      const tookMs = Math.max(ms, 0)
      const observed = observedFor(values)
      const at = BOUNDS_S.findIndex((bound) => tookMs <= bound * 1000)
      const bucket = at === -1 ? BOUNDS_S.length : at
      observed.counts[bucket] = (observed.counts[bucket] ?? 0) + count
      observed.sumMs += tookMs * count
    },
    family: () => ({
      name,
      help,
      type: 'histogram',
      samples: [...all.values()].flatMap((each) => samplesOf(labelsOf(labels, each.values), each)),
    }),
  }
}

/** Each bucket has those of the smaller ones in it. */
function samplesOf(labels: Readonly<Record<string, string>>, { counts, sumMs }: Observed): Sample[] {
  let count = 0
  const buckets = counts.map((more, i): Sample => {
    count += more
    const bound = BOUNDS_S[i]
    return { suffix: '_bucket', labels: { ...labels, le: bound === undefined ? '+Inf' : String(bound) }, value: count }
  })
  return [...buckets, { suffix: '_sum', labels, value: sumMs / 1000 }, { suffix: '_count', labels, value: count }]
}

function labelsOf(names: readonly string[], values: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(names.map((name, i) => [name, values[i] ?? '']))
}
