/** A rules file as JSON with comments: its value, the place of everything in it, and what is wrong with its syntax. */
import { type Node, type ParseError, createScanner, parseTree, printParseErrorCode } from 'jsonc-parser'
import type { Place } from '../merge/policy.ts'
import { type Fault, quote } from './fault.ts'
import { MAX_LENGTH } from './file-length.ts'
import { placesIn } from './places.ts'
import type { Wrong } from './text-value.ts'

/** Keys and positions in lists, from the outermost to the innermost. */
export type Path = readonly (string | number)[]

/** Where something stands: what `path` leads to or, where that is missing, what should hold it. `key`: its key. */
export type Where = (path: Path, part?: 'key' | 'value') => Place

export interface RulesDocument {
  /** Objects have no prototype. */
  readonly value: unknown
  readonly where: Where
  /** Syntax errors, or keys that stand twice. With syntax errors the value means nothing. */
  readonly faults: readonly Fault[]
  readonly isReadable: boolean
}

/** Names of all the projects that a company denies are fewer; each can be a fault of its own. */
const MAX_VALUES = 100_000

/** The deepest place of a valid file is 6 levels down; jsonc-parser calls itself for each. */
const MAX_DEPTH = 32

/** Never throws. `file` is how the file is called in messages. */
export function readDocument(source: string, file: string): RulesDocument {
  // Editors on Windows write a byte order mark, and show columns without it.
  const text = source.startsWith('\uFEFF') ? source.slice(1) : source
  const place = placesOf(text, file)
  const refused = (offset: number, wrong: string, right: string): RulesDocument => ({
    value: undefined,
    where: () => place(offset),
    faults: [{ place: place(offset), wrong, right }],
    isReadable: false,
  })
  if (text.length > MAX_LENGTH) return refused(0, 'the file is too long', `write at most ${MAX_LENGTH} signs`)
  if (text.trim() === '') return refused(0, 'the file is empty', 'begin with merge-rules.example.json')
  const excess = firstExcess(text)
  if (excess !== undefined) return refused(excess.offset, excess.wrong, excess.right)

  const errors: ParseError[] = []
  const root = parseTree(text, errors, { allowTrailingComma: true })
  if (root === undefined || errors.length > 0) {
    return { value: undefined, where: () => place(0), faults: syntaxFaults(errors, place), isReadable: false }
  }
  const nodes = new Map<string, Node>()
  const faults: Fault[] = []
  const value = readNode(root, [], {
    nodes,
    refuse: (at, wrong, right) => faults.push({ place: place(at), wrong, right }),
  })
  const where: Where = (path, part = 'value') => {
    for (let length = path.length; length >= 0; length -= 1) {
      const node = nodes.get(JSON.stringify(path.slice(0, length)))
      if (node === undefined) continue
      const hasKey = part === 'key' && length === path.length && node.parent?.type === 'property'
      return place((hasKey ? node.parent : node).offset)
    }
    return place(root.offset)
  }
  return { value, where, faults, isReadable: true }
}

function placesOf(text: string, file: string): (offset: number) => Place {
  const at = placesIn(text)
  return (offset) => ({ file, ...at(offset) })
}

/** Where the text has more than a rules file can need: the parser calls itself for each level. */
function firstExcess(text: string): ({ readonly offset: number } & Wrong) | undefined {
  const scanner = createScanner(text, true)
  let [depth, values] = [0, 0]
  while (scanner.getPosition() < text.length) {
    scanner.scan()
    const offset = scanner.getTokenOffset()
    const token = scanner.getTokenLength() === 1 ? text[offset] : undefined
    if (token === '{' || token === '[') depth += 1
    if (token === '}' || token === ']') depth -= 1
    if (token === ',') values += 1
    if (depth > MAX_DEPTH) return { offset, wrong: 'this is nested too deep', right: 'see merge-rules.example.json' }
    if (values > MAX_VALUES)
      return { offset, wrong: 'the file has too many values', right: `write at most ${MAX_VALUES}` }
  }
  return undefined
}

const SYNTAX: Readonly<Record<string, readonly [wrong: string, right: string]>> = {
  InvalidSymbol: ['this is no JSON', 'texts and keys stand in double quotes'],
  InvalidNumberFormat: ['this is no number', 'write a number such as 403'],
  PropertyNameExpected: ['a key is missing', 'write a key in double quotes'],
  ValueExpected: ['a value is missing', 'write a value, or delete what stands before'],
  ColonExpected: ['a colon is missing', 'write ":" between key and value'],
  CommaExpected: ['a comma is missing', 'write "," here'],
  CloseBraceExpected: ['a closing brace is missing', 'write "}" here'],
  CloseBracketExpected: ['a closing bracket is missing', 'write "]" here'],
  EndOfFileExpected: ['something stands behind the end', 'write one { … } and nothing behind it'],
  UnexpectedEndOfComment: ['this comment does not end', 'write "*/" at its end'],
  UnexpectedEndOfString: ['this text does not end', 'write a double quote at its end, on the same line'],
  InvalidUnicode: ['this escape is not valid', 'write \\u and four hexadecimal digits'],
  InvalidEscapeCharacter: ['this escape is not valid', 'write \\\\ for a backslash'],
  InvalidCharacter: ['this sign may not stand in a text', 'write it as an escape, e.g. \\t'],
}

/** One a line: a slip often makes the parser stumble several times. */
function syntaxFaults(errors: readonly ParseError[], place: (offset: number) => Place): Fault[] {
  const byLine = new Map<number, Fault>()
  for (const { error, offset } of errors) {
    const at = place(offset)
    const [wrong, right] = SYNTAX[printParseErrorCode(error)] ?? ['this is no JSON', 'see merge-rules.example.json']
    if (!byLine.has(at.line)) byLine.set(at.line, { place: at, wrong, right })
  }
  return [...byLine.values()]
}

interface Found {
  /** By path, as JSON. */
  readonly nodes: Map<string, Node>
  refuse(offset: number, wrong: string, right: string): void
}

/**
 * The value of the node; what stands in it is added to `found`. A key that stands twice is refused (which of them would
 * count?), and so is the one that would set a prototype.
 */
function readNode(node: Node, path: Path, found: Found): unknown {
  found.nodes.set(JSON.stringify(path), node)
  if (node.type === 'array') return (node.children ?? []).map((child, at) => readNode(child, [...path, at], found))
  if (node.type !== 'object') return node.value
  const value: Record<string, unknown> = Object.create(null)
  for (const { children: [key, child] = [] } of node.children ?? []) {
    if (key === undefined || child === undefined) continue
    const name = String(key.value)
    if (name in value) found.refuse(key.offset, `the key ${quote(name)} stands twice`, 'keep one of them')
    else if (name === '__proto__') found.refuse(key.offset, 'unknown key "__proto__"', 'delete it')
    else value[name] = readNode(child, [...path, name], found)
  }
  return value
}
