/** One fetch of one file: written aside while its readers follow, and committed only when it proved right. */
import type { Draft } from '../store/file-store.ts'
import { HELD_BACK_BYTES, type Verifier } from './expectation.ts'
import type { Fetching, OpenReply } from './fetching.ts'

/** How far a reader may read: the transfer goes on, is over, or cannot be written any further. */
export type Progress =
  | { readonly kind: 'readable'; readonly until: number; readonly done: boolean }
  /** The disk took `at` bytes and no more: the reader goes on by itself, with what was verified so far of `before`. */
  | { readonly kind: 'disk-failed'; readonly at: number; readonly verifier: Verifier; readonly before: OpenReply }

/** A transfer whose draft nobody can read any more. `sha256`: what it was committed under. */
export interface Ended {
  readonly sha256?: string
}

export interface Transfer {
  /** undefined: it can be joined and read. */
  ended(): Ended | undefined
  /** Waits until more than `position` bytes may be read. @throws UpstreamError when the file could not be had or was wrong */
  progress(position: number): Promise<Progress>
  read(position: number, length: number): Promise<Buffer>
  /** A reader comes; the function says that it left. A transfer that nobody reads any more ends, unless half of it is there. */
  join(): () => void
}

/** A reader between two steps, or one that comes as another goes, finds the transfer still going. */
const GRACE_MS = 500

export interface TransferOptions {
  readonly fetching: Fetching
  readonly draft: Draft
  readonly verifier: Verifier
  /** Bytes, where anybody said. */
  readonly size: number | undefined
  /** Called with the sha256 of a file that proved right; resolves when it is committed. */
  readonly commit: (sha256: string) => Promise<void>
  /** Called once, when nobody can join any more: committed, failed or left by all. */
  readonly onOver: (failure: unknown) => void
  readonly onDiskFailure: (error: unknown) => void
}

export function startTransfer(options: TransferOptions): Transfer {
  const { fetching, draft, verifier, size } = options
  let written = 0
  let readers = 0
  let committedAs: string | undefined
  let released = false
  let over = false
  let state: 'running' | 'done' | { readonly failure: unknown } | Extract<Progress, { kind: 'disk-failed' }> = 'running'
  let wake: () => void = () => undefined
  let changed = new Promise<void>((resolve) => (wake = resolve))

  function notify(): void {
    wake()
    changed = new Promise<void>((resolve) => (wake = resolve))
  }

  /** Whether the disk took it; if it did not, readers are told how far they can read. */
  async function toDisk(write: () => Promise<void>): Promise<boolean> {
    try {
      await write()
      return true
    } catch (error) {
      options.onDiskFailure(error)
      return false
    }
  }

  async function run(): Promise<typeof state> {
    for await (const chunk of fetching.chunks) {
      if (!(await toDisk(() => draft.write(chunk)))) {
        fetching.cancel()
        return { kind: 'disk-failed', at: written, verifier, before: fetching.current() }
      }
      verifier.update(chunk)
      written += chunk.length
      notify()
    }
    const sha256 = verifier.finish(written)
    // It proved right: whether it can be kept is another question, and not the readers'.
    if (await toDisk(() => options.commit(sha256))) committedAs = sha256
    return 'done'
  }

  async function end(result: typeof state): Promise<void> {
    state = result
    notify()
    endJoining(typeof result === 'object' && 'failure' in result ? result.failure : undefined)
    await release()
  }

  function endJoining(failure: unknown): void {
    if (!over) options.onOver(failure)
    over = true
  }

  async function release(): Promise<void> {
    if (state === 'running' || readers > 0 || released) return
    released = true
    await (committedAs === undefined ? draft.discard() : draft.close())
  }

  function cancelIfLeft(): void {
    const isWorthFinishing = size !== undefined && written * 2 > size
    if (readers > 0 || state !== 'running' || isWorthFinishing) return
    endJoining(undefined)
    fetching.cancel()
  }

  run()
    .then(end, (failure: unknown) => end({ failure }))
    .catch(options.onDiskFailure)

  return {
    ended: () => (released ? (committedAs === undefined ? {} : { sha256: committedAs }) : undefined),
    async progress(position) {
      for (;;) {
        if (state === 'done') return { kind: 'readable', until: written, done: true }
        if (typeof state === 'object') {
          if ('failure' in state) throw state.failure
          return state
        }
        const until = written - HELD_BACK_BYTES
        if (until > position) return { kind: 'readable', until, done: false }
        await changed
      }
    },
    read: (position, length) => draft.read(position, length),
    join() {
      readers += 1
      let left = false
      return () => {
        if (left) return
        left = true
        readers -= 1
        if (readers === 0 && state === 'running') setTimeout(cancelIfLeft, GRACE_MS).unref()
        void release().catch(options.onDiskFailure)
      }
    },
  }
}
