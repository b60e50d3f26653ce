/** The case that a record is about, in words: for whoever has to find out who is wrong. */
import { type Cases, LETTERS, combinations, configsOf, statesOf } from './cases.ts'
import { RECORD_BYTES, REFUSED } from './record.ts'

/** `records`: all of one side, since a rules file that is refused has one record only. `at` counts records. */
export function sayCase(cases: Cases, records: Buffer, at: number): string {
  let first = 0
  for (const section of cases.decisions) {
    const states = LETTERS.map((letter) => statesOf(cases, section, letter))
    const perMemory = states.reduce((product, { length }) => product * length, 1)
    for (const config of configsOf(section)) {
      const isRefused = recordAt(records, first).equals(REFUSED)
      const count = isRefused ? 1 : perMemory * section.memories.length
      if (at >= first + count) {
        first += count
        continue
      }
      const memory = section.memories[Math.floor((at - first) / perMemory)]
      const chosen = digitsOf(
        (at - first) % perMemory,
        states.map(({ length }) => length),
      ).map((digit, place) => ({ [LETTERS[place] ?? '']: states[place]?.[digit] }))
      return JSON.stringify({ config, memory, ...(isRefused ? {} : { states: chosen }) })
    }
  }
  const { roles, anew, windows, raws, kinds, fresh, ages, lists } = cases.moments
  const moments = [...combinations<unknown[]>(roles, anew, windows, raws, kinds, fresh, ages, lists)]
  if (at < first + moments.length) return JSON.stringify(moments[at - first])
  first += moments.length
  const { strategies, hide, hashes } = cases.pages
  const listings = [...combinations<string[]>(...hashes)]
  const radices = [strategies.length, hide.length, listings.length, listings.length, listings.length]
  const [strategy = 0, hiding = 0, ...pages] = digitsOf(at - first, radices)
  return JSON.stringify([strategies[strategy], hide[hiding], ...pages.map((page) => listings[page]?.join(' '))])
}

export function recordAt(records: Buffer, at: number): Buffer {
  return records.subarray(at * RECORD_BYTES, (at + 1) * RECORD_BYTES)
}

/** A number written in several radices, the last one changing fastest. */
export function digitsOf(number: number, radices: readonly number[]): number[] {
  const digits: number[] = []
  let rest = number
  for (const radix of radices.toReversed()) {
    digits.unshift(rest % radix)
    rest = Math.floor(rest / radix)
  }
  return digits
}
