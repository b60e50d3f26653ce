import { describe, expect, test } from 'vitest'
import { UpstreamError } from '../../src/upstream/error.ts'
import { openHealth } from '../../src/upstream/health.ts'
import { fakeClock } from '../support/fake-index.ts'

function health() {
  const clock = fakeClock()
  const changes: string[] = []
  const it = openHealth({ now: clock.now, onChange: (state) => changes.push(state) })
  const fails = (code: ConstructorParameters<typeof UpstreamError>[1]) =>
    it.begin().failed(new UpstreamError('up', code, 'fails'))
  return { ...it, clock, changes, fails, answers: () => it.begin().answered() }
}

describe('an address', () => {
  test('is down after one failure of its connection, and up after an answer', () => {
    const it = health()
    it.fails('connect')
    expect([it.isDown(), it.mayBeAsked(), it.lastError()?.code]).toEqual([true, false, 'connect'])
    it.clock.forward(1000)
    expect(it.mayBeAsked()).toBe(true)
    it.answers()
    expect([it.isDown(), it.changes]).toEqual([false, ['down', 'up']])
  })

  test('is asked again within 4 seconds, however often it failed', () => {
    const it = health()
    for (let i = 0; i < 9; i += 1) {
      it.fails('connect')
      expect(it.mayBeAsked()).toBe(false)
      it.clock.forward(4000)
      expect(it.mayBeAsked()).toBe(true)
    }
    expect(it.changes).toEqual(['down'])
  })

  test('may be tried again soon where there is nobody else, unless it hung', () => {
    const [it, hung] = [health(), health()]
    it.fails('connect')
    hung.fails('timeout')
    expect(it.mayBeTried()).toBe(false)
    for (const each of [it, hung]) each.clock.forward(250)
    expect([it.mayBeTried(), it.mayBeAsked(), hung.mayBeTried()]).toEqual([true, false, false])
  })

  test('is asked by one at a time while it is down', () => {
    const it = health()
    it.fails('connect')
    it.clock.forward(1000)
    it.begin()
    expect(it.mayBeAsked()).toBe(false)
  })

  test('is not down because of one page, or one failure that may be of one page', () => {
    const it = health()
    it.fails('bad-page')
    it.fails('status')
    it.fails('truncated')
    it.fails('status')
    expect(it.isDown()).toBe(false)
    it.fails('status')
    expect(it.isDown()).toBe(true)
  })

  test('is not down because of a slow page while others come', () => {
    const it = health()
    const slow = it.begin()
    it.clock.forward(8000)
    it.answers()
    slow.failed(new UpstreamError('up', 'timeout', 'slow'))
    expect(it.isDown()).toBe(false)
  })

  test('is left alone no longer because the clock was set back', () => {
    const it = health()
    it.fails('connect')
    it.clock.forward(-3_600_000)
    expect(it.mayBeAsked()).toBe(true)
  })

  test('is looked at once a minute, and sooner where it failed', () => {
    const it = health()
    expect(it.isUnknown()).toBe(true)
    it.answers()
    expect(it.isUnknown()).toBe(false)
    it.clock.forward(60_000)
    expect(it.isUnknown()).toBe(true)
    it.fails('status')
    expect(it.isUnknown()).toBe(false)
    it.clock.forward(4000)
    expect(it.isUnknown()).toBe(true)
  })

  test('has no latency before it answered, and is waited for a second alone', () => {
    const it = health()
    expect([it.latencyMs(), it.hedgeMs()]).toEqual([undefined, 1000])
    for (let i = 0; i < 9; i += 1) it.answers()
    expect(it.latencyMs()).toBeLessThan(1000)
    expect(it.hedgeMs()).toBe(50)
  })
})
