/** Says when an upstream itself was asked with success: what it had before that moment, we have. */
import type { Answer, Index, ListAnswer } from './contract.ts'

/** Belongs around the cache. `onValidated` is told when the question began, ms since the epoch, in no order. */
export function validated(inner: Index, onValidated: (at: number) => void): Index {
  async function told<Said extends Omit<Answer, 'page'>>(asking: Promise<Said>): Promise<Said> {
    const said = await asking
    const at = said.staleBecause === undefined ? saidAt(said) : undefined
    if (at !== undefined) onValidated(at)
    return said
  }
  const { confirm } = inner
  return {
    ...inner,
    getProject: (name, ask) => told(inner.getProject(name, ask)),
    ...(confirm && { confirm: (name, ask) => told(confirm(name, ask)) }),
    async listProjects(held) {
      const answer = await inner.listProjects(held)
      if (answer.staleBecause === undefined && isOwn(answer)) onValidated(answer.checkedAt)
      return answer
    },
  }
}

/** A mirror's word is as old as what its upstream itself said last. */
function saidAt({ checkedAt, whence }: Omit<Answer, 'page'>): number | undefined {
  return whence?.mirror === undefined ? checkedAt : whence.confirmedAt
}

function isOwn({ mirror }: ListAnswer): boolean {
  return mirror === undefined
}
