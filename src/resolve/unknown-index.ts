/** A request for an index that is not there. */

/** The rules have no index of that name. */
export class UnknownIndexError extends Error {
  override readonly name = 'UnknownIndexError'
}
