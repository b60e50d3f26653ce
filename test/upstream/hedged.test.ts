import { expect, test } from 'vitest'
import { hedged, type Said } from '../../src/upstream/hedged.ts'

type Answer = Said<string, string>
const NEVER = new Promise<Answer>(() => {})

async function ask(answers: Record<string, Promise<Answer> | Answer>, patience = 1e6, withinMs = 1e6) {
  const asked: string[] = []
  const late: string[] = []
  const outcome = await hedged(Object.keys(answers), {
    ask(member) {
      asked.push(member)
      return Promise.resolve(answers[member] ?? NEVER)
    },
    patienceMs: () => patience,
    withinMs,
    onLate: (answer) => late.push(answer),
  })
  return { outcome, asked, late }
}

test('the first that is of use is enough', async () => {
  expect(await ask({ a: { use: 'A' }, b: { use: 'B' } })).toMatchObject({ outcome: { use: 'A' }, asked: ['a'] })
})

test('the next is asked at once where one is of no use', async () => {
  expect(await ask({ a: { pass: 'no' }, b: { use: 'B' } })).toMatchObject({ outcome: { use: 'B' }, asked: ['a', 'b'] })
})

test('the next is asked as well where one takes too long', async () => {
  expect(await ask({ a: NEVER, b: { use: 'B' } }, 1)).toMatchObject({ outcome: { use: 'B' }, asked: ['a', 'b'] })
})

test('one that takes long may still be the one of use', async () => {
  const slow = Promise.withResolvers<Answer>()
  const asking = ask({ a: slow.promise, b: { pass: 'no' } }, 1)
  setTimeout(() => slow.resolve({ use: 'A' }), 20)
  expect((await asking).outcome).toEqual({ use: 'A' })
})

test('what all said is known where none is of use', async () => {
  const { outcome } = await ask({ a: { pass: '1' }, b: { pass: '2' } })
  expect(outcome).toEqual({
    passes: new Map([
      ['a', '1'],
      ['b', '2'],
    ]),
  })
})

test('nobody is waited for longer than all of them may take', async () => {
  const { outcome } = await ask({ a: NEVER, b: { pass: '2' } }, 1, 10)
  expect(outcome).toEqual({ passes: new Map([['b', '2']]) })
})

test('an answer that comes too late is told of', async () => {
  const slow = Promise.withResolvers<Answer>()
  const { late } = await ask({ a: slow.promise, b: { use: 'B' } }, 1)
  slow.resolve({ use: 'A' })
  await slow.promise
  await Promise.resolve()
  expect(late).toEqual(['A'])
})

test('a mistake of ours comes out', async () => {
  await expect(ask({ a: Promise.reject(new TypeError('a bug')) })).rejects.toThrow('a bug')
})

test('nobody to ask is nobody of use', async () => {
  expect((await ask({})).outcome).toEqual({ passes: new Map() })
})
