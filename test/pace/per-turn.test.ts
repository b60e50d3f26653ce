import { expect, test } from 'vitest'
import { perTurn } from '../../src/pace/per-turn.ts'

test('does what comes in one turn at once, in order, and what comes later on its own', async () => {
  const done: (readonly string[])[] = []
  const add = perTurn<string>((all) => done.push(all))
  await Promise.all([add('a'), add('b')])
  expect(done).toEqual([['a', 'b']])
  await add('c')
  expect(done).toEqual([['a', 'b'], ['c']])
})

test('what comes while it is done is done in the next turn', async () => {
  const done: (readonly string[])[] = []
  let later: Promise<void> | undefined
  const add = perTurn<string>((all) => {
    done.push(all)
    if (all[0] === 'a') later = add('b')
  })
  await add('a')
  expect(done).toEqual([['a']])
  await later
  expect(done).toEqual([['a'], ['b']])
})

test('a failure is that of all it was done with, and of no other', async () => {
  const add = perTurn<string>((all) => {
    if (all.includes('bad')) throw new Error('no')
  })
  const all = await Promise.allSettled([add('good'), add('bad')])
  expect(all.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  await expect(add('good')).resolves.toBeUndefined()
})
