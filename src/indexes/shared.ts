/** One question at a time: callers who ask an index the same thing at the same time share one answer. */
import type { Answer, Index, ListAnswer } from './contract.ts'
import type { ProjectName } from '../simple/name.ts'

export function shared(inner: Index): Index {
  const projects = new Map<ProjectName, Promise<Answer>>()
  let list: Promise<ListAnswer> | undefined
  return {
    getProject(name, ask) {
      const pending = projects.get(name) ?? inner.getProject(name, ask).finally(() => projects.delete(name))
      projects.set(name, pending)
      return pending
    },
    listProjects(held) {
      list ??= inner.listProjects(held).finally(() => {
        list = undefined
      })
      return list
    },
  }
}
