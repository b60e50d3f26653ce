import { expect, test } from 'vitest'
import { oneAfterTheOther } from '../../src/pace/order.ts'

test('works on one thing wait for each other, works on others do not', async () => {
  const inOrder = oneAfterTheOther()
  const happened: string[] = []
  const gate = Promise.withResolvers<void>()
  const first = inOrder('a', async () => {
    await gate.promise
    happened.push('first')
  })
  const second = inOrder('a', async () => void happened.push('second'))
  await inOrder('b', async () => void happened.push('other'))
  gate.resolve()
  await Promise.all([first, second])
  expect(happened).toEqual(['other', 'first', 'second'])
})

test('a work that fails stops none behind it', async () => {
  const inOrder = oneAfterTheOther()
  const failing = inOrder('a', () => Promise.reject(new Error('no')))
  const next = inOrder('a', async () => 1)
  await expect(failing).rejects.toThrow('no')
  expect(await next).toBe(1)
})
