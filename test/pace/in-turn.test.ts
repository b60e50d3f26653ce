import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { inTurn } from '../../src/pace/in-turn.ts'

describe('what is done in turn', () => {
  it('is done later, in order, and others have a turn between two of it', async () => {
    const done: number[] = []
    for (const each of [1, 2, 3]) inTurn(() => done.push(each))
    const seen = [[...done]]
    for (let i = 0; i < 3; i += 1) {
      await turn()
      seen.push([...done])
    }
    expect(seen).toEqual([[], [1], [1, 2], [1, 2, 3]])
  })

  it('may bring about more of it', async () => {
    const done: string[] = []
    inTurn(() => {
      done.push('first')
      inTurn(() => done.push('second'))
    })
    await new Promise<void>(inTurn)
    await new Promise<void>(inTurn)
    expect(done).toEqual(['first', 'second'])
  })

  it('is done although what was before it failed', async () => {
    const failures: unknown[] = []
    const before = process.listeners('uncaughtException')
    process.removeAllListeners('uncaughtException')
    process.on('uncaughtException', (error) => failures.push(error))
    onTestFinished(() => {
      process.removeAllListeners('uncaughtException')
      for (const each of before) process.on('uncaughtException', each)
    })
    const failure = new Error('a mistake')
    inTurn(() => {
      throw failure
    })
    await new Promise<void>(inTurn)
    expect(failures).toEqual([failure])
  })
})
