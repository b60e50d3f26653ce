import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { withBreaker } from '../../src/indexes/breaker.ts'
import { observed } from '../../src/indexes/observed.ts'
import { type Answer, type Index, UpstreamError } from '../../src/indexes/contract.ts'
import { shared } from '../../src/indexes/shared.ts'
import { name } from '../support/build.ts'
import { fakeClock, fakeIndex } from '../support/fake-index.ts'
import { mostInATurn } from '../support/turns.ts'

const acme = name('acme')

describe('shared', () => {
  it('a thousand callers at the same time ask one question and get one answer', async () => {
    const inner = fakeIndex('corp', () => 0)
    inner.says(['acme-1.0.tar.gz'])
    const index = shared(inner, fakeClock())
    const answers = await Promise.all(Array.from({ length: 1000 }, () => index.getProject(acme)))
    expect([inner.asked.length, new Set(answers).size]).toEqual([1, 1])
  })

  it('a crowd asks for many things one by one, with others between them', async () => {
    const inner = fakeIndex('corp', () => 0)
    const index = shared(inner, fakeClock())
    for (let i = 0; i < 100; i += 1) void index.getProject(name(`lib-${i}`))
    expect(await mostInATurn(() => inner.asked.length, 100)).toBe(1)
  })

  it('a failure is shared by all who come within a second, and the next one asks again', async () => {
    const clock = fakeClock()
    const inner = fakeIndex('corp', clock.now)
    inner.says('bad-page')
    const index = shared(inner, clock)
    const all = await Promise.allSettled([index.getProject(acme), index.getProject(acme)])
    expect(all.map((each) => each.status)).toEqual(['rejected', 'rejected'])
    inner.says([])
    clock.forward(999)
    await expect(index.getProject(acme)).rejects.toMatchObject({ code: 'bad-page' })
    expect(inner.asked).toEqual(['acme'])
    clock.forward(1)
    await index.getProject(acme)
    expect(inner.asked).toEqual(['acme', 'acme'])
  })

  it('a failure that is thrown again is not shared for another second, since its cause may be over', async () => {
    const clock = fakeClock()
    const inner = fakeIndex('corp', clock.now)
    const index = withBreaker(shared(inner, clock), clock)
    inner.says('connect')
    await expect(index.getProject(name('other'))).rejects.toThrow()
    clock.forward(999)
    await expect(index.getProject(acme)).rejects.toThrow()
    clock.forward(1)
    inner.says([])
    await index.getProject(acme)
  })

  it('a failure over one page says nothing about another', async () => {
    const inner = fakeIndex('corp', () => 0)
    inner.says('bad-page', 'acme')
    inner.says([], 'other')
    const index = shared(inner, fakeClock())
    await expect(index.getProject(acme)).rejects.toMatchObject({ code: 'bad-page' })
    await index.getProject(name('other'))
  })
})

describe('a question that hangs', () => {
  function setUp() {
    const clock = fakeClock()
    const questions: PromiseWithResolvers<Answer>[] = []
    const inner: Index = {
      getProject() {
        const question = Promise.withResolvers<Answer>()
        questions.push(question)
        return question.promise
      },
      listProjects: () => new Promise(() => undefined),
    }
    /** The question of that number (from 0), as soon as it was asked. */
    const asked = async (number: number) => {
      for (let i = 0; i < 100; i += 1) {
        const question = questions[number]
        if (question !== undefined) return question
        await turn()
      }
      throw new Error(`Question ${number} was not asked`)
    }
    return {
      clock,
      asked,
      answer: async (number: number, answer: Answer) => (await asked(number)).resolve(answer),
      fail: async (number: number) => (await asked(number)).reject(timeout),
      index: shared(inner, clock),
    }
  }
  const timeout = new UpstreamError('corp', 'timeout', 'says nothing')
  const absent = (checkedAt: number): Answer => ({ page: undefined, checkedAt, freshUntil: checkedAt })

  it('is joined for four seconds, and then asked anew', async () => {
    const { clock, asked, index } = setUp()
    for (const afterMs of [0, 3999, 1, 3999]) {
      clock.forward(afterMs)
      void index.getProject(acme)
    }
    await asked(1)
    await expect(asked(2)).rejects.toThrow('was not asked')
  })

  it('has no answer any more when the later one had one', async () => {
    const { clock, answer, index } = setUp()
    const early = index.getProject(acme)
    clock.forward(4000)
    const late = index.getProject(acme)
    const [old, young] = [absent(1), absent(2)]
    await answer(1, young)
    expect(await late).toBe(young)
    await answer(0, old)
    expect(await early).toBe(young)
  })

  it('has that answer also when it fails at last, and nobody hears of the failure', async () => {
    const { clock, asked, answer, fail, index } = setUp()
    const early = index.getProject(acme)
    clock.forward(4000)
    const young = absent(2)
    void index.getProject(acme)
    await answer(1, young)
    clock.forward(4000)
    await fail(0)
    expect(await early).toBe(young)
    void index.getProject(acme)
    await asked(2)
  })

  it('is still older than all that was asked after a later one that failed', async () => {
    const { clock, answer, fail, index } = setUp()
    const early = index.getProject(acme)
    clock.forward(4000)
    const failing = index.getProject(acme)
    await fail(1)
    await expect(failing).rejects.toBe(timeout)
    clock.forward(1000)
    const young = absent(3)
    const late = index.getProject(acme)
    await answer(2, young)
    expect(await late).toBe(young)
    await answer(0, absent(1))
    expect(await early).toBe(young)
  })

  it('has its answer given to those who joined, where there is no newer one', async () => {
    const { clock, asked, answer, index } = setUp()
    const early = index.getProject(acme)
    clock.forward(4000)
    const late = index.getProject(acme)
    const [old, young] = [absent(1), absent(2)]
    await answer(0, old)
    expect(await early).toBe(old)
    // The later one is still pending, and joined.
    const joined = index.getProject(acme)
    await answer(1, young)
    expect([await late, await joined]).toEqual([young, young])
    await asked(1)
    await expect(asked(2)).rejects.toThrow('was not asked')
  })

  it('of the list, which may take longer, is joined to its end', () => {
    const { clock, index } = setUp()
    const first = index.listProjects()
    clock.forward(50_000)
    expect(index.listProjects()).toBe(first)
  })
})

describe('breaker', () => {
  function setUp() {
    const clock = fakeClock()
    const inner = fakeIndex('corp', clock.now)
    const changes: string[] = []
    return {
      clock,
      inner,
      changes,
      index: withBreaker(inner, { now: clock.now, onChange: (state) => changes.push(state) }),
    }
  }

  it('asks an upstream that cannot be reached again after 1, 2, 4, 5, 5 … s', async () => {
    const { clock, inner, index } = setUp()
    inner.says('connect')
    const asksAfterMs = []
    for (let at = 0, before = 0; at <= 20_000; at += 500, clock.forward(500)) {
      await expect(index.getProject(acme)).rejects.toMatchObject({ code: 'connect' })
      if (inner.asked.length > before) asksAfterMs.push(at)
      before = inner.asked.length
    }
    expect(asksAfterMs).toEqual([0, 1000, 3000, 7000, 12_000, 17_000])
  })

  it('one question finds out whether it is back, while the others get the failure', async () => {
    const { clock, inner, changes, index } = setUp()
    inner.says('connect')
    await expect(index.getProject(acme)).rejects.toThrow()
    clock.forward(1000)
    inner.says([])
    const release = inner.hold()
    const probe = index.getProject(acme)
    await expect(index.getProject(name('other'))).rejects.toMatchObject({ code: 'connect' })
    release()
    await probe
    await index.getProject(name('other'))
    expect(changes).toEqual(['open', 'closed'])
  })

  it('a question that was to find out and hangs keeps nobody from finding out after the next pause', async () => {
    const { clock, inner, changes, index } = setUp()
    inner.says('timeout')
    await expect(index.getProject(acme)).rejects.toThrow()
    clock.forward(1000)
    const release = inner.hold()
    const probe = index.getProject(acme)
    clock.forward(1999)
    await expect(index.getProject(name('other'))).rejects.toThrow()
    expect(inner.asked).toEqual(['acme', 'acme'])
    clock.forward(1)
    const next = index.getProject(name('other'))
    expect(inner.asked).toEqual(['acme', 'acme', 'other'])
    inner.says([], 'other')
    release()
    await expect(probe).rejects.toThrow()
    await next
    expect(changes).toEqual(['open', 'closed'])
  })

  it('the pause after a question that hung counts from its start', async () => {
    const { clock, inner, index } = setUp()
    inner.says('timeout')
    await expect(index.getProject(acme)).rejects.toThrow()
    clock.forward(1000)
    const release = inner.hold()
    const probe = index.getProject(acme)
    clock.forward(1999)
    release()
    await expect(probe).rejects.toThrow()
    clock.forward(1)
    await expect(index.getProject(acme)).rejects.toThrow()
    expect(inner.asked).toHaveLength(3)
  })

  it('a question that is too late says nothing about an upstream that has answered since', async () => {
    const { clock, inner, changes, index } = setUp()
    inner.says('timeout', 'slow')
    inner.says([])
    const release = inner.hold()
    const slow = index.getProject(name('slow'))
    clock.forward(4000)
    // What is asked now does not wait.
    inner.hold()()
    await index.getProject(acme)
    clock.forward(4000)
    release()
    await expect(slow).rejects.toMatchObject({ code: 'timeout' })
    await index.getProject(acme)
    expect(changes).toEqual([])
  })

  it('the question that finds out is a new one, although the same one hangs since a moment ago', async () => {
    const clock = fakeClock()
    const inner = fakeIndex('corp', clock.now)
    const index = withBreaker(shared(inner, clock), clock)
    inner.says('timeout')
    await expect(index.getProject(acme)).rejects.toThrow()
    clock.forward(1000)
    inner.hold()
    void index.getProject(acme)
    clock.forward(2000)
    // What is asked now does not wait.
    inner.hold()()
    inner.says([])
    expect((await index.getProject(acme)).page?.files).toEqual([])
  })

  it('nor is it answered with a failure of a moment ago', async () => {
    const clock = fakeClock()
    const inner = fakeIndex('corp', clock.now)
    const index = withBreaker(shared(inner, clock), clock)
    inner.says('timeout')
    await expect(index.getProject(acme)).rejects.toThrow()
    clock.forward(1000)
    const release = inner.hold()
    const probe = index.getProject(acme)
    clock.forward(1500)
    release()
    await expect(probe).rejects.toThrow()
    clock.forward(500)
    inner.says([])
    await index.getProject(acme)
  })

  it('a failure that many shared counts once', async () => {
    const clock = fakeClock()
    const inner = fakeIndex('corp', clock.now)
    const index = withBreaker(shared(inner, clock), clock)
    inner.says('status', 'acme')
    inner.says([])
    await Promise.allSettled([index.getProject(acme), index.getProject(acme), index.getProject(acme)])
    await index.getProject(name('other'))
  })

  it('who asks the question that finds out waits for it, and all others get the failure, for the same page as well', async () => {
    const clock = fakeClock()
    const inner = fakeIndex('corp', clock.now)
    const index = withBreaker(shared(inner, clock), clock)
    inner.says('timeout')
    await expect(index.getProject(acme)).rejects.toThrow()
    clock.forward(1000)
    inner.says([])
    const release = inner.hold()
    const probe = index.getProject(acme)
    await expect(index.getProject(acme)).rejects.toMatchObject({ code: 'timeout' })
    release()
    await probe
  })

  it('a page that is wrong says nothing about the others', async () => {
    const { inner, index } = setUp()
    inner.says('bad-page', 'acme')
    inner.says([])
    for (let i = 0; i < 5; i += 1) await expect(index.getProject(acme)).rejects.toThrow()
    await index.getProject(name('other'))
    expect(inner.asked).toHaveLength(6)
  })

  it('trouble with the list of projects keeps nobody from a page', async () => {
    const { inner, index } = setUp()
    inner.lists('timeout')
    inner.says([])
    await expect(index.listProjects()).rejects.toThrow()
    await index.getProject(acme)
    expect(inner.asked).toEqual(['/', 'acme'])
  })

  it('a page that is wrong shows all the same that the upstream answers again', async () => {
    const { clock, inner, changes, index } = setUp()
    inner.says('connect')
    await expect(index.getProject(acme)).rejects.toThrow()
    clock.forward(1000)
    inner.says('bad-page')
    await expect(index.getProject(acme)).rejects.toMatchObject({ code: 'bad-page' })
    expect(changes).toEqual(['open', 'closed'])
  })

  it('one status of 500 is not yet an outage', async () => {
    const { inner, index } = setUp()
    inner.says('status', 'acme')
    inner.says([])
    await expect(index.getProject(acme)).rejects.toThrow()
    await index.getProject(name('other'))
    expect(inner.asked).toEqual(['acme', 'other'])
  })
})

it('observed names the upstream and the cause of a failure, and passes it on', async () => {
  const inner = fakeIndex('corp', () => 0)
  inner.says('denied')
  const events: unknown[] = []
  const index = observed(inner, { upstream: 'corp', now: () => 0, report: (...event) => events.push(event) })
  await expect(index.getProject(acme)).rejects.toMatchObject({ code: 'denied' })
  expect(events).toEqual([
    [
      'error',
      'upstream_failed',
      expect.objectContaining({ upstream: 'corp', what: 'acme', code: 'denied', reason: 'fails with denied' }),
    ],
  ])
})
