import { describe, expect, it } from 'vitest'
import { type Steps, atOnce, paced, turnBehind } from '../../src/pace/steps.ts'

function* counting(steps: number, done: () => void = () => undefined): Steps<number> {
  for (let i = 0; i < steps; i += 1) {
    const until = performance.now() + 1
    while (performance.now() < until);
    done()
    yield
  }
  return steps
}

describe('long work in short steps', () => {
  it('gives the same however it is run', async () => {
    expect(atOnce(counting(3))).toBe(3)
    expect(await paced(counting(30))).toBe(30)
  })

  it('lets others have their turn in between', async () => {
    let done = 0
    const seen: number[] = []
    const watching = setInterval(() => seen.push(done), 0)
    await paced(counting(60, () => (done += 1)))
    clearInterval(watching)
    expect(seen.some((each) => each > 0 && each < 60)).toBe(true)
  })

  it('shares one turn among all works, and brings each to its end', async () => {
    const turns: number[] = []
    let inThisTurn = 0
    let isOver = false
    const count = () => {
      if (inThisTurn > 0) turns.push(inThisTurn)
      inThisTurn = 0
      if (!isOver) setImmediate(count)
    }
    setImmediate(count)
    const works = Array.from({ length: 10 }, () => paced(counting(10, () => (inThisTurn += 1))))
    expect(await Promise.all(works)).toEqual(Array.from({ length: 10 }, () => 10))
    isOver = true
    // Each step takes a millisecond: ten works that each took a turn of their own would make eighty in one.
    expect(Math.max(...turns)).toBeLessThan(40)
  })

  it('brings short works to their ends one after the other, the first first', async () => {
    const ended: number[] = []
    const work = (i: number) => paced(counting(12)).then(() => ended.push(i))
    await Promise.all([1, 2, 3, 4].map(work))
    expect(ended).toEqual([1, 2, 3, 4])
  })

  it('lets long work wait for short work, and go on all the same', async () => {
    const ended: string[] = []
    const long = paced(counting(150)).then(() => ended.push('long'))
    while (ended.length < 3) await paced(counting(20)).then(() => ended.push('short'))
    await long
    expect(ended).toEqual(['short', 'short', 'short', 'long'])
  })

  it('lets what goes behind wait for what does not', async () => {
    const ended: string[] = []
    const works = ['behind', 'before', 'before'].map((which) =>
      paced(counting(6), { behind: which === 'behind' }).then(() => ended.push(which)),
    )
    await Promise.all(works)
    expect(ended).toEqual(['before', 'before', 'behind'])
  })

  it('gives those who wait behind one turn each, after what others wait for', async () => {
    const happened: string[] = []
    const turns = [1, 2, 3].map((i) => turnBehind().then(() => happened.push(`turn ${i}`)))
    let immediates = 0
    const count = () => {
      immediates += 1
      if (happened.length < 4) setImmediate(count)
    }
    count()
    await Promise.all([...turns, paced(counting(3)).then(() => happened.push('work'))])
    expect(happened).toEqual(['work', 'turn 1', 'turn 2', 'turn 3'])
    expect(immediates).toBeGreaterThanOrEqual(3)
  })

  it('rejects with what a step throws, and goes on with the others', async () => {
    function* failing(): Steps<never> {
      yield
      throw new Error('no')
    }
    const other = paced(counting(20))
    await expect(paced(failing())).rejects.toThrow('no')
    expect(await other).toBe(20)
  })
})
