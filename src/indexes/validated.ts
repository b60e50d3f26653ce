/** Says when an upstream itself was asked with success: what it had before that moment, we have. */
import type { Answer, Index, ListAnswer } from './contract.ts'

/** Belongs around the cache. `onValidated` is told when the question began, ms since the epoch, in no order. */
export function validated(inner: Index, onValidated: (at: number) => void): Index {
  return {
    async getProject(name, ask) {
      const answer = await inner.getProject(name, ask)
      const at = answer.staleBecause === undefined ? saidAt(answer) : undefined
      if (at !== undefined) onValidated(at)
      return answer
    },
    async listProjects(held) {
      const answer = await inner.listProjects(held)
      if (answer.staleBecause === undefined && isOwn(answer)) onValidated(answer.checkedAt)
      return answer
    },
  }
}

/** A mirror's word is as old as what its upstream itself said last. */
function saidAt({ checkedAt, whence }: Answer): number | undefined {
  return whence?.mirror === undefined ? checkedAt : whence.confirmedAt
}

function isOwn({ mirror }: ListAnswer): boolean {
  return mirror === undefined
}
