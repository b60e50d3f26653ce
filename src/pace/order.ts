/** Works on the same thing one after the other, in the order in which they were begun. */

/** Gives a function that runs `work` when all that was begun before on the same thing has ended, however it ended. */
export function oneAfterTheOther(): <T>(what: string, work: () => Promise<T>) => Promise<T> {
  const last = new Map<string, Promise<unknown>>()
  return async (what, work) => {
    const before = last.get(what)
    const working = before === undefined ? work() : before.then(work, work)
    last.set(what, working)
    try {
      return await working
    } finally {
      if (last.get(what) === working) last.delete(what)
    }
  }
}
