/** The signals that end a server. */

/** Resolves with the first SIGTERM or SIGINT; a second one calls `endAtOnce` first, and ends the process. */
export function untilEnded(endAtOnce: () => void = () => undefined): Promise<void> {
  return new Promise((resolve) => {
    let asked = false
    const end = () => {
      if (asked) {
        endAtOnce()
        process.exit(0)
      }
      asked = true
      resolve()
    }
    process.on('SIGTERM', end)
    process.on('SIGINT', end)
  })
}
