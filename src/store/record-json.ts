/** Long values as JSON and back, in steps. Long is an object whose members are long arrays; the rest of it is short. */
import { batches } from '../pace/batches.ts'
import type { Steps } from '../pace/steps.ts'
import { jsonDocumentReader } from '../simple/json-document.ts'

/** An array with more elements is long: all others are written and read in some milliseconds. */
const LONG_LENGTH = 8192

/** Whether it is to be written and read in steps. */
export function isLong(value: unknown): value is Readonly<Record<string, unknown>> {
  return isObject(value) && Object.values(value).some(isLongArray)
}

/** What JSON.stringify gives for `value`, in pieces. */
export function* jsonPieces(value: Readonly<Record<string, unknown>>): Generator<string, void> {
  const short = Object.entries(value).filter(([, member]) => !isLongArray(member))
  let before = JSON.stringify(Object.fromEntries(short)).slice(0, -1)
  for (const [name, member] of Object.entries(value)) {
    if (!isLongArray(member)) continue
    before += `${before === '{' ? '' : ','}${JSON.stringify(name)}:[`
    for (const batch of batches(member)) {
      yield before + JSON.stringify(batch).slice(1, -1)
      before = ','
    }
    before = ']'
  }
  yield `${before}}`
}

/** The value whose pieces `json` has. @throws PageError where it is something else */
export function* readPieces(json: Buffer): Steps<unknown> {
  const arrays = new Map<string, unknown[]>()
  const reader = jsonDocumentReader({
    begin: (name) => void arrays.set(name, []),
    take(name, elements) {
      const array = arrays.get(name)
      for (const element of elements) array?.push(element)
    },
  })
  yield* reader.write(json)
  const withoutElements = reader.end()
  return isObject(withoutElements) ? { ...withoutElements, ...Object.fromEntries(arrays) } : withoutElements
}

function isLongArray(value: unknown): value is readonly unknown[] {
  return Array.isArray(value) && value.length > LONG_LENGTH
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
