/** The figures of several workers in one exposition. */
import type { Family, Sample } from './exposition.ts'

export interface WorkerFigures {
  /** From 1 on; one that takes the place of another takes its number, and begins at 0 like any process. */
  readonly worker: number
  readonly families: readonly Family[]
}

/** Each figure has the worker's number as a label: what adds up and what does not is for the query to say. */
export function sideBySide(all: readonly WorkerFigures[]): Family[] {
  const byName = new Map<string, Family & { readonly samples: Sample[] }>()
  for (const { worker, families } of all.toSorted((a, b) => a.worker - b.worker)) {
    for (const { samples, ...family } of families) {
      const joint = byName.get(family.name) ?? { ...family, samples: [] }
      byName.set(family.name, joint)
      for (const sample of samples)
        joint.samples.push({ ...sample, labels: { worker: String(worker), ...sample.labels } })
    }
  }
  return [...byName.values()]
}
