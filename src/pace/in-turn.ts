/** What a crowd brings about in one moment, piece by piece: others have a turn between two of its members. */

const waiting: (() => void)[] = []

/** Calls `act` in a turn of the event loop of its own, in the order of the calls. What is set off by it belongs to that turn. */
export function inTurn(act: () => void): void {
  waiting.push(act)
  if (waiting.length === 1) setImmediate(next)
}

function next(): void {
  // The next turn is ordered first, so that nobody is forgotten if this one throws.
  if (waiting.length > 1) setImmediate(next)
  waiting.shift()?.()
}
