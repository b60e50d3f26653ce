/** Reads a JSON document with one very long array piece by piece, so that neither its text nor its value is ever held whole. */
import { isUtf8 } from 'node:buffer'
import type { Steps } from '../pace/steps.ts'
import { PageError } from './model.ts'

export interface LongArrayOptions {
  /** The key of the document that has the array; of several, the last counts, as for `JSON.parse`. */
  readonly key: string
  /** Such an array begins: what was taken of an earlier one does not count. */
  begin(): void
  /** The next elements, a few thousand at most. */
  take(elements: readonly unknown[]): void
}

/** Accepts what `JSON.parse` of the whole accepts, unless an element or all the rest is longer than 1 MiB. */
export interface LongArrayReader {
  /** @throws PageError as soon as it can be no such document */
  write(bytes: Uint8Array): Steps<void>
  /** The document, with `[]` for each such array. @throws PageError where it is no JSON in UTF-8 */
  end(): unknown
}

/** Bytes that are read in one step: a few milliseconds' work. */
const STEP_BYTES = 64 * 1024

/** An element, and all that stands beside the array, are parsed in one go. */
const MAX_PARSED_BYTES = 1024 * 1024

const [QUOTE, COMMA, BACKSLASH] = [0x22, 0x2c, 0x5c]
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d]
const [OPENING, CLOSING] = [Buffer.of(OPEN_ARRAY), Buffer.of(CLOSE_ARRAY)]

/**
 * Where elements end is told from quotes and brackets alone. Whether it is JSON is left to `JSON.parse`, which is given
 * elements in brackets of their own, and the document without them: where both are right, so is the whole.
 */
export function longArrayReader({ key, begin, take }: LongArrayOptions): LongArrayReader {
  /** The document without the elements, a sign for each byte. */
  let rest = ''
  /** The last string in the document's own object and what follows it, as far as that came in earlier steps. */
  let begun = ''
  /** How many brackets are open, and whether the first is an object's; whether a string is, and its next sign escaped. */
  let depth = 0
  let isObject = false
  let isOpen = false
  let isEscaped = false
  /** Whether this is within the array; the beginning of an element whose end did not come yet; whether any was read. */
  let isArray = false
  let held: Buffer[] = []
  let heldBytes = 0
  let isSplit = false

  function keep(bytes: Buffer): void {
    rest += bytes.toString('latin1')
    if (rest.length > MAX_PARSED_BYTES) throw new PageError('it has more than 1 MiB beside its list', 'too-large')
  }

  function hold(bytes: Buffer): void {
    held.push(bytes)
    heldBytes += bytes.length
    if (heldBytes > MAX_PARSED_BYTES) throw new PageError('it has an entry of more than 1 MiB', 'too-large')
  }

  /** `isLast`: the array ends here, else a comma follows. */
  function takeElements(bytes: Buffer, isLast: boolean): void {
    const elements = parseText(Buffer.concat([OPENING, ...held, bytes, CLOSING])) as unknown[]
    held = []
    heldBytes = 0
    // Nothing stands beside a comma.
    if (elements.length === 0 && (isSplit || !isLast)) throw noJson()
    isSplit = !isLast
    take(elements)
  }

  function readStep(bytes: Buffer): void {
    // What lies before `from` was put where it belongs; the last whole element ends at `comma`.
    let [from, comma] = [0, -1]
    let keyFrom = 0
    for (let at = 0; at < bytes.length; at += 1) {
      const sign = bytes[at]
      if (isOpen) {
        if (isEscaped) isEscaped = false
        else if (sign === BACKSLASH) isEscaped = true
        else if (sign === QUOTE) isOpen = false
      } else if (sign === QUOTE) {
        isOpen = true
        if (depth !== 1) continue
        begun = ''
        keyFrom = at
      } else if (sign === COMMA) {
        if (isArray && depth === 2) comma = at
      } else if (sign === OPEN_OBJECT || sign === OPEN_ARRAY) {
        depth += 1
        if (depth === 1) isObject = sign === OPEN_OBJECT
        if (depth !== 2 || !isObject || sign === OPEN_OBJECT) continue
        isArray = isKey(begun + bytes.toString('latin1', keyFrom, at), key)
        begun = ''
        keyFrom = at
        if (!isArray) continue
        keep(bytes.subarray(from, at + 1))
        from = at + 1
        begin()
      } else if (sign === CLOSE_OBJECT || sign === CLOSE_ARRAY) {
        depth -= 1
        if (!isArray || depth !== 1) continue
        takeElements(bytes.subarray(from, at), true)
        isArray = false
        ;[from, comma] = [at, -1]
      }
    }
    if (isArray) {
      if (comma !== -1) takeElements(bytes.subarray(from, comma), false)
      hold(bytes.subarray(Math.max(from, comma + 1)))
    } else {
      begun += bytes.toString('latin1', keyFrom)
      keep(bytes.subarray(from))
    }
  }

  return {
    *write(bytes) {
      const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      for (let at = 0; at < whole.length; at += STEP_BYTES) {
        readStep(whole.subarray(at, at + STEP_BYTES))
        yield
      }
    },
    end: () => parseText(Buffer.from(rest, 'latin1')),
  }
}

/** Whether `text`, a sign for each byte, is this key and its colon. @throws PageError where it is no key at all */
function isKey(text: string, key: string): boolean {
  return Object.hasOwn(parseText(Buffer.from(`{${text}0}`, 'latin1')) as object, key)
}

function parseText(text: Buffer): unknown {
  if (!isUtf8(text)) throw noJson()
  try {
    // A byte order mark is kept, and is no JSON.
    return JSON.parse(text.toString())
  } catch {
    // Without a cause: V8 quotes the text in its message.
    throw noJson()
  }
}

function noJson(): PageError {
  return new PageError('it is no JSON in UTF-8')
}
