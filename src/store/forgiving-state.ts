/** A state whose writes may fail: requests are answered all the same, and what could not be written holds meanwhile. */
import type { Report } from '../log/report.ts'
import { learnedKey } from '../simple/hashes.ts'
import { type LearnedFile, withFinding } from './learned.ts'
import { memoryState } from './memory-state.ts'
import type { Delivery, State } from './state.ts'

/** Facts that are written belatedly with one that could be: each takes a moment of the disk, and nobody should wait for many. */
const BELATED_AT_ONCE = 16

/** Failures of `inner` are said loudly. What it did not take is known as long as this process lives, and is written as soon as it takes something again. */
export function forgivingState(inner: State, report: Report): State {
  let unwritten = memoryState()
  let pending: (() => void)[] = []
  // Of facts that were unwritten for a while: a generation never goes back.
  let writtenGenerations = 0

  function succeeds(write: () => void): boolean {
    try {
      write()
      return true
    } catch (error) {
      report('error', 'state_write_failed', { reason: error instanceof Error ? error.message : String(error) })
      return false
    }
  }

  function write(change: (state: State) => void, isPending: () => boolean): void {
    if (succeeds(() => change(inner))) writePending()
    else if (!isPending()) {
      change(unwritten)
      pending.push(() => change(inner))
    }
  }

  function writePending(): void {
    if (pending.length === 0) return
    const failed = pending.slice(0, BELATED_AT_ONCE).findIndex((each) => !succeeds(each))
    pending = pending.slice(failed === -1 ? BELATED_AT_ONCE : failed)
    if (pending.length > 0) return
    writtenGenerations += unwritten.generation()
    unwritten = memoryState()
  }

  function servedAll(deliveries: readonly Delivery[]): void {
    write(
      (state) => state.servedAll(deliveries),
      () =>
        deliveries.every(({ upstream, project, filename, sha256 }) =>
          unwritten.servedHashes(upstream, project).get(filename)?.includes(sha256),
        ),
    )
  }

  return {
    ...inner,
    ownersOf: (project) => union(inner.ownersOf(project), unwritten.ownersOf(project)),
    owners: () => union(inner.owners(), unwritten.owners()),
    own(upstream, project) {
      write(
        (state) => state.own(upstream, project),
        () => unwritten.ownersOf(project).includes(upstream),
      )
    },
    keepList(upstream, list) {
      // The next reading of the list tries again.
      if (succeeds(() => inner.keepList(upstream, list))) writePending()
    },
    servedHashes(upstream, project) {
      const written = inner.servedHashes(upstream, project)
      const more = unwritten.servedHashes(upstream, project)
      if (more.size === 0) return written
      return new Map([...written, ...[...more].map(([name, all]) => [name, union(written.get(name), all)] as const)])
    },
    served: (upstream, project, filename, sha256) => servedAll([{ upstream, project, filename, sha256 }]),
    servedAll,
    learn(findings) {
      const isKnown = ({ upstream, project, filename, content, ...more }: (typeof findings)[number]) => {
        const known = unwritten.learned(upstream, project).get(learnedKey(filename, content))
        return known !== undefined && withFinding(known, more) === known
      }
      write(
        (state) => state.learn(findings),
        () => findings.every(isKnown),
      )
    },
    learned(upstream, project) {
      const written = inner.learned(upstream, project)
      const more = unwritten.learned(upstream, project)
      if (more.size === 0) return written
      const both = new Map<string, LearnedFile>(written)
      for (const [key, { size, ...file }] of more) {
        const known = written.get(key)
        both.set(key, size === undefined ? { ...known, ...file } : withFinding(known, { ...file, size }))
      }
      return both
    },
    publish(upstream, project, filenames) {
      // What could not be written is not published either: whoever looks at the state must see the same.
      if (succeeds(() => inner.publish(upstream, project, filenames))) writePending()
    },
    see(upstream, project, filenames, at) {
      write(
        (state) => {
          // Only what nothing at all is known of may have been there for ever.
          if (state === unwritten && inner.firstSeen(upstream, project).size > 0) state.see(upstream, project, [], at)
          state.see(upstream, project, filenames, at)
        },
        () => filenames.every((filename) => unwritten.firstSeen(upstream, project).has(filename)),
      )
    },
    firstSeen(upstream, project) {
      const written = inner.firstSeen(upstream, project)
      // What could not be written is new where something was written before.
      const more = unwritten.firstSeen(upstream, project)
      return more.size === 0 ? written : new Map([...more, ...written])
    },
    generation: () => inner.generation() + writtenGenerations + unwritten.generation(),
  }
}

function union(some: readonly string[] = [], more: readonly string[]): readonly string[] {
  return more.length === 0 ? some : [...new Set([...some, ...more])]
}
