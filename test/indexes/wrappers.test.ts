import { describe, expect, it } from 'vitest'
import { withBreaker } from '../../src/indexes/breaker.ts'
import { observed } from '../../src/indexes/observed.ts'
import { shared } from '../../src/indexes/shared.ts'
import { name } from '../support/build.ts'
import { fakeClock, fakeIndex } from '../support/fake-index.ts'

const acme = name('acme')

describe('shared', () => {
  it('a thousand callers at the same time ask one question and get one answer', async () => {
    const inner = fakeIndex('corp', () => 0)
    inner.says(['acme-1.0.tar.gz'])
    const index = shared(inner, fakeClock())
    const answers = await Promise.all(Array.from({ length: 1000 }, () => index.getProject(acme)))
    expect([inner.asked.length, new Set(answers).size]).toEqual([1, 1])
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

  it('a failure over one page says nothing about another', async () => {
    const inner = fakeIndex('corp', () => 0)
    inner.says('bad-page', 'acme')
    inner.says([], 'other')
    const index = shared(inner, fakeClock())
    await expect(index.getProject(acme)).rejects.toMatchObject({ code: 'bad-page' })
    await index.getProject(name('other'))
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
