/** HTML as a flat run of tags and text. Without a tree, time is linear and memory bounded, whatever was written. */
import { createRequire } from 'node:module'
import type * as Htmlparser2 from 'htmlparser2'
import { PageError } from './model.ts'

export interface HtmlHandler {
  /** `attributes` has those of `READ_ATTRIBUTES`, decoded, the first of each name. It is used again for the next tag. */
  open(tag: string, attributes: ReadonlyMap<string, string>): void
  close(tag: string): void
  /** Decoded; one text may come in several pieces. */
  text(text: string): void
}

/** All attributes that anybody here reads: the others are skipped, so their number does not matter. */
const READ_ATTRIBUTES: ReadonlySet<string> = new Set([
  'href',
  'name',
  'content',
  'data-requires-python',
  'data-yanked',
  'data-core-metadata',
  'data-dist-info-metadata',
  'data-gpg-sig',
  'data-provenance',
  'data-size',
  'data-upload-time',
])

const load = createRequire(import.meta.url)

const MAX_NAME_LENGTH = 32

/** Characters of an attribute that are kept. One more than any reader takes, so that whatever is longer is seen to be. */
const MAX_VALUE_LENGTH = 16 * 1024 + 1

/**
 * Reads HTML in pieces of UTF-8 (WHATWG "Tokenization"; tags are not balanced: for links it does not matter where they
 * stand). It never fails for what the markup is.
 * @throws PageError from `write` and `end` where the bytes are not UTF-8
 */
export function htmlTokens(handler: HtmlHandler): { write(bytes: Uint8Array): void; end(): void } {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  // The tokenizer gives offsets into all that was written. What lies before `settled` it will not come back to.
  let held = ''
  let heldFrom = 0
  let settled = 0
  let tag = ''
  let attribute = ''
  let value = ''
  let attributes = new Map<string, string>()

  function slice(start: number, end: number): string {
    settled = end
    return held.slice(start - heldFrom, end - heldFrom)
  }

  function name(start: number, end: number): string {
    return slice(start, Math.min(end, start + MAX_NAME_LENGTH)).toLowerCase()
  }

  function openTag(end: number): void {
    settled = end
    handler.open(tag, attributes)
  }

  function skip(_start: number, end: number): void {
    settled = end
  }

  // Loaded with the first page: a server whose upstreams all speak JSON never needs it.
  const { Tokenizer } = load('htmlparser2') as typeof Htmlparser2
  const tokenizer = new Tokenizer(
    {},
    {
      onopentagname(start, end) {
        tag = name(start, end)
        attributes = new Map()
      },
      onattribname(start, end) {
        attribute = name(start, end)
        value = ''
      },
      onattribdata(start, end) {
        if (value.length < MAX_VALUE_LENGTH) value += slice(start, Math.min(end, start + MAX_VALUE_LENGTH))
        settled = end
      },
      onattribentity(codePoint) {
        if (value.length < MAX_VALUE_LENGTH) value += String.fromCodePoint(codePoint)
      },
      onattribend(_quote, end) {
        settled = end
        if (READ_ATTRIBUTES.has(attribute) && !attributes.has(attribute)) attributes.set(attribute, value)
      },
      onopentagend: openTag,
      onselfclosingtag: openTag,
      onclosetag: (start, end) => handler.close(name(start, end)),
      ontext: (start, end) => handler.text(slice(start, end)),
      ontextentity(codePoint, end) {
        settled = end
        handler.text(String.fromCodePoint(codePoint))
      },
      oncomment: skip,
      oncdata: skip,
      ondeclaration: skip,
      onprocessinginstruction: skip,
      onend() {},
    },
  )

  function write(text: string): void {
    held += text
    tokenizer.write(text)
    if (settled <= heldFrom) return
    held = held.slice(settled - heldFrom)
    heldFrom = settled
  }

  return {
    write: (bytes) => write(decode(() => decoder.decode(bytes, { stream: true }))),
    end() {
      write(decode(() => decoder.decode()))
      tokenizer.end()
    },
  }
}

function decode(decoding: () => string): string {
  try {
    return decoding()
  } catch (cause) {
    throw new PageError('it is not UTF-8', 'bad-page', { cause })
  }
}
