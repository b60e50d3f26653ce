/** What comes in one turn of the event loop, done at once: the disk takes as long for one fact as for many. */

/** Gives a function whose promise resolves when `work` has been done with what it was given, and rejects with what that throws. */
export function perTurn<T>(work: (all: readonly T[]) => void): (one: T) => Promise<void> {
  let waiting: T[] = []
  let turn: Promise<void> | undefined

  function doAll(): void {
    const all = waiting
    waiting = []
    turn = undefined
    work(all)
  }

  return (one) => {
    waiting.push(one)
    turn ??= new Promise((resolve, reject) => {
      setImmediate(() => {
        try {
          resolve(doAll())
        } catch (error) {
          reject(error)
        }
      })
    })
    return turn
  }
}
