/** Where the bytes of files are kept: by their sha256, never by a name that somebody else chose. */

/** Names stored bytes. Those of a private upstream lie under it, so that nobody gets them by knowing a hash. */
export interface FileKey {
  /** Lower-case hex sha256 of the bytes. */
  readonly sha256: string
  /** The private upstream that the file belongs to. */
  readonly scope?: string
}

/** Bytes that are kept, whole and checked when they were written. */
export interface StoredFile {
  /** Bytes. */
  readonly size: number
  /**
   * The bytes from `start` up to, not including, `end`; nothing is opened before the first is asked for. Reading fails,
   * before the end, where the bytes are not those that were stored. A chunk is good until the next one is asked for: its
   * memory is used again. @throws RangeError outside the file
   */
  read(start: number, end: number): AsyncGenerator<Uint8Array, void, void>
}

/** A file on its way in. It can be read while it grows; nobody finds it in the store before it is committed. */
export interface Draft {
  /** Bytes written so far. */
  readonly size: number
  /** Appends. @throws Error when the disk does not take it; the draft is then only good for `discard` */
  write(chunk: Uint8Array): Promise<void>
  /** At most `length` bytes from `position`, of what was written. */
  read(position: number, length: number): Promise<Buffer>
  /**
   * Makes the file findable, whole and at once (fsync, then rename), under a sha256 that the caller has computed of what it
   * wrote. Readers of the draft may go on reading. The same bytes twice are no error.
   */
  commit(key: FileKey): Promise<void>
  /** Forgets it. Harmless after `commit`, and when called twice. Readers fail from then on. */
  discard(): Promise<void>
  /** Ends reading: closes what is open. After `commit` the file stays. */
  close(): Promise<void>
}

/** What every store of files promises: `describeFileStore` in the tests is this contract as a suite. */
export interface FileStore {
  /**
   * undefined: not kept (any more), or it cannot be read. A file that is not what was written is dropped and is not found; a
   * large one may be noticed only while it is read. @throws TypeError where the key is malformed, here as in `remove` and `commit`
   */
  find(key: FileKey): Promise<StoredFile | undefined>
  /** Room for a new file. @throws Error when there is none (disk full, read-only): serve through then */
  create(): Promise<Draft>
  /** Forgets a file: after its bytes proved wrong. Rejects for no failure of the disk. */
  remove(key: FileKey): Promise<void>
  /** Brings the store back under its bound, oldest-used first; called by the owner of the process from time to time. Never rejects. */
  sweep(): Promise<void>
}
