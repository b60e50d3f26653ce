/** The command line is wrong, or asks for what cannot be had here: nothing was started. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
