/** Writes bzip2, the form of the files of PEP 381, which Node has no writer for: small blocks, one code for each. */
import type { Steps } from '../pace/steps.ts'
import { checksum, combined } from './bzip2-checksum.ts'
import { codeLengths, codesOf } from './bzip2-codes.ts'
import { sortedRotations } from './bzip2-rotations.ts'

/** Level 1: blocks of at most 100,000 bytes, less what the format wants to be free, and one run. */
const BLOCK_BYTES = 100_000 - 19 - 5

/** Symbols that one selector stands for. */
const GROUP_LENGTH = 50

/** Bytes in, bzip2 out, in short steps: undefined where nothing is ready yet and others may have their turn. */
export function* bzip2(chunks: Iterable<Uint8Array>): Generator<Uint8Array | undefined, void> {
  const out = bitWriter()
  for (const sign of Buffer.from('BZh1')) out.write(sign, 8)
  let block = openBlock()
  let stream = 0
  for (const chunk of chunks) {
    let from = 0
    while (from < chunk.length) {
      from = block.add(chunk, from)
      if (!block.isFull()) continue
      stream = combined(stream, yield* writeBlock(out, block.end()))
      yield out.take()
      block = openBlock()
    }
  }
  const last = block.end()
  if (last.bytes.length > 0) stream = combined(stream, yield* writeBlock(out, last))
  out.write(0x177245, 24)
  out.write(0x385090, 24)
  out.write32(stream)
  out.pad()
  yield out.take()
}

interface Block {
  /** With runs shortened. */
  readonly bytes: Uint8Array
  /** Of the bytes as they came. */
  readonly checksum: number
}

/** The first step: four equal bytes are followed by how many more of them came. */
function openBlock() {
  const bytes = new Uint8Array(BLOCK_BYTES + 5)
  let [length, sum, last, run] = [0, 0, -1, 0]
  return {
    /** Gives where it had to stop. */
    add(chunk: Uint8Array, from: number): number {
      let i = from
      for (; i < chunk.length && length < BLOCK_BYTES; i += 1) {
        const byte = chunk[i] ?? 0
        if (byte !== last || run === 255) [last, run] = [byte, 0]
        run += 1
        if (run <= 4) bytes[length++] = byte
        if (run === 4) bytes[length++] = 0
        else if (run > 4) bytes[length - 1] = run - 4
      }
      sum = checksum(chunk.subarray(from, i), sum)
      return i
    },
    isFull: () => length >= BLOCK_BYTES,
    end: (): Block => ({ bytes: bytes.subarray(0, length), checksum: sum }),
  }
}

/** Gives the block's checksum. */
function* writeBlock(out: BitWriter, { bytes, checksum: sum }: Block): Steps<number> {
  const order = yield* sortedRotations(bytes)
  const { symbols, used } = moveToFront(bytes, order)
  out.write(0x314159, 24)
  out.write(0x265359, 24)
  out.write32(sum)
  out.write(0, 1)
  out.write(order.indexOf(0), 24)
  writeUsed(out, used)

  const size = used.length + 2
  const frequencies = new Uint32Array(size)
  for (const symbol of symbols) frequencies[symbol] = (frequencies[symbol] ?? 0) + 1
  const lengths = codeLengths(frequencies)
  const codes = codesOf(lengths)
  // There must be two tables at least; ours are the same, and the first is meant everywhere.
  const selectors = Math.ceil(symbols.length / GROUP_LENGTH)
  out.write(2, 3)
  out.write(selectors, 15)
  for (let i = 0; i < selectors; i += 1) out.write(0, 1)
  writeLengths(out, lengths)
  writeLengths(out, lengths)
  for (const symbol of symbols) out.write(codes[symbol] ?? 0, lengths[symbol] ?? 0)
  return sum
}

/**
 * The last bytes of the rotations in their order, each as its place among the bytes seen last; runs of 0 as numbers of the
 * digits 1 and 2 (the symbols 0 and 1), least first; then the symbol that ends the block.
 */
function moveToFront(bytes: Uint8Array, order: Uint32Array): { symbols: Uint16Array; used: readonly number[] } {
  const used = [...new Set(bytes)].toSorted((a, b) => a - b)
  const recent = Uint8Array.from(used)
  const symbols = new Uint16Array(bytes.length + 1)
  let length = 0
  let zeros = 0
  function endRun(): void {
    for (; zeros > 0; zeros = (zeros - 1) >> 1) symbols[length++] = zeros & 1 ? 0 : 1
  }
  for (const start of order) {
    const byte = bytes[start === 0 ? bytes.length - 1 : start - 1] ?? 0
    const place = recent.indexOf(byte)
    if (place === 0) {
      zeros += 1
      continue
    }
    endRun()
    recent.copyWithin(1, 0, place)
    recent[0] = byte
    symbols[length++] = place + 1
  }
  endRun()
  symbols[length++] = used.length + 1
  return { symbols: symbols.subarray(0, length), used }
}

/** Which bytes there are: of each 16 whether there is one, then which of them. */
function writeUsed(out: BitWriter, used: readonly number[]): void {
  const sixteens = new Uint16Array(16)
  for (const byte of used) sixteens[byte >> 4] = (sixteens[byte >> 4] ?? 0) | (0x8000 >> (byte & 15))
  for (const each of sixteens) out.write(each === 0 ? 0 : 1, 1)
  for (const each of sixteens) if (each !== 0) out.write(each, 16)
}

/** Each as its difference to the one before: `10` one more, `11` one less, `0` that is it. */
function writeLengths(out: BitWriter, lengths: Uint8Array): void {
  let now = lengths[0] ?? 0
  out.write(now, 5)
  for (const length of lengths) {
    for (; now < length; now += 1) out.write(0b10, 2)
    for (; now > length; now -= 1) out.write(0b11, 2)
    out.write(0, 1)
  }
}

type BitWriter = ReturnType<typeof bitWriter>

/** The highest bit first. */
function bitWriter() {
  let bytes = new Uint8Array(1024)
  let [length, held, count] = [0, 0, 0]
  function write(value: number, bits: number): void {
    held = (held << bits) | value
    count += bits
    while (count >= 8) {
      count -= 8
      if (length === bytes.length) {
        const more = new Uint8Array(bytes.length * 2)
        more.set(bytes)
        bytes = more
      }
      bytes[length++] = held >>> count
    }
    held &= (1 << count) - 1
  }
  return {
    /** At most 24 bits. */
    write,
    write32(value: number): void {
      write(value >>> 16, 16)
      write(value & 0xffff, 16)
    },
    pad: () => write(0, (8 - count) % 8),
    /** What is whole so far. */
    take(): Uint8Array {
      const taken = bytes.slice(0, length)
      length = 0
      return taken
    },
  }
}
