/** Waiting that ends: for what is worth a moment, and no more. */

/** Settles when `awaited` does, whatever comes of it, or after `ms`; it goes on by itself. */
export function atMost(ms: number, awaited: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    const end = () => {
      clearTimeout(timer)
      resolve()
    }
    awaited.then(end, end)
  })
}
