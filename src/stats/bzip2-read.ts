/** Reads bzip2, from whoever wrote it: bounded, in linear time, checked by its own checksums. */
import { checksum, combined } from './bzip2-checksum.ts'

/** What was read is no bzip2, is damaged, or is too long. */
export class Bzip2Error extends Error {
  override readonly name = 'Bzip2Error'
}

const BLOCK_MAGIC = 0x314159265359
const END_MAGIC = 0x177245385090
const MAX_CODE_LENGTH = 20
const GROUP_LENGTH = 50
const MAX_SELECTORS = 18_002

/**
 * The bytes, a block at a time (at most 900 kB that no run has lengthened yet, so 46 MB); several streams behind each other
 * are one. @throws Bzip2Error also for more than `maxBytes`
 */
export function* readBzip2(
  input: Uint8Array,
  { maxBytes }: { readonly maxBytes: number },
): Generator<Uint8Array, void> {
  const bits = bitReader(input)
  let left = maxBytes
  do {
    if (bits.read(24) !== 0x425a68) throw new Bzip2Error('It does not begin as bzip2 does')
    const level = bits.read(8) - 0x30
    if (level < 1 || level > 9) throw new Bzip2Error('It has no size of blocks')
    let stream = 0
    for (;;) {
      const magic = bits.read(24) * 2 ** 24 + bits.read(24)
      const expected = bits.read(16) * 2 ** 16 + bits.read(16)
      if (magic === END_MAGIC) {
        if (expected !== stream) throw new Bzip2Error('Its checksum is another one')
        break
      }
      if (magic !== BLOCK_MAGIC) throw new Bzip2Error('A block does not begin as it should')
      const bytes = readBlock(bits, level * 100_000, left)
      if (checksum(bytes) !== expected) throw new Bzip2Error('The checksum of a block is another one')
      stream = combined(stream, expected)
      left -= bytes.length
      yield bytes
    }
    bits.align()
  } while (bits.hasMore())
}

function readBlock(bits: BitReader, maxLength: number, maxBytes: number): Uint8Array {
  if (bits.read(1) === 1) throw new Bzip2Error('It is of a version that is no longer written')
  const start = bits.read(24)
  const used = readUsed(bits)
  const symbols = readSymbols(bits, used.length + 2)
  const { last, length } = undoMoveToFront(symbols, used, maxLength)
  if (start >= length) throw new Bzip2Error('A block begins outside itself')
  return undoRuns(undoRotations(last.subarray(0, length), start), maxBytes)
}

function readUsed(bits: BitReader): number[] {
  const sixteens = bits.read(16)
  const used: number[] = []
  for (let high = 0; high < 16; high += 1) {
    if (!(sixteens & (0x8000 >> high))) continue
    const which = bits.read(16)
    for (let low = 0; low < 16; low += 1) if (which & (0x8000 >> low)) used.push(high * 16 + low)
  }
  if (used.length === 0) throw new Bzip2Error('A block has no bytes')
  return used
}

/** The symbols up to the one that ends the block; which table holds changes every 50. */
function* readSymbols(bits: BitReader, size: number): Generator<number, void> {
  const tableCount = bits.read(3)
  const selectorCount = bits.read(15)
  if (tableCount < 2 || tableCount > 6 || selectorCount < 1) throw new Bzip2Error('A block has no codes')
  const recent = Array.from({ length: tableCount }, (_, i) => i)
  const selectors = Array.from({ length: selectorCount }, () => {
    let place = 0
    while (bits.read(1) === 1) if (++place >= tableCount) throw new Bzip2Error('A code that is not there is meant')
    const [selector = 0] = recent.splice(place, 1)
    recent.unshift(selector)
    return selector
  }).slice(0, MAX_SELECTORS)
  const tables = recent.map(() => readTable(bits, size))
  for (const selector of selectors) {
    const table = tables[selector]
    if (table === undefined) throw new Bzip2Error('A code that is not there is meant')
    for (let i = 0; i < GROUP_LENGTH; i += 1) {
      const symbol = readSymbol(bits, table)
      if (symbol === size - 1) return
      yield symbol
    }
  }
  throw new Bzip2Error('A block does not end')
}

/** A prefix code: of each length how many, and the symbols by length. */
interface Table {
  readonly counts: Uint16Array
  readonly symbols: Uint16Array
}

function readTable(bits: BitReader, size: number): Table {
  let length = bits.read(5)
  const lengths = Array.from({ length: size }, () => {
    while (bits.read(1) === 1) {
      length += bits.read(1) === 0 ? 1 : -1
      if (length < 1 || length > MAX_CODE_LENGTH) break
    }
    if (length < 1 || length > MAX_CODE_LENGTH) throw new Bzip2Error('A code has no length that there is')
    return length
  })
  const counts = new Uint16Array(MAX_CODE_LENGTH + 1)
  for (const each of lengths) counts[each] = (counts[each] ?? 0) + 1
  const symbols = lengths.keys().toArray()
  return { counts, symbols: Uint16Array.from(symbols.toSorted((a, b) => (lengths[a] ?? 0) - (lengths[b] ?? 0))) }
}

function readSymbol(bits: BitReader, { counts, symbols }: Table): number {
  let [code, first, index] = [0, 0, 0]
  for (let length = 1; length <= MAX_CODE_LENGTH; length += 1) {
    code = (code << 1) | bits.bit()
    const count = counts[length] ?? 0
    const symbol = code - first < count ? symbols[index + code - first] : undefined
    if (symbol !== undefined) return symbol
    index += count
    first = (first + count) << 1
  }
  throw new Bzip2Error('There is a code that means nothing')
}

function undoMoveToFront(symbols: Iterable<number>, used: readonly number[], maxLength: number) {
  const recent = Uint8Array.from(used)
  const last = new Uint8Array(maxLength)
  let [length, run, digit] = [0, 0, 1]
  function endRun(): void {
    if (run === 0) return
    if (run > maxLength - length) throw new Bzip2Error('A block is too long')
    last.fill(recent[0] ?? 0, length, length + run)
    length += run
    ;[run, digit] = [0, 1]
  }
  for (const symbol of symbols) {
    if (symbol <= 1) {
      run += digit * (symbol + 1)
      digit *= 2
      if (run > maxLength) throw new Bzip2Error('A block is too long')
      continue
    }
    endRun()
    if (length >= maxLength) throw new Bzip2Error('A block is too long')
    const byte = recent[symbol - 1] ?? 0
    recent.copyWithin(1, 0, symbol - 1)
    recent[0] = byte
    last[length++] = byte
  }
  endRun()
  return { last, length }
}

/** From the last bytes of the sorted rotations to the bytes: the n-th of a kind at the end is the n-th of it at the front. */
function undoRotations(last: Uint8Array, start: number): Uint8Array {
  const places = new Uint32Array(257)
  for (const byte of last) places[byte + 1] = (places[byte + 1] ?? 0) + 1
  for (let byte = 0; byte < 256; byte += 1) places[byte + 1] = (places[byte + 1] ?? 0) + (places[byte] ?? 0)
  const next = new Uint32Array(last.length)
  for (let i = 0; i < last.length; i += 1) {
    const byte = last[i] ?? 0
    const place = places[byte] ?? 0
    next[place] = i
    places[byte] = place + 1
  }
  const bytes = new Uint8Array(last.length)
  let at = next[start] ?? 0
  for (let i = 0; i < bytes.length; i += 1) {
    bytes[i] = last[at] ?? 0
    at = next[at] ?? 0
  }
  return bytes
}

/** Four equal bytes are followed by how many more of them there were. */
function undoRuns(bytes: Uint8Array, maxBytes: number): Uint8Array {
  const size = walkRuns(bytes, () => undefined)
  if (size > maxBytes) throw new Bzip2Error('It is too long')
  const out = new Uint8Array(size)
  walkRuns(bytes, (byte, from, to) => out.fill(byte, from, to))
  return out
}

function walkRuns(bytes: Uint8Array, write: (byte: number, from: number, to: number) => void): number {
  let [length, last, run] = [0, -1, 0]
  for (let i = 0; i < bytes.length; i += 1) {
    const byte = bytes[i] ?? 0
    if (run === 4) {
      write(last, length, length + byte)
      length += byte
      ;[last, run] = [-1, 0]
      continue
    }
    run = byte === last ? run + 1 : 1
    last = byte
    write(byte, length, length + 1)
    length += 1
  }
  return length
}

type BitReader = ReturnType<typeof bitReader>

/** The highest bit first. */
function bitReader(input: Uint8Array) {
  let [position, held, count] = [0, 0, 0]
  function bit(): number {
    if (count === 0) {
      if (position >= input.length) throw new Bzip2Error('It is cut off')
      held = input[position++] ?? 0
      count = 8
    }
    count -= 1
    return (held >>> count) & 1
  }
  return {
    bit,
    /** At most 24 bits. */
    read(bits: number): number {
      let value = 0
      for (let i = 0; i < bits; i += 1) value = (value << 1) | bit()
      return value
    },
    align: () => void (count = 0),
    hasMore: () => position < input.length,
  }
}
