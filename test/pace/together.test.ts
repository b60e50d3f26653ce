import { expect, test } from 'vitest'
import { together } from '../../src/pace/together.ts'

test('who wants the same at the same time shares one work, and who comes later begins anew', async () => {
  const share = together<number>()
  let begun = 0
  const work = async () => (begun += 1)
  expect(await Promise.all([share('a', work), share('a', work), share('b', work)])).toEqual([1, 1, 2])
  expect(await share('a', work)).toBe(3)
})

test('a failure is shared too, and not kept', async () => {
  const share = together<number>()
  const fail = () => Promise.reject(new Error('no'))
  const both = [share('a', fail), share('a', async () => 1)]
  await expect(Promise.all(both)).rejects.toThrow('no')
  expect(await share('a', async () => 2)).toBe(2)
})
