/** One question at a time: callers who ask an index the same thing at the same time share one answer, or one failure. */
import { LRUCache } from 'lru-cache'
import { inTurn } from '../pace/in-turn.ts'
import { UpstreamError } from '../upstream/error.ts'
import type { Answer, Index, ListAnswer } from './contract.ts'

/** Those who come just after a failure share it too, so that a crowd on one page never becomes a crowd at a failing upstream. */
const FAILURE_SHARED_FOR_MS = 1000

/**
 * Who comes later than this for a page asks anew: the connection of a question that hangs may be dead, while the index
 * answers others. A list may take longer, and is too large to be asked for twice.
 */
const PAGE_JOINED_FOR_MS = 4000

/** More are simply asked for again. */
const MAX_FAILURES = 1000

export function shared(inner: Index, { now }: { readonly now: () => number }): Index {
  const projects = sharing<Answer>({ now, joinedForMs: PAGE_JOINED_FOR_MS })
  const lists = sharing<ListAnswer>({ now, joinedForMs: Infinity })
  return {
    getProject: (name, ask) =>
      projects(ask?.ownAddress ? `${name} itself` : name, () => inner.getProject(name, ask), ask?.anew),
    listProjects: (held) => lists('/', () => inner.listProjects(held)),
  }
}

/** What is being asked, perhaps more than once. */
interface Matter<T> {
  asked: number
  pending: number
  /** The last question, while it is pending. */
  current?: { readonly number: number; readonly at: number; readonly answer: Promise<T> } | undefined
  /** Of the questions that were answered, the one that was asked last. */
  newest?: { readonly number: number; readonly answer: T }
}

interface SharingOptions {
  readonly now: () => number
  readonly joinedForMs: number
}

type Sharing<T> = (what: string, ask: () => Promise<T>, anew?: boolean) => Promise<T>

function sharing<T>({ now, joinedForMs }: SharingOptions): Sharing<T> {
  const matters = new Map<string, Matter<T>>()
  const failed = new LRUCache<string, { readonly error: UpstreamError; readonly at: number }>({ max: MAX_FAILURES })

  /** Whether less than `ms` have passed. A clock that was set back must not make it longer. */
  function isWithin(ms: number, since: number): boolean {
    const ageMs = now() - since
    return ageMs >= 0 && ageMs < ms
  }

  /** A late answer or failure is given to nobody, still less kept, where one to a later question came before it. */
  async function asked(what: string, number: number, matter: Matter<T>, ask: () => Promise<T>): Promise<T> {
    const newer = () => (matter.newest !== undefined && matter.newest.number > number ? matter.newest : undefined)
    try {
      // A crowd asks for many things in one moment.
      await new Promise<void>(inTurn)
      const answer = await ask()
      matter.newest = newer() ?? { number, answer }
      return matter.newest.answer
    } catch (error) {
      const later = newer()
      if (later !== undefined) return later.answer
      if (error instanceof UpstreamError) failed.set(what, { error, at: now() })
      throw error
    } finally {
      if (matter.current?.number === number) matter.current = undefined
      matter.pending -= 1
      if (matter.pending === 0) matters.delete(what)
    }
  }

  return (what, ask, anew = false) => {
    const failure = failed.get(what)
    if (!anew && failure !== undefined && isWithin(FAILURE_SHARED_FOR_MS, failure.at))
      return Promise.reject(failure.error)
    const matter = matters.get(what) ?? { asked: 0, pending: 0 }
    const { current } = matter
    if (!anew && current !== undefined && isWithin(joinedForMs, current.at)) return current.answer
    matters.set(what, matter)
    matter.asked += 1
    matter.pending += 1
    const at = now()
    const answer = asked(what, matter.asked, matter, ask)
    matter.current = { number: matter.asked, at, answer }
    return answer
  }
}
