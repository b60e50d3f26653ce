/** Whether a page is still the same, asked without having it: as sure as with it, and never with less of a page for others. */
import { describe, expect, it } from 'vitest'
import { answerMemory, cached } from '../../src/indexes/cached.ts'
import type { Answer, Ask, Index } from '../../src/indexes/contract.ts'
import { shared } from '../../src/indexes/shared.ts'
import { DAY, privateWindows, publicWindows } from '../../src/indexes/windows.ts'
import { UpstreamError } from '../../src/upstream/error.ts'
import { confirmed } from '../../src/resolve/basis.ts'
import { index, name, page, policy, upstream } from '../support/build.ts'
import { fakeClock } from '../support/fake-index.ts'
import { memoryPageStore } from '../support/memory-page-store.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const acme = name('acme')

/** An upstream that confirms what is held, as one with entity tags does. */
function setUp() {
  const clock = fakeClock()
  const said = { content: 'first', fails: false, gate: Promise.resolve() }
  const asked: Ask[] = []
  const inner: Index = {
    async getProject(project, ask: Ask = {}): Promise<Answer> {
      asked.push(ask)
      await said.gate
      if (said.fails) throw new UpstreamError('pypi', 'connect', 'gone')
      const { content } = said
      const times = { checkedAt: clock.now(), freshUntil: clock.now() + MINUTE }
      if (ask.held?.content === content) return { ...ask.held, ...times }
      return { page: page('pypi', project, [`acme-${content}-1.0.tar.gz`]), content, ...times }
    },
    listProjects: () => Promise.reject(new Error('nobody asks for the list')),
  }
  const store = memoryPageStore()
  const reads: string[] = []
  const writes: string[] = []
  const kept = cached(shared(inner, { now: clock.now }), {
    upstream: 'pypi',
    fingerprint: 'f',
    windows: publicWindows({ staleForMs: DAY }),
    store: {
      ...store,
      get: (key) => (reads.push(key.page), store.get(key)),
      set: (key, value) => (writes.push(key.page), store.set(key, value)),
    },
    // No room: whoever wants a page again has it read.
    memory: answerMemory(600),
    now: clock.now,
  })
  const confirm = async (ask?: Ask) => kept.confirm?.(acme, ask)
  return { clock, upstream: said, asked, reads, writes, index: kept, confirm }
}

/** Another page takes the place of the one in memory. */
async function forgetInMemory({ index }: ReturnType<typeof setUp>): Promise<void> {
  await index.getProject(name('other'))
}

describe('a page that nobody has in memory', () => {
  it('is confirmed without being read or written, and holds as long as one that was', async () => {
    const all = setUp()
    const { clock, confirm, index, reads, writes, asked } = all
    await index.getProject(acme)
    await forgetInMemory(all)
    reads.length = writes.length = asked.length = 0
    clock.forward(2 * MINUTE)
    const said = await confirm({ refresh: true })
    expect(said).toEqual({
      isAbsent: false,
      content: 'first',
      checkedAt: clock.now(),
      freshUntil: clock.now() + MINUTE,
    })
    expect([reads, writes, asked.length]).toEqual([[], [], 1])
    await confirm()
    expect(asked).toHaveLength(1)
  })

  it('is kept as it is now, where it is another one', async () => {
    const all = setUp()
    const { clock, confirm, index, upstream, asked } = all
    await index.getProject(acme)
    await forgetInMemory(all)
    clock.forward(2 * MINUTE)
    upstream.content = 'second'
    expect(await confirm({ refresh: true })).toMatchObject({ content: 'second' })
    asked.length = 0
    expect((await index.getProject(acme)).page?.files[0]?.filename).toBe('acme-second-1.0.tar.gz')
    expect(asked).toEqual([])
  })

  it('is whole for whoever wants it while it is being confirmed', async () => {
    const all = setUp()
    const { clock, confirm, index, upstream } = all
    await index.getProject(acme)
    await forgetInMemory(all)
    clock.forward(HOUR - 1)
    const { promise, resolve } = Promise.withResolvers<void>()
    upstream.gate = promise
    const both = [confirm({ refresh: true }), index.getProject(acme, { refresh: true })] as const
    await new Promise((done) => setImmediate(done))
    resolve()
    const [said, answer] = await Promise.all(both)
    expect([said?.content, answer.page?.files[0]?.filename]).toEqual(['first', 'acme-first-1.0.tar.gz'])
  })

  it('is written again each hour, so that it may stand in for its upstream after a restart', async () => {
    const all = setUp()
    const { clock, confirm, index, writes } = all
    await index.getProject(acme)
    await forgetInMemory(all)
    writes.length = 0
    clock.forward(HOUR + 1)
    await confirm({ refresh: true })
    expect(writes).toEqual(['acme'])
  })

  it('is not confirmed by an upstream that cannot say', async () => {
    const all = setUp()
    const { clock, confirm, index, upstream } = all
    await index.getProject(acme)
    await forgetInMemory(all)
    clock.forward(10 * MINUTE)
    upstream.fails = true
    expect((await confirm())?.staleBecause).toMatchObject({ code: 'connect' })
  })

  it('is asked for as it is, where an operator wants one from after a moment', async () => {
    const all = setUp()
    const { clock, confirm, index, asked } = all
    await index.getProject(acme)
    await forgetInMemory(all)
    clock.forward(1000)
    asked.length = 0
    expect(await confirm({ notBefore: clock.now() })).toMatchObject({ checkedAt: clock.now() })
    expect(asked).toHaveLength(1)
  })
})

it('a page that nothing tells from others is no absence, and not taken for what was there before', async () => {
  const clock = fakeClock()
  const policies = policy([upstream('corp', { private: true })], index(['corp']))
  let has = false
  const corp: Index = cached(
    {
      getProject: async (project) => ({
        page: has ? page('corp', project, ['acme-1.0.tar.gz']) : undefined,
        checkedAt: clock.now(),
        freshUntil: clock.now(),
      }),
      listProjects: () => Promise.reject(new Error('nobody asks for the list')),
    },
    {
      upstream: 'corp',
      fingerprint: 'f',
      windows: privateWindows(),
      store: memoryPageStore(),
      memory: answerMemory(1e7),
      now: clock.now,
    },
  )
  const ask = () =>
    confirmed(
      [{ upstream: 'corp', content: undefined }],
      acme,
      {},
      { policy: policies, upstreams: new Map([['corp', corp]]) },
    )
  expect(await ask()).toBeDefined()
  has = true
  clock.forward(3000)
  expect(await ask()).toBeUndefined()
})
