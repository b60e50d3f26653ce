import { describe, expect, it } from 'vitest'
import { PATIENCE_MS, openPatience } from '../../src/indexes/patience.ts'
import { UpstreamError } from '../../src/indexes/contract.ts'
import { fakeClock } from '../support/fake-index.ts'

const SILENCE = new UpstreamError('corp', 'timeout', 'says nothing')

function setUp() {
  const clock = fakeClock()
  const waiting = openPatience(clock)
  /** A question, and what ends it. */
  const ask = (what: string) => {
    const { promise, resolve, reject } = Promise.withResolvers<string>()
    const settled = waiting.follow(what, promise).catch(() => undefined)
    return {
      answer: () => (resolve('answer'), settled),
      fail: () => (reject(SILENCE), settled),
    }
  }
  return { clock, ask, left: (what: string) => waiting.leftMs(what) }
}

describe('somebody with a kept answer', () => {
  it('waits less than two seconds for an index of which nothing is known', () => {
    expect(setUp().left('acme')).toBe(PATIENCE_MS)
    expect(PATIENCE_MS).toBeLessThan(2000)
  })

  it('waits only for the rest of the time that others have waited for it', () => {
    const { clock, ask, left } = setUp()
    void ask('acme')
    clock.forward(1000)
    void ask('acme')
    expect(left('acme')).toBe(800)
    clock.forward(1000)
    expect(left('acme')).toBe(0)
  })

  it('waits the whole time where something else alone has no answer, which may be a page that takes long', () => {
    const { clock, ask, left } = setUp()
    void ask('slow')
    clock.forward(7000)
    expect(left('acme')).toBe(PATIENCE_MS)
  })

  it('waits only for the rest of the time for which two other things have had no answer', () => {
    const { clock, ask, left } = setUp()
    void ask('one')
    clock.forward(1000)
    void ask('other')
    clock.forward(1000)
    void ask('third')
    expect(left('acme')).toBe(800)
    clock.forward(1000)
    expect(left('acme')).toBe(0)
  })

  it('waits again for an index that has answered, but not for the page that has no answer yet', async () => {
    const { clock, ask, left } = setUp()
    void ask('acme')
    const answered = ask('other')
    clock.forward(2000)
    expect(left('third')).toBe(0)
    await answered.answer()
    expect(['acme', 'other', 'third'].map(left)).toEqual([0, PATIENCE_MS, PATIENCE_MS])
    void ask('other')
    clock.forward(2000)
    expect(left('third')).toBe(PATIENCE_MS)
  })

  it('waits again when the questions are over, however they ended', async () => {
    const { clock, ask, left } = setUp()
    void ask('slow')
    const other = ask('other')
    clock.forward(2000)
    expect(left('third')).toBe(0)
    await other.fail()
    expect(['other', 'third'].map(left)).toEqual([PATIENCE_MS, PATIENCE_MS])
  })

  it('waits no longer for what is asked for anew while the first question hangs', async () => {
    const { clock, ask, left } = setUp()
    const first = ask('acme')
    clock.forward(4000)
    const anew = ask('acme')
    clock.forward(4000)
    await first.fail()
    expect(left('acme')).toBe(0)
    await anew.answer()
    expect(left('acme')).toBe(PATIENCE_MS)
  })

  it('waits again for what has come, although a question of before still hangs', async () => {
    const { clock, ask, left } = setUp()
    const first = ask('acme')
    clock.forward(4000)
    await ask('acme').answer()
    void ask('acme')
    expect(left('acme')).toBe(PATIENCE_MS)
    await first.fail()
    clock.forward(1000)
    expect(left('acme')).toBe(800)
  })

  it('waits no longer because the clock was set back', () => {
    const { clock, ask, left } = setUp()
    void ask('acme')
    clock.forward(-3_600_000)
    expect(left('acme')).toBe(PATIENCE_MS)
  })
})
