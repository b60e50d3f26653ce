/** Reads a JSON document piece by piece; the arrays of its own object come in parts, so that what is long is never held whole. */
import { isUtf8 } from 'node:buffer'
import type { Steps } from '../pace/steps.ts'
import { PageError } from './model.ts'

export interface ArrayTaker {
  /** An array begins: what was taken of an earlier one of that name does not count, as for `JSON.parse`. */
  begin(name: string): void
  /** Its next elements, a few thousand at most. */
  take(name: string, elements: readonly unknown[]): void
}

/** Accepts what `JSON.parse` of the whole accepts, unless an element or all the rest is longer than 1 MiB. */
export interface JsonDocumentReader {
  /** @throws PageError as soon as it can be no such document */
  write(bytes: Uint8Array): Steps<void>
  /** The document, with `[]` for each of its arrays. @throws PageError where it is no JSON in UTF-8 */
  end(): unknown
}

/** Bytes that are read in one step: about a millisecond's work. */
const STEP_BYTES = 32 * 1024

/** An element, and all that stands beside the arrays, are parsed in one go. */
const MAX_PARSED_BYTES = 1024 * 1024

const [QUOTE, COMMA, BACKSLASH] = [0x22, 0x2c, 0x5c]
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d]

/**
 * Where elements end is told from quotes and brackets alone. Whether it is JSON is left to `JSON.parse`, which is given
 * elements in brackets of their own, and the document without them: where both are right, so is the whole.
 */
export function jsonDocumentReader({ begin, take }: ArrayTaker): JsonDocumentReader {
  /** The document without the elements, a sign for each byte. */
  let rest = ''
  /** The last string in the document's own object and what follows it, as far as that came in earlier steps. */
  let begun = ''
  /** How many brackets are open, and whether the first is an object's; whether a string is, and its next sign escaped. */
  let depth = 0
  let isObject = false
  let isOpen = false
  let isEscaped = false
  /** The name of the array that is being read; the beginning of an element whose end did not come yet; whether any was read. */
  let name: string | undefined
  let held: Buffer[] = []
  let heldBytes = 0
  let isSplit = false

  function keep(bytes: Buffer): void {
    rest += bytes.toString('latin1')
    if (rest.length > MAX_PARSED_BYTES) throw new PageError('it has more than 1 MiB beside its lists', 'too-large')
  }

  function hold(bytes: Buffer): void {
    held.push(bytes)
    heldBytes += bytes.length
    if (heldBytes > MAX_PARSED_BYTES) throw new PageError('it has an entry of more than 1 MiB', 'too-large')
  }

  /** `isLast`: the array ends here, else a comma follows. */
  function takeElements(of: string, bytes: Buffer, isLast: boolean): void {
    const elements = parseText(held.length === 0 ? bytes : Buffer.concat([...held, bytes]), '[', ']') as unknown[]
    held = []
    heldBytes = 0
    // Nothing stands beside a comma.
    if (elements.length === 0 && (isSplit || !isLast)) throw noJson()
    isSplit = !isLast
    take(of, elements)
  }

  /** The quote that ends the string which is open from `start`, or behind the end of `bytes`. */
  function readString(bytes: Buffer, start: number): number {
    const end = endOfString(bytes, isEscaped ? start + 1 : start)
    isOpen = end >= bytes.length
    isEscaped = end > bytes.length
    return end
  }

  function readStep(bytes: Buffer): void {
    // What lies before `from` was put where it belongs; the last whole element ends at `comma`.
    let [from, comma] = [0, -1]
    let keyFrom = 0
    for (let at = isOpen ? readString(bytes, 0) + 1 : 0; at < bytes.length; at += 1) {
      const sign = bytes[at]
      if (sign === QUOTE) {
        if (depth === 1) [begun, keyFrom] = ['', at]
        at = readString(bytes, at + 1)
      } else if (sign === COMMA) {
        if (name === undefined || depth !== 2) continue
        comma = at
        if (held.length === 0) continue
        // By itself, so that no more is copied.
        takeElements(name, bytes.subarray(from, at), false)
        ;[from, comma] = [at + 1, -1]
      } else if (sign === OPEN_OBJECT || sign === OPEN_ARRAY) {
        depth += 1
        if (depth === 1) isObject = sign === OPEN_OBJECT
        if (depth !== 2 || !isObject || sign === OPEN_OBJECT) continue
        name = keyOf(begun + bytes.toString('latin1', keyFrom, at))
        begun = ''
        keyFrom = at
        keep(bytes.subarray(from, at + 1))
        from = at + 1
        isSplit = false
        begin(name)
      } else if (sign === CLOSE_OBJECT || sign === CLOSE_ARRAY) {
        depth -= 1
        if (name === undefined || depth !== 1) continue
        takeElements(name, bytes.subarray(from, at), true)
        name = undefined
        ;[from, comma] = [at, -1]
      }
    }
    if (name !== undefined) {
      if (comma !== -1) takeElements(name, bytes.subarray(from, comma), false)
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

/**
 * The quote before which all signs from `start` on are a string's; the length of `bytes` where it is not among them, and
 * one more where the last of them escapes the next.
 */
function endOfString(bytes: Buffer, start: number): number {
  let at = start
  for (; at < bytes.length; at += 1) {
    const sign = bytes[at]
    if (sign === QUOTE) break
    if (sign === BACKSLASH) at += 1
  }
  return at
}

/** The key that `text` is, with its colon, a sign for each byte. @throws PageError where it is none */
function keyOf(text: string): string {
  const [key] = Object.keys(parseText(Buffer.from(`{${text}0}`, 'latin1')) as object)
  if (key === undefined) throw noJson()
  return key
}

function parseText(text: Buffer, before = '', behind = ''): unknown {
  if (!isUtf8(text)) throw noJson()
  try {
    // A byte order mark is kept, and is no JSON.
    return JSON.parse(`${before}${text.toString()}${behind}`)
  } catch {
    // Without a cause: V8 quotes the text in its message.
    throw noJson()
  }
}

function noJson(): PageError {
  return new PageError('it is no JSON in UTF-8')
}
