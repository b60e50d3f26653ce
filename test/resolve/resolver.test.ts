import { describe, expect, it } from 'vitest'
import type { IndexPolicy, UpstreamPolicy } from '../../src/merge/policy.ts'
import { watchPrivateLists } from '../../src/resolve/private-lists.ts'
import { openResolver } from '../../src/resolve/resolver.ts'
import { memoryState } from '../../src/store/memory-state.ts'
import { index, name, page, policy, rule, upstream } from '../support/build.ts'
import { type FakeIndex, fakeClock, fakeIndex } from '../support/fake-index.ts'

const MINUTE = 60_000
const corp = upstream('corp', { private: true })
const pypi = upstream('pypi')

function setUp(
  upstreams: UpstreamPolicy[] = [corp, pypi],
  indexes: IndexPolicy[] = [index(['corp', 'pypi'])],
  state = memoryState(),
) {
  const clock = fakeClock()
  const fakes = new Map(upstreams.map((each) => [each.name, fakeIndex(each.name, clock.now)]))
  const fake = (which: string) => fakes.get(which) as FakeIndex
  const events: string[] = []
  const report = (_level: string, event: string) => events.push(event)
  const privates = new Map(upstreams.filter((each) => each.private).map((each) => [each.name, fake(each.name)]))
  for (const each of privates.values()) each.lists([])
  const lists = watchPrivateLists({ upstreams: privates, state, report })
  lists.begin()
  const resolver = openResolver({
    policy: policy(upstreams, ...indexes),
    upstreams: fakes,
    state,
    lists,
    report,
    now: clock.now,
  })
  const resolve = async (project: string, which = 'default') => {
    const resolution = await resolver.resolve(which, name(project))
    return resolution.kind === 'page'
      ? resolution.page.files.map((each) => `${each.upstream}:${each.filename}`)
      : resolution.kind
  }
  return { clock, fake, state, lists, resolver, resolve, events }
}

describe('a private name', () => {
  it('comes from the private upstream alone, whatever the public one has', async () => {
    const { fake, resolve } = setUp()
    fake('corp').says(['acme-1.0.tar.gz'])
    fake('pypi').says(['acme-99.0.tar.gz'])
    expect(await resolve('acme')).toEqual(['corp:acme-1.0.tar.gz'])
    expect(fake('pypi').asked).toEqual([])
  })

  it('is an error while the private upstream cannot say, and the public one is not asked', async () => {
    const { fake, resolve } = setUp()
    fake('corp').says('connect')
    fake('corp').lists('connect')
    fake('pypi').says(['acme-99.0.tar.gz'])
    await expect(resolve('acme')).rejects.toMatchObject({ upstream: 'corp', code: 'connect' })
    expect(fake('pypi').asked).toEqual([])
  })

  it('stays private after the private upstream lost it', async () => {
    const { fake, resolve, events } = setUp()
    fake('corp').says(['acme-1.0.tar.gz'])
    await resolve('acme')
    fake('corp').says(undefined)
    fake('pypi').says(['acme-99.0.tar.gz'])
    expect(await resolve('acme')).toBe('absent')
    expect(fake('pypi').asked).toEqual([])
    expect(events).toContain('owner_absent')
  })

  it('is remembered over a restart, and in an index that does not have the private upstream', async () => {
    const before = setUp()
    before.fake('corp').says(['acme-1.0.tar.gz'])
    await before.resolve('acme')
    const after = setUp([corp, pypi], [index(['pypi'])], before.state)
    after.fake('pypi').says(['acme-99.0.tar.gz'])
    expect(await after.resolve('acme')).toBe('absent')
    expect(after.fake('pypi').asked).toEqual([])
  })

  it('is held when its upstream has left the rules', async () => {
    const before = setUp()
    before.fake('corp').says(['acme-1.0.tar.gz'])
    await before.resolve('acme')
    const after = setUp([pypi], [index(['pypi'])], before.state)
    after.fake('pypi').says(['acme-99.0.tar.gz'])
    expect(await after.resolve('acme')).toBe('absent')
    expect(after.events).toContain('name_held')
  })

  it('can be let go, and then comes from where it is', async () => {
    const { fake, state, resolve } = setUp()
    fake('corp').says(['acme-1.0.tar.gz'])
    await resolve('acme')
    fake('corp').says(undefined)
    fake('pypi').says(['acme-99.0.tar.gz'])
    await resolve('acme')
    state.forget(name('acme'))
    expect(await resolve('acme')).toEqual(['pypi:acme-99.0.tar.gz'])
  })

  it('a page without files makes nobody its owner', async () => {
    const { fake, state, resolve } = setUp()
    fake('corp').says([])
    expect(await resolve('acme')).toEqual([])
    expect(state.ownersOf(name('acme'))).toEqual([])
  })

  it('a public upstream never owns', async () => {
    const { fake, state, resolve } = setUp()
    fake('corp').says(undefined)
    fake('pypi').says(['requests-1.0.tar.gz'])
    await resolve('requests')
    expect(state.ownersOf(name('requests'))).toEqual([])
  })
})

it('nobody waits with who finds out whether an upstream is back', async () => {
  const { fake, lists, resolve } = setUp()
  fake('corp').says(['acme-1.0.tar.gz'])
  fake('corp').lists(['acme'])
  // From now on the facts do not change.
  await lists.refresh()
  await resolve('acme')
  fake('corp').asked.length = 0
  const release = fake('corp').hold()
  const first = resolve('acme')
  await expect.poll(() => fake('corp').asked.includes('acme')).toBe(true)
  // What is asked now is answered at once.
  fake('corp').hold()()
  expect(await resolve('acme')).toEqual(['corp:acme-1.0.tar.gz'])
  release()
  expect(await first).toEqual(['corp:acme-1.0.tar.gz'])
})

it('a crowd on one page merges it once', async () => {
  const { fake, resolver } = setUp()
  fake('corp').says(undefined)
  fake('pypi').says(['lib-1.0.tar.gz'])
  // As they share an answer of an upstream.
  const answer = await fake('pypi').getProject(name('lib'))
  fake('pypi').getProject = () => Promise.resolve(answer)
  const pages = await Promise.all([1, 2, 3].map(() => resolver.resolve('default', name('lib'))))
  expect(new Set(pages.map((each) => each.kind === 'page' && each.page)).size).toBe(1)
})

describe('a public name while the private upstream is down', () => {
  it('goes on when the private list of the last hour shows that it is not there', async () => {
    const { clock, fake, lists, resolve } = setUp()
    fake('corp').lists(['acme'])
    await lists.refresh()
    fake('corp').says('connect')
    fake('corp').lists('connect')
    fake('pypi').says(['requests-1.0.tar.gz'])
    clock.forward(60 * MINUTE)
    expect(await resolve('requests')).toEqual(['pypi:requests-1.0.tar.gz'])
    await expect(resolve('acme')).rejects.toMatchObject({ upstream: 'corp' })
    clock.forward(1)
    await expect(resolve('requests')).rejects.toMatchObject({ upstream: 'corp' })
  })

  it('stops when there is no list: no list, no absence', async () => {
    const { fake, lists, resolve } = setUp()
    fake('corp').lists(undefined)
    await lists.refresh()
    fake('corp').says('connect')
    fake('pypi').says(['requests-1.0.tar.gz'])
    await expect(resolve('requests')).rejects.toMatchObject({ upstream: 'corp' })
  })
})

describe('a private project list', () => {
  it('gives ownership without patterns, also of what was never asked for', async () => {
    const { fake, lists, resolve } = setUp()
    fake('corp').lists(['acme-secret'])
    await lists.refresh()
    fake('corp').says(undefined)
    fake('pypi').says(['acme_secret-99.0.tar.gz'])
    expect(await resolve('acme-secret')).toBe('absent')
    expect(fake('pypi').asked).toEqual([])
  })

  it('that has pip and setuptools is one of PyPI: alarm, and nothing is owned because of it', async () => {
    const { fake, state, lists, resolve, events } = setUp()
    fake('corp').lists(['pip', 'setuptools', 'requests'])
    await lists.refresh()
    expect(events).toContain('private_is_public_copy')
    fake('corp').says(['requests-1.0.tar.gz'])
    await resolve('requests')
    expect(state.ownersOf(name('requests'))).toEqual([])
  })

  it('that its upstream does not have any more keeps its names, and shows no absence any more', async () => {
    const { fake, lists, state, resolve } = setUp()
    fake('corp').lists(['acme'])
    await lists.refresh()
    fake('corp').lists(undefined)
    await lists.refresh()
    // Any fact makes the lists be looked up anew.
    state.own('other', name('something'))
    fake('corp').says('connect')
    fake('pypi').says(['newlib-99.0.tar.gz'])
    await expect(resolve('newlib')).rejects.toMatchObject({ upstream: 'corp' })
    fake('corp').says(undefined)
    fake('pypi').says(['acme-99.0.tar.gz'])
    expect(await resolve('acme')).toBe('absent')
  })

  it('keeps its names although the upstream has left the rules', async () => {
    const before = setUp()
    before.fake('corp').lists(['acme-secret'])
    await before.lists.refresh()
    const after = setUp([pypi], [index(['pypi'])], before.state)
    after.fake('pypi').says(['acme_secret-99.0.tar.gz'])
    expect(await after.resolve('acme-secret')).toBe('absent')
  })

  it('is remembered over a restart', async () => {
    const before = setUp()
    before.fake('corp').lists(['acme'])
    await before.lists.refresh()
    const after = setUp(undefined, undefined, before.state)
    after.fake('corp').lists('connect')
    after.fake('corp').says('connect')
    after.fake('pypi').says(['requests-1.0.tar.gz'])
    expect(await after.resolve('requests')).toEqual(['pypi:requests-1.0.tar.gz'])
  })
})

it('upstreams that need not wait are asked at once, and the highest one’s answer is enough', async () => {
  const { fake, resolve } = setUp([upstream('a'), upstream('b')], [index(['a', 'b'])])
  fake('a').says(['x-1.0.tar.gz'])
  fake('b').says(['x-2.0.tar.gz'])
  const release = fake('b').hold()
  expect(await resolve('x')).toEqual(['a:x-1.0.tar.gz'])
  expect(fake('b').asked).toEqual(['x'])
  release()
})

it.each([
  ['first-index', [[], ['x'], ['x']]],
  ['by-version', [[], [], []]],
] as const)('under %s what may not be needed is read behind what is', async (strategy, behind) => {
  const names = ['a', 'b', 'c']
  const rules = [rule({ projects: ['*'], strategy })]
  const { fake, resolve } = setUp(
    names.map((each) => upstream(each)),
    [index(names, rules)],
  )
  for (const each of names) fake(each).says(['x-1.0.tar.gz'])
  await resolve('x')
  expect(names.map((each) => fake(each).askedBehind)).toEqual(behind)
})

it('a page with more files than are kept is merged once all the same', async () => {
  const { fake, resolver } = setUp([pypi], [index(['pypi'])])
  fake('pypi').says(Array.from({ length: 24_001 }, (_, i) => `x-${i}.tar.gz`))
  const answer = await fake('pypi').getProject(name('x'))
  fake('pypi').getProject = async () => answer
  const first = await resolver.resolve('default', name('x'))
  const second = await resolver.resolve('default', name('x'))
  expect(first.kind === 'page' && second.kind === 'page' && first.page === second.page).toBe(true)
})

it('the answer does not depend on who answered first', async () => {
  const { fake, resolve } = setUp([upstream('a'), upstream('b')], [index(['a', 'b'])])
  fake('a').says(['x-1.0.tar.gz'])
  fake('b').says(['x-2.0.tar.gz'])
  const release = fake('a').hold()
  const answer = resolve('x')
  await new Promise(setImmediate)
  release()
  expect(await answer).toEqual(['a:x-1.0.tar.gz'])
})

it('a private upstream that did not decide owns nothing by having answered', async () => {
  const routed = rule({ projects: ['x'], upstreams: ['pypi', 'corp'] })
  const { fake, state, resolve } = setUp([corp, pypi], [index(['corp', 'pypi'], [routed])])
  fake('corp').says(['x-1.0.tar.gz'])
  fake('pypi').says(['x-2.0.tar.gz'])
  expect(await resolve('x')).toEqual(['pypi:x-2.0.tar.gz'])
  await new Promise(setImmediate)
  expect(state.ownersOf(name('x'))).toEqual([])
})

it('an optional upstream that is down leaves a partial page, and says so', async () => {
  const shared = rule({ projects: ['x'], upstreams: ['wheels', 'pypi'], strategy: 'by-file' })
  const { fake, resolver } = setUp([upstream('wheels', { optional: true }), pypi], [index(['pypi'], [shared])])
  fake('wheels').says('connect')
  fake('pypi').says(['x-1.0.tar.gz'])
  expect(await resolver.resolve('default', name('x'))).toMatchObject({
    kind: 'page',
    partial: true,
    sources: [
      { upstream: 'wheels', state: 'missing' },
      { upstream: 'pypi', state: 'fresh' },
    ],
  })
})

it('the same pages give the same object, so that its bytes are made once', async () => {
  const { clock, fake, resolver } = setUp([pypi], [index(['pypi'])])
  const held = { page: page('pypi', 'x', ['x-1.0.tar.gz']), checkedAt: clock.now(), freshUntil: clock.now() }
  Object.assign(fake('pypi'), { getProject: async () => ({ ...held }) })
  const [a, b] = [await resolver.resolve('default', name('x')), await resolver.resolve('default', name('x'))]
  expect(a.kind === 'page' && b.kind === 'page' && a.page === b.page).toBe(true)
})

describe('the list of an index', () => {
  it('is the union of its upstreams’ lists', async () => {
    const { fake, resolver } = setUp()
    fake('corp').lists(['acme', 'tools'])
    fake('pypi').lists(['requests', 'acme'])
    expect((await resolver.list('default')).names.bytes.toString()).toBe('acme\nrequests\ntools\n')
  })
  it('is an error while one of them cannot say: never half a list', async () => {
    const { fake, resolver } = setUp()
    fake('corp').lists('connect')
    fake('pypi').lists(['requests'])
    await expect(resolver.list('default')).rejects.toMatchObject({ upstream: 'corp' })
  })
})
