/** The command line is wrong: nothing was started. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** What was asked for is said rightly and cannot be had here: a port, a file of certificates. Nothing was started. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError'
}
