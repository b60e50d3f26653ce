/** One fetch of one file: written aside while its readers follow, and committed only when it proved right. */
import type { Draft } from '../store/file-store.ts'
import { HELD_BACK_BYTES, type Verifier } from './expectation.ts'
import type { Fetching, OpenReply } from './fetching.ts'
import { openTail } from './tail.ts'

/** How far a reader may read: the transfer goes on, is over, or cannot be written any further. */
export type Progress =
  | { readonly kind: 'readable'; readonly until: number }
  /** The disk fails, `at` bytes have come: the reader goes on by itself, with what was verified so far of `before`. */
  | { readonly kind: 'disk-failed'; readonly at: number; readonly verifier: Verifier; readonly before: OpenReply }

/** A transfer whose draft nobody can read any more. `sha256`: what it was committed under. */
export interface Ended {
  readonly sha256?: string
}

export interface Transfer {
  /** When neither the upstream nor the disk has anything more to do. */
  readonly settled: Promise<void>
  /** undefined: it can be joined and read. */
  ended(): Ended | undefined
  /** Waits until more than `position` bytes may be read. @throws UpstreamError when the file could not be had or was wrong */
  progress(position: number): Promise<Progress>
  /** Fills `into` with bytes from `position` on, which have come; the part that was filled. */
  read(position: number, into: Uint8Array): Promise<Uint8Array>
  /** A reader comes; the function says that it left. A transfer that nobody reads any more ends, unless half of it is there. */
  join(): () => void
}

/** A reader between two steps, or one that comes as another goes, finds the transfer still going. */
const GRACE_MS = 500

export interface TransferOptions {
  readonly fetching: Pick<Fetching, 'chunks' | 'current' | 'cancel'>
  /** Where it is kept. Nobody waits for it but the disk. */
  readonly creating: Promise<Draft>
  readonly verifier: Verifier
  /** Bytes, where anybody said. */
  readonly size: number | undefined
  /**
   * Called when all of it came and is right, before anybody is given its end. false: nobody knows what it must be, and whoever
   * comes when it is whole asks the upstream for what it is then. @throws what readers are told in place of the end
   */
  readonly prove: (sha256: string, bytes: number) => Promise<boolean>
  /** The last bytes that no reader gets before the whole is proved. Default: those that any file is held back. */
  readonly heldBackBytes?: () => number
  /** Called with the sha256 of a file that proved right; resolves when it is committed. */
  readonly commit: (draft: Draft, sha256: string) => Promise<void>
  /** Called once, when nobody can join any more: committed, failed or left by all. */
  readonly onOver: (failure: unknown) => void
  readonly onDiskFailure: (error: unknown) => void
}

type State =
  | { readonly kind: 'coming' }
  /** All of it came and is right. The disk may still be at work, which is no reader's business. */
  | { readonly kind: 'proved'; readonly sha256: string }
  | { readonly kind: 'failed'; readonly failure: unknown }
  | Extract<Progress, { kind: 'disk-failed' }>

export function startTransfer(options: TransferOptions): Transfer {
  const { fetching, verifier, size, heldBackBytes = () => HELD_BACK_BYTES } = options
  const tail = openTail()
  let draft: Draft | undefined
  let readers = 0
  let committedAs: string | undefined
  /** Nothing more is asked of the upstream: only the last word on it is awaited. */
  let hasAll = false
  let isWritten = false
  let isSettled = false
  let released = false
  let over = false
  let state: State = { kind: 'coming' }
  let waiting: (() => void)[] = []

  /** Until bytes came, were written, or an end of it all. */
  function change(): Promise<void> {
    return new Promise((resolve) => waiting.push(resolve))
  }

  function notify(): void {
    const woken = waiting
    waiting = []
    for (const wake of woken) wake()
  }

  function become(next: State, mayChange = true): void {
    if (state.kind !== 'coming') return
    state = next
    if (mayChange) endJoining(next.kind === 'failed' ? next.failure : undefined)
    notify()
  }

  async function receive(): Promise<void> {
    for await (const chunk of fetching.chunks) {
      for (let rest: Uint8Array = chunk; rest.length > 0;) {
        if (state.kind !== 'coming') return
        const taken = tail.push(rest)
        verifier.update(rest.subarray(0, taken))
        rest = rest.subarray(taken)
        if (taken > 0) notify()
        else await change()
      }
    }
    if (state.kind !== 'coming') return
    hasAll = true
    const sha256 = verifier.finish(tail.end)
    const isKnown = await options.prove(sha256, tail.end)
    become({ kind: 'proved', sha256 }, !isKnown)
  }

  /** Behind the readers: a disk that is slow, or a file that is small, keeps none of them waiting. */
  async function keep(): Promise<void> {
    draft = await options.creating
    for (let isWhole = false; !isWhole;) {
      if (state.kind === 'failed' || state.kind === 'disk-failed') return
      isWhole = state.kind === 'proved'
      let piece = tail.unwritten(isWhole)
      if (piece.length === 0 && !isWhole) await change()
      for (; piece.length > 0; piece = tail.unwritten(isWhole)) {
        await draft.write(piece)
        tail.written(piece.length)
        notify()
      }
    }
    isWritten = true
    freeTail()
    if (state.kind !== 'proved') return
    await options.commit(draft, state.sha256)
    committedAs = state.sha256
  }

  function diskFailed(error: unknown): void {
    options.onDiskFailure(error)
    // Where all of it came, it is only not kept.
    if (state.kind !== 'coming' || hasAll || tail.end === size) return
    become({ kind: 'disk-failed', at: tail.end, verifier, before: fetching.current() })
    fetching.cancel()
  }

  function endJoining(failure: unknown): void {
    if (!over) options.onOver(failure)
    over = true
  }

  /** All is in the draft, where those who still come find it: no memory waits for an fsync. */
  function freeTail(): void {
    if (isWritten && readers === 0) tail.close()
  }

  async function release(): Promise<void> {
    if (!isSettled || readers > 0 || released) return
    released = true
    tail.close()
    await (committedAs === undefined ? draft?.discard() : draft?.close())
  }

  function cancelIfLeft(): void {
    const isWorthFinishing = size !== undefined && tail.end * 2 > size
    if (readers > 0 || state.kind !== 'coming' || isWorthFinishing) return
    endJoining(undefined)
    fetching.cancel()
  }

  const receiving = receive().catch((failure: unknown) => become({ kind: 'failed', failure }))
  const settled = Promise.all([receiving, keep().catch(diskFailed)])
    .then(() => {
      isSettled = true
      endJoining(undefined)
      return release()
    })
    .catch(options.onDiskFailure)

  return {
    settled,
    ended: () => (released ? (committedAs === undefined ? {} : { sha256: committedAs }) : undefined),
    async progress(position) {
      for (;;) {
        if (state.kind === 'proved') return { kind: 'readable', until: tail.end }
        if (state.kind === 'failed') throw state.failure
        if (state.kind === 'disk-failed') return state
        const until = tail.end - heldBackBytes()
        if (until > position) return { kind: 'readable', until }
        await change()
      }
    },
    async read(position, into) {
      const copied = tail.copy(position, into)
      if (copied !== undefined) return into.subarray(0, copied)
      const bytes = await draft?.read(position, into.length)
      if (bytes === undefined || bytes.length === 0) throw new Error('What was written of a file on its way was cut')
      into.set(bytes)
      return into.subarray(0, bytes.length)
    },
    join() {
      readers += 1
      let left = false
      return () => {
        if (left) return
        left = true
        readers -= 1
        freeTail()
        if (readers === 0 && state.kind === 'coming') setTimeout(cancelIfLeft, GRACE_MS).unref()
        void release().catch(options.onDiskFailure)
      }
    },
  }
}
