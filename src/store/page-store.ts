/** Where answers of upstreams are kept: a cache, which may lose anything at any time and must never give back something else. */

/** Names one answer. The identity of the upstream's configuration is part of it, so that a changed one is a miss. */
export interface PageKey {
  readonly upstream: string
  /** Hash of what the upstream's answers depend on: url, file bases, format. */
  readonly fingerprint: string
  /** A normalized project name, or `/` for the list of projects. */
  readonly page: string
}

/**
 * Keeps JSON values under keys. A long value is an object whose members are long arrays: in that shape it is written and
 * read without holding up others. What is done with one key takes effect in the order in which it was asked for. Whatever
 * cannot be read (corrupt, another version, a broken disk) is a miss and is reported.
 */
export interface PageStore {
  /** undefined: nothing is kept, or what is kept is not what was written. Never rejects. */
  get(key: PageKey): Promise<unknown>
  /** A failed write is reported and otherwise forgotten: serving goes on. Never rejects. */
  set(key: PageKey, value: unknown): Promise<void>
  /** Never rejects. */
  delete(key: PageKey): Promise<void>
  /** Under which something is kept, in no order: for commands that look through all of it. Never rejects. */
  keys(): Promise<readonly PageKey[]>
}
