/** The prefix codes of bzip2: short ones for frequent symbols, told apart by their lengths alone. */

/** bzip2 of today writes no longer ones, and reads up to 20. */
const MAX_LENGTH = 17

/** Lengths of the codes, 1 to 17 bits; of symbols that do not occur too. Needs two symbols at least. */
export function codeLengths(frequencies: Uint32Array): Uint8Array {
  let weights = Array.from(frequencies, (each) => Math.max(each, 1))
  for (;;) {
    const lengths = huffmanLengths(weights)
    if (Math.max(...lengths) <= MAX_LENGTH) return lengths
    // Closer to each other, the rarest are not so deep down.
    weights = weights.map((each) => (each >> 1) + 1)
  }
}

/** Joins the two rarest again and again; at most 258 symbols, so looking for them costs little. */
function huffmanLengths(weights: readonly number[]): Uint8Array {
  const lengths = new Uint8Array(weights.length)
  let trees = weights.map((weight, symbol) => ({ weight, symbols: [symbol] })).toSorted((a, b) => a.weight - b.weight)
  while (trees.length > 1) {
    const [first, second, ...rest] = trees
    if (first === undefined || second === undefined) break
    const joined = { weight: first.weight + second.weight, symbols: [...first.symbols, ...second.symbols] }
    for (const symbol of joined.symbols) lengths[symbol] = (lengths[symbol] ?? 0) + 1
    const at = rest.findIndex(({ weight }) => weight >= joined.weight)
    trees = rest.toSpliced(at === -1 ? rest.length : at, 0, joined)
  }
  return lengths
}

/** The codes that belong to the lengths: counted up, the shortest first, those of one length by symbol. */
export function codesOf(lengths: Uint8Array): Uint32Array {
  const codes = new Uint32Array(lengths.length)
  let code = 0
  for (let length = 1; length <= MAX_LENGTH; length += 1) {
    for (let symbol = 0; symbol < lengths.length; symbol += 1) if (lengths[symbol] === length) codes[symbol] = code++
    code <<= 1
  }
  return codes
}
