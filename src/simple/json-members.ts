/** The members of a JSON object one after the other, long arrays in parts: what JSON.parse gives, without its long stop. */
import { isUtf8 } from 'node:buffer'
import { PageError } from './model.ts'

/** What became known of a member. */
export type MemberPart =
  /** Its value; of an array an empty one. A name may come again: the last value counts, as for JSON.parse. */
  | { readonly kind: 'value'; readonly name: string; readonly value: unknown }
  /** The next elements of its array. */
  | { readonly kind: 'elements'; readonly name: string; readonly elements: readonly unknown[] }

/** Elements are parsed together until they have so many bytes: enough that it is as fast as all at once. */
const BATCH_BYTES = 64 * 1024

/** Of one element, of one value that is no array, of white space. Whoever writes more wants to keep us busy. */
const MAX_PART_BYTES = 1024 * 1024

const TAB = 0x09
const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d
const SPACE = 0x20
const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_BRACKET = 0x5b
const BACKSLASH = 0x5c
const CLOSE_BRACKET = 0x5d
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d

/**
 * Reads the object that `text` is. The end comes only where the whole text is JSON, so nothing is to be believed before:
 * where the brackets lie is found out here, and whether what lies between them is right is for JSON.parse to say.
 * @throws PageError where it is no JSON object in UTF-8, or one part of it has more than 1 MiB
 */
export function* memberParts(bytes: Uint8Array): Generator<MemberPart, void> {
  if (!isUtf8(bytes)) throw notJson()
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = skipSpace(text, 0)
  if (text[at] !== OPEN_BRACE) throw new PageError('it is no JSON object')
  at = skipSpace(text, at + 1)
  while (text[at] === QUOTE) {
    const nameEnd = endOfString(text, at, at + MAX_PART_BYTES)
    const name = String(parse(text, at, nameEnd))
    at = skipSpace(text, nameEnd)
    if (text[at] !== COLON) throw notJson()
    at = skipSpace(text, at + 1)
    if (text[at] === OPEN_BRACKET) {
      yield { kind: 'value', name, value: [] }
      let isFirst = true
      for (let start = at + 1; text[at] !== CLOSE_BRACKET; start = at + 1) {
        at = endOfBatch(text, start)
        if (text[at] === CLOSE_BRACE) throw notJson()
        const elements = parse(text, start, at, '[', ']') as unknown[]
        const isLast = text[at] === CLOSE_BRACKET
        // Nothing stands before or behind a comma; a whole array may have nothing in it.
        if (elements.length === 0 && !(isFirst && isLast)) throw notJson()
        yield { kind: 'elements', name, elements }
        isFirst = false
      }
      at += 1
    } else {
      const end = endOfElement(text, at)
      yield { kind: 'value', name, value: parse(text, at, end) }
      at = end
    }
    at = skipSpace(text, at)
    if (text[at] !== COMMA) break
    at = skipSpace(text, at + 1)
    if (text[at] !== QUOTE) throw notJson()
  }
  if (text[at] !== CLOSE_BRACE || skipSpace(text, at + 1) !== text.length) throw notJson()
}

/** The comma or bracket behind as many elements as make a batch. */
function endOfBatch(text: Buffer, start: number): number {
  let at = endOfElement(text, start)
  while (text[at] === COMMA && at - start < BATCH_BYTES) at = endOfElement(text, at + 1)
  return at
}

/** The comma or bracket that ends the element which begins at `start`. */
function endOfElement(text: Buffer, start: number): number {
  const limit = start + MAX_PART_BYTES
  let depth = 0
  for (let at = start; at < text.length; at += 1) {
    const sign = text[at]
    if (sign === QUOTE) at = endOfString(text, at, limit) - 1
    else if (sign === OPEN_BRACE || sign === OPEN_BRACKET) depth += 1
    else if (depth === 0 && (sign === COMMA || sign === CLOSE_BRACE || sign === CLOSE_BRACKET)) return at
    else if (sign === CLOSE_BRACE || sign === CLOSE_BRACKET) depth -= 1
    if (at > limit) throw tooLarge()
  }
  throw notJson()
}

/** Behind the quote that ends the string whose first quote is at `start`. */
function endOfString(text: Buffer, start: number, limit: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    const sign = text[at]
    if (sign === QUOTE) return at + 1
    if (sign === BACKSLASH) at += 1
    if (at > limit) throw tooLarge()
  }
  throw notJson()
}

/** JSON has four kinds of white space. */
function skipSpace(text: Buffer, start: number): number {
  let at = start
  for (; isSpace(text[at]); at += 1) if (at - start > MAX_PART_BYTES) throw tooLarge()
  return at
}

function isSpace(sign: number | undefined): boolean {
  return sign === SPACE || sign === LINE_FEED || sign === CARRIAGE_RETURN || sign === TAB
}

function parse(text: Buffer, start: number, end: number, before = '', behind = ''): unknown {
  try {
    return JSON.parse(`${before}${text.toString('utf8', start, end)}${behind}`)
  } catch {
    // Without a cause: V8 quotes the text in its message.
    throw notJson()
  }
}

function notJson(): PageError {
  return new PageError('it is no JSON in UTF-8')
}

function tooLarge(): PageError {
  return new PageError('one part of it has more than 1 MiB', 'too-large')
}
