/** Numbers that look like chance and are the same each time, so that what failed can be run again. */

/** Gives whole numbers from 0 up to, not including, the one that it is called with. */
export function seeded(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}
