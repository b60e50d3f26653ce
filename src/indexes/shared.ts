/** One question at a time: callers who ask an index the same thing at the same time share one answer, or one failure. */
import { LRUCache } from 'lru-cache'
import { UpstreamError } from '../upstream/error.ts'
import type { Answer, Index, ListAnswer } from './contract.ts'

/** Those who come just after a failure share it too, so that a crowd on one page never becomes a crowd at a failing upstream. */
const FAILURE_SHARED_FOR_MS = 1000

/** More are simply asked for again. */
const MAX_FAILURES = 1000

export function shared(inner: Index, { now }: { readonly now: () => number }): Index {
  const projects = sharing<Answer>(now)
  const lists = sharing<ListAnswer>(now)
  return {
    getProject: (name, ask) => projects(name, () => inner.getProject(name, ask)),
    listProjects: (held) => lists('/', () => inner.listProjects(held)),
  }
}

function sharing<T>(now: () => number): (what: string, ask: () => Promise<T>) => Promise<T> {
  const underWay = new Map<string, Promise<T>>()
  const failed = new LRUCache<string, { readonly error: UpstreamError; readonly at: number }>({ max: MAX_FAILURES })

  async function asked(what: string, ask: () => Promise<T>): Promise<T> {
    try {
      return await ask()
    } catch (error) {
      if (error instanceof UpstreamError) failed.set(what, { error, at: now() })
      throw error
    } finally {
      underWay.delete(what)
    }
  }

  return (what, ask) => {
    const failure = failed.get(what)
    const ageMs = failure === undefined ? Infinity : now() - failure.at
    if (failure !== undefined && ageMs >= 0 && ageMs < FAILURE_SHARED_FOR_MS) return Promise.reject(failure.error)
    const pending = underWay.get(what) ?? asked(what, ask)
    underWay.set(what, pending)
    return pending
  }
}
