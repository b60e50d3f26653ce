/** Where in a text an offset lies: lines and columns as editors count them. */

/** Turns an offset (UTF-16 units from the start) into a line and a column, both counted from 1. */
export function placesIn(text: string): (offset: number) => { readonly line: number; readonly column: number } {
  const starts = [0]
  for (let at = 0; at < text.length; at += 1) {
    // `\r\n` ends one line; a lone `\r` ends one too, as it does in jsonc-parser.
    if (text[at] === '\n' || (text[at] === '\r' && text[at + 1] !== '\n')) starts.push(at + 1)
  }
  return (offset) => {
    let [line, below] = [0, starts.length]
    while (below - line > 1) {
      const middle = (line + below) >> 1
      if ((starts[middle] ?? 0) <= offset) line = middle
      else below = middle
    }
    return { line: line + 1, column: offset - (starts[line] ?? 0) + 1 }
  }
}
