/** Turns of the event loop, for tests of what shares them. */
import { setImmediate as turn } from 'node:timers/promises'

/** The most by which a count grows in one turn, until it is `all`. */
export async function mostInATurn(count: () => number, all: number): Promise<number> {
  let most = 0
  for (let before = 0; before < all; before = count()) {
    await turn()
    most = Math.max(most, count() - before)
  }
  return most
}
