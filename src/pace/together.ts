/** One work for all who want the same at the same time. */

/** Gives a function that starts `work`, or joins what was started for the same `what` and is not done yet, its failure too. */
export function together<T>(): (what: string, work: () => Promise<T>) => Promise<T> {
  const underWay = new Map<string, Promise<T>>()
  return (what, work) => {
    const working = underWay.get(what) ?? work().finally(() => underWay.delete(what))
    underWay.set(what, working)
    return working
  }
}
