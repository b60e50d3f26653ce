/** How long somebody who has a kept answer waits for an index: not long, and not at all while it is known to be silent. */

/** With the rest of a request it stays below two seconds. */
export const PATIENCE_MS = 1800

export interface Patience {
  /** The same promise; while it is pending its silence counts for all who ask. */
  follow<T>(what: string, asking: Promise<T>): Promise<T>
  /** How much longer somebody may wait for `what`, in ms. */
  leftMs(what: string): number
}

/** Something that is being asked for, perhaps by several and more than once. */
interface Wait {
  readonly since: number
  pending: number
}

export function openPatience({ now }: { readonly now: () => number }): Patience {
  const waits = new Map<string, Wait>()
  /** Of these, in order, those that began since the last answer, whatever that was about. */
  const unanswered = new Set<Wait>()

  function ageOf(wait: Wait | undefined): number {
    // A clock that was set back must not make anybody wait longer.
    return wait === undefined ? 0 : Math.max(now() - wait.since, 0)
  }

  function begun(what: string): Wait {
    const wait = { since: now(), pending: 0 }
    waits.set(what, wait)
    unanswered.add(wait)
    return wait
  }

  function over(what: string, wait: Wait): void {
    if (waits.get(what) === wait) waits.delete(what)
    unanswered.delete(wait)
  }

  return {
    async follow(what, asking) {
      const wait = waits.get(what) ?? begun(what)
      wait.pending += 1
      try {
        const answer = await asking
        over(what, wait)
        unanswered.clear()
        return answer
      } finally {
        wait.pending -= 1
        if (wait.pending === 0) over(what, wait)
      }
    },
    leftMs(what) {
      // One alone may be a page that takes long.
      const [, second] = unanswered
      return Math.max(PATIENCE_MS - Math.max(ageOf(waits.get(what)), ageOf(second)), 0)
    },
  }
}
