import { describe, expect, it } from 'vitest'
import { answerMemory, cached, type ListMemory } from '../../src/indexes/cached.ts'
import type { Index } from '../../src/indexes/contract.ts'
import { offlineIndex } from '../../src/indexes/offline.ts'
import { shared } from '../../src/indexes/shared.ts'
import { DAY, type Windows, offlineWindows, privateWindows, publicWindows } from '../../src/indexes/windows.ts'
import type { PageKey } from '../../src/store/page-store.ts'
import { name, page } from '../support/build.ts'
import { fakeClock, fakeIndex } from '../support/fake-index.ts'
import { mostInATurn } from '../support/turns.ts'
import { memoryPageStore } from '../support/memory-page-store.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const acme = name('acme')

function setUp(windows: Windows, freshMs: number) {
  const clock = fakeClock()
  const inner = fakeIndex('corp', clock.now, freshMs)
  const store = memoryPageStore()
  const open = () =>
    cached(inner, { upstream: 'corp', fingerprint: 'f', windows, store, memory: answerMemory(1e7), now: clock.now })
  return { clock, inner, store, open, index: open() }
}
const publicSetUp = () => setUp(publicWindows({ staleForMs: DAY }), MINUTE)
const privateSetUp = () => setUp(privateWindows(), 2000)
const files = (answer: { page: { files: readonly { filename: string }[] } | undefined }) =>
  answer.page?.files.map((each) => each.filename)

describe('a page that is wanted from after a moment', () => {
  it('is asked for once more where the question under way is of before', async () => {
    const clock = fakeClock()
    let release = () => {}
    const gate = new Promise<void>((resolve) => (release = resolve))
    let questions = 0
    const inner: Index = {
      async getProject(project) {
        const checkedAt = clock.now()
        questions += 1
        const filename = `acme-${questions}.0.tar.gz`
        await gate
        return { page: page('corp', project, [filename]), checkedAt, freshUntil: checkedAt + MINUTE }
      },
      listProjects: () => Promise.reject(new Error('nobody asks for the list')),
    }
    const index = cached(shared(inner, { now: clock.now }), {
      upstream: 'corp',
      fingerprint: 'f',
      windows: publicWindows({ staleForMs: DAY }),
      store: memoryPageStore(),
      memory: answerMemory(1e7),
      now: clock.now,
    })
    const before = index.getProject(acme)
    await expect.poll(() => questions).toBe(1)
    clock.forward(1000)
    const after = index.getProject(acme, { notBefore: clock.now() })
    // It has come as far as the question under way.
    await new Promise((resolve) => setImmediate(resolve))
    release()
    expect(files(await before)).toEqual(['acme-1.0.tar.gz'])
    expect(files(await after)).toEqual(['acme-2.0.tar.gz'])
  })
})

describe('a page of a public upstream', () => {
  it('is given without asking while it is fresh', async () => {
    const { clock, inner, index } = publicSetUp()
    inner.says(['acme-1.0.tar.gz'])
    await index.getProject(acme)
    clock.forward(MINUTE - 1)
    expect(files(await index.getProject(acme))).toEqual(['acme-1.0.tar.gz'])
    expect(inner.asked).toEqual(['acme'])
  })

  it('is given at once and asked for behind for five minutes after that', async () => {
    const { clock, inner, index } = publicSetUp()
    inner.says(['acme-1.0.tar.gz'])
    await index.getProject(acme)
    clock.forward(2 * MINUTE)
    inner.says(['acme-2.0.tar.gz'])
    expect(files(await index.getProject(acme))).toEqual(['acme-1.0.tar.gz'])
    await expect.poll(async () => files(await index.getProject(acme))).toEqual(['acme-2.0.tar.gz'])
  })

  it('is read behind others where it may not be needed', async () => {
    const { inner, index } = publicSetUp()
    inner.says(['acme-1.0.tar.gz'])
    await index.getProject(acme, { behind: true })
    expect(inner.askedBehind).toEqual(['acme'])
  })

  it('is asked for when it is older than that', async () => {
    const { clock, inner, index } = publicSetUp()
    inner.says(['acme-1.0.tar.gz'])
    await index.getProject(acme)
    clock.forward(7 * MINUTE)
    inner.says(['acme-2.0.tar.gz'])
    expect(files(await index.getProject(acme))).toEqual(['acme-2.0.tar.gz'])
  })

  it('stands in for a failing upstream for a day, and says why', async () => {
    const { clock, inner, index } = publicSetUp()
    inner.says(['acme-1.0.tar.gz'])
    await index.getProject(acme)
    inner.says('connect')
    clock.forward(DAY)
    const stale = await index.getProject(acme)
    expect([files(stale), stale.staleBecause?.code]).toEqual([['acme-1.0.tar.gz'], 'connect'])
    clock.forward(1)
    await expect(index.getProject(acme)).rejects.toMatchObject({ code: 'connect' })
  })

  it('stands in for an upstream that denies us for one hour', async () => {
    const { clock, inner, index } = publicSetUp()
    inner.says(['acme-1.0.tar.gz'])
    await index.getProject(acme)
    inner.says('denied')
    clock.forward(HOUR)
    expect((await index.getProject(acme)).staleBecause?.code).toBe('denied')
    clock.forward(1)
    await expect(index.getProject(acme)).rejects.toMatchObject({ code: 'denied' })
  })

  it('is forgotten for good when the upstream says that it is gone', async () => {
    const { clock, inner, store, index, open } = publicSetUp()
    inner.says(['acme-1.0.tar.gz'])
    await index.getProject(acme)
    clock.forward(HOUR)
    inner.says(undefined)
    expect((await index.getProject(acme)).page).toBeUndefined()
    inner.says('connect')
    clock.forward(HOUR)
    await expect(index.getProject(acme)).rejects.toMatchObject({ code: 'connect' })
    await expect(open().getProject(acme)).rejects.toMatchObject({ code: 'connect' })
    expect(await store.get({ upstream: 'corp', fingerprint: 'f', page: acme })).toBe(undefined)
  })

  it('is asked for again when a client wants no older one, unless it is younger than two seconds', async () => {
    const { clock, inner, index } = publicSetUp()
    inner.says(['acme-1.0.tar.gz'])
    await index.getProject(acme)
    clock.forward(2000)
    await index.getProject(acme, { maxAgeMs: 0 })
    expect(inner.asked).toHaveLength(1)
    clock.forward(1)
    await index.getProject(acme, { maxAgeMs: 0 })
    expect(inner.asked).toHaveLength(2)
  })

  it('is not fresh for longer because the clock was set back', async () => {
    const { clock, inner, index } = publicSetUp()
    inner.says(['acme-1.0.tar.gz'])
    await index.getProject(acme)
    clock.forward(-DAY)
    await index.getProject(acme)
    expect(inner.asked).toHaveLength(2)
  })

  it('survives a restart, with the time at which it was asked for', async () => {
    const { clock, inner, index, open } = publicSetUp()
    inner.says(['acme-1.0.tar.gz'])
    await index.getProject(acme)
    inner.says('connect')
    clock.forward(HOUR)
    const restarted = open()
    expect(files(await restarted.getProject(acme))).toEqual(['acme-1.0.tar.gz'])
    clock.forward(DAY)
    await expect(open().getProject(acme)).rejects.toMatchObject({ code: 'connect' })
  })

  it('absence holds for a minute, and never while the upstream fails', async () => {
    const { clock, inner, index } = publicSetUp()
    inner.says(undefined)
    await index.getProject(acme)
    clock.forward(MINUTE - 1)
    inner.says('connect')
    expect((await index.getProject(acme)).page).toBeUndefined()
    clock.forward(1)
    await expect(index.getProject(acme)).rejects.toMatchObject({ code: 'connect' })
  })
})

describe('a page of a private upstream', () => {
  it('is never used unasked for more than two seconds, so that what was published can be installed', async () => {
    const { clock, inner, index } = privateSetUp()
    inner.says(['acme-1.0.tar.gz'])
    await index.getProject(acme)
    clock.forward(2000)
    inner.says(['acme-2.0.tar.gz'])
    expect(files(await index.getProject(acme))).toEqual(['acme-2.0.tar.gz'])
  })
  it('stands in for seven days while the upstream fails', async () => {
    const { clock, inner, index } = privateSetUp()
    inner.says(['acme-1.0.tar.gz'])
    await index.getProject(acme)
    inner.says('timeout')
    clock.forward(7 * DAY)
    expect(files(await index.getProject(acme))).toEqual(['acme-1.0.tar.gz'])
    clock.forward(1)
    await expect(index.getProject(acme)).rejects.toMatchObject({ code: 'timeout' })
  })
  it('absence never stands in while the upstream fails', async () => {
    const { clock, inner, index } = privateSetUp()
    inner.says(undefined)
    await index.getProject(acme)
    clock.forward(2000)
    inner.says('connect')
    await expect(index.getProject(acme)).rejects.toMatchObject({ code: 'connect' })
  })
})

it('a crowd that fails together is answered one by one, with others between them', async () => {
  const { clock, inner, index } = privateSetUp()
  const crowd = Array.from({ length: 100 }, (_, i) => name(`lib-${i}`))
  inner.says([])
  await Promise.all(crowd.map((each) => index.getProject(each)))
  clock.forward(MINUTE)
  inner.says('timeout')
  let answered = 0
  for (const each of crowd) void index.getProject(each).then(() => (answered += 1))
  expect(await mostInATurn(() => answered, crowd.length)).toBe(1)
})

describe('while an upstream hangs', () => {
  /** Pages of both projects are kept, and old; what is asked from now on has no answer until it is released. */
  async function hanging(windows: Windows) {
    const clock = fakeClock()
    const inner = fakeIndex('corp', clock.now, 2000)
    const index = cached(inner, {
      upstream: 'corp',
      fingerprint: 'f',
      windows,
      store: memoryPageStore(),
      memory: answerMemory(1e7),
      now: clock.now,
    })
    inner.says(['acme-1.0.tar.gz'])
    for (const each of [acme, other]) await index.getProject(each)
    clock.forward(30 * MINUTE)
    inner.says(['acme-2.0.tar.gz'])
    return { clock, inner, index, release: inner.hold() }
  }
  const other = name('other')

  it.each([
    ['a private one', privateWindows()],
    ['a public one', publicWindows({ staleForMs: DAY })],
  ])('a kept page of %s is given at once when others have waited for it long enough', async (_, windows) => {
    const { clock, inner, index, release } = await hanging(windows)
    const first = index.getProject(acme)
    void index.getProject(name('not-kept'))
    await expect.poll(() => inner.asked.slice(2).toSorted()).toEqual(['acme', 'not-kept'])
    clock.forward(1800)
    const [same, another] = [await index.getProject(acme), await index.getProject(other)]
    expect([files(same), same.staleBecause?.code]).toEqual([['acme-1.0.tar.gz'], 'timeout'])
    expect(another.staleBecause?.code).toBe('timeout')
    release()
    expect(files(await first)).toEqual(['acme-2.0.tar.gz'])
    // Whatever was asked for behind has come too.
    inner.says('connect')
    expect((await index.getProject(other)).staleBecause).toBeUndefined()
  })

  it('what is not kept is waited for, however long that takes', async () => {
    const { clock, inner, index, release } = await hanging(privateWindows())
    const waiting = index.getProject(name('not-kept'))
    await expect.poll(() => inner.asked.at(-1)).toBe('not-kept')
    clock.forward(5000)
    inner.says(undefined)
    release()
    expect((await waiting).page).toBeUndefined()
  })
})

it('offline, whatever was kept is given, however old', async () => {
  const { clock, inner, store, index } = publicSetUp()
  inner.says(['acme-1.0.tar.gz'])
  await index.getProject(acme)
  clock.forward(365 * DAY)
  inner.says('offline')
  const windows = offlineWindows(publicWindows({ staleForMs: DAY }))
  const offline = cached(inner, {
    upstream: 'corp',
    fingerprint: 'f',
    windows,
    store,
    memory: answerMemory(1e7),
    now: clock.now,
  })
  expect(files(await offline.getProject(acme))).toEqual(['acme-1.0.tar.gz'])
  await expect(offline.getProject(name('other'))).rejects.toMatchObject({ code: 'offline' })
})

describe('offline, an absence', () => {
  /** Another process, started without a network on what was kept. */
  function offlineBeside({ clock, inner, store }: ReturnType<typeof publicSetUp>) {
    const windows = offlineWindows(publicWindows({ staleForMs: DAY }))
    const memory = answerMemory(1e7)
    const options = { upstream: 'corp', fingerprint: 'f', windows, store, memory, offline: true, now: clock.now }
    return cached({ ...inner, ...offlineIndex('corp') }, options)
  }

  it('that was heard is known, however old', async () => {
    const set = publicSetUp()
    set.inner.says(undefined)
    await set.index.getProject(acme)
    await set.index.keepAbsence?.(acme)
    const { checkedAt } = await set.index.getProject(acme)
    set.clock.forward(365 * DAY)
    expect(await offlineBeside(set).getProject(acme)).toMatchObject({ page: undefined, checkedAt })
  })

  it('that ended is not known any more, even where the page was swept since', async () => {
    const set = publicSetUp()
    set.inner.says(undefined)
    await set.index.getProject(acme)
    await set.index.keepAbsence?.(acme)
    set.clock.forward(HOUR)
    set.inner.says(['acme-1.0.tar.gz'])
    await set.index.getProject(acme)
    await set.store.delete({ upstream: 'corp', fingerprint: 'f', page: acme })
    await expect(offlineBeside(set).getProject(acme)).rejects.toMatchObject({ code: 'offline' })
  })

  it('does not stand in for a page that another process kept meanwhile, nor remove it', async () => {
    const set = publicSetUp()
    set.inner.says(undefined)
    await set.index.getProject(acme)
    await set.index.keepAbsence?.(acme)
    const offline = offlineBeside(set)
    await offline.getProject(acme)
    set.inner.says(['acme-1.0.tar.gz'])
    await set.open().getProject(acme)
    await offline.getProject(acme)
    expect(files(await offlineBeside(set).getProject(acme))).toEqual(['acme-1.0.tar.gz'])
  })
})

it('an answer that is larger than the memory is remembered alone', async () => {
  const clock = fakeClock()
  const inner = fakeIndex('corp', clock.now, MINUTE)
  const memory = answerMemory(1000)
  const store = memoryPageStore()
  const index = cached(inner, {
    upstream: 'corp',
    fingerprint: 'f',
    windows: privateWindows(),
    store,
    memory,
    now: clock.now,
  })
  inner.says(['acme-1.0.tar.gz', 'acme-2.0.tar.gz', 'acme-3.0.tar.gz'])
  const large = await index.getProject(acme)
  expect(await index.getProject(acme)).toBe(large)
  const other = await index.getProject(name('other'))
  expect(await index.getProject(name('other'))).toBe(other)
  expect(memory.size).toBe(1)
})

it('the list of projects is kept and stands in as pages do', async () => {
  const { clock, inner, open } = publicSetUp()
  inner.lists(['b', 'a'])
  expect((await open().listProjects()).names.bytes.toString()).toBe('a\nb\n')
  inner.lists('connect')
  clock.forward(HOUR)
  const restarted = await open().listProjects()
  expect([restarted.names.count, restarted.staleBecause?.code]).toEqual([2, 'connect'])
})

describe('a list of projects, held by several wrappers in turn', () => {
  const setUpLists = () => {
    const { clock, inner, store } = publicSetUp()
    const lists: ListMemory = new Map()
    const sets: unknown[] = []
    const watched = { ...store, set: (key: PageKey, value: unknown) => store.set(key, (sets.push(value), value)) }
    const openWith = (fingerprint: string, memory = lists) =>
      cached(shared(inner, { now: clock.now }), {
        upstream: 'corp',
        fingerprint,
        windows: publicWindows({ staleForMs: DAY }),
        store: watched,
        memory: answerMemory(1e7),
        lists: memory,
        now: clock.now,
      })
    inner.lists(['b', 'a'])
    return { inner, sets, openWith }
  }

  it('outlives a reload as the same object, without a question', async () => {
    const { inner, openWith } = setUpLists()
    const before = await openWith('f').listProjects()
    const after = await openWith('f').listProjects()
    expect(after.names).toBe(before.names)
    expect(inner.asked).toEqual(['/'])
  })

  it('is not taken for that of another configuration', async () => {
    const { inner, openWith } = setUpLists()
    await openWith('f').listProjects()
    inner.lists(['c'])
    expect((await openWith('g').listProjects()).names.bytes.toString()).toBe('c\n')
    expect((await openWith('f').listProjects()).names.bytes.toString()).toBe('a\nb\n')
  })

  it('is written once, whoever asked at the same time, and read back as one object', async () => {
    const { sets, openWith } = setUpLists()
    const index = openWith('f')
    await Promise.all([1, 2, 3].map(() => index.listProjects()))
    expect(sets).toHaveLength(1)
    const restarted = openWith('f', new Map())
    const [one, other] = await Promise.all([1, 2].map(() => restarted.listProjects()))
    expect(one?.names.bytes.toString()).toBe('a\nb\n')
    expect(other?.names).toBe(one?.names)
  })
})

it('an upstream under another configuration starts with nothing', async () => {
  const { clock, inner, store, index } = publicSetUp()
  inner.says(['acme-1.0.tar.gz'])
  await index.getProject(acme)
  const other = cached(inner, {
    upstream: 'corp',
    fingerprint: 'g',
    windows: privateWindows(),
    store,
    memory: answerMemory(1e7),
    now: clock.now,
  })
  await other.getProject(acme)
  expect(inner.asked).toHaveLength(2)
})
