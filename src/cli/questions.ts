/** Questions over a channel that has only messages: each has a number, which its answer names. */

export interface Questions<Answer> {
  /** `send` is given the number. undefined: no answer came in time. */
  ask(send: (id: number) => void): Promise<Answer | undefined>
  /** What answers nothing, or comes too late, is dropped. */
  answered(id: number, answer: Answer): void
}

export function questions<Answer>(withinMs: number): Questions<Answer> {
  const waiting = new Map<number, (answer: Answer) => void>()
  let lastId = 0
  return {
    async ask(send) {
      const id = (lastId += 1)
      const { promise, resolve } = Promise.withResolvers<Answer | undefined>()
      const timer = setTimeout(() => resolve(undefined), withinMs)
      waiting.set(id, resolve)
      send(id)
      const answer = await promise
      clearTimeout(timer)
      waiting.delete(id)
      return answer
    },
    answered: (id, answer) => waiting.get(id)?.(answer),
  }
}
