import { beforeEach, describe, expect, test } from 'vitest'
import type { Answer, Ask, Index, ListAnswer } from '../../src/indexes/contract.ts'
import { type Member, openMember } from '../../src/indexes/mirror-member.ts'
import { mirrorSet } from '../../src/indexes/mirror-set.ts'
import type { ProjectDetail } from '../../src/simple/model.ts'
import { nameList } from '../../src/simple/name-list.ts'
import { type FailureCode, UpstreamError } from '../../src/upstream/error.ts'
import { openHealth } from '../../src/upstream/health.ts'
import { mirrorAddresses } from '../../src/upstream/mirror-addresses.ts'
import { file, name, page, sha } from '../support/build.ts'
import { fakeClock } from '../support/fake-index.ts'

const ACME = name('acme')
const acme = (...files: Parameters<typeof page>[2]) => page('up', 'acme', files)

/** A page, nothing (absent), why it cannot say, or nothing at all for ever. */
type Says = ProjectDetail | undefined | FailureCode | 'hangs'

interface Address extends Member {
  says: Says
  serial?: number
  etag?: string
  list?: readonly string[] | undefined | FailureCode
  readonly asked: Ask[]
  upToDate?: number
}

const clock = fakeClock()
let events: string[]
let confirmed: string[]
beforeEach(() => {
  events = []
  confirmed = []
})

/** `ms`: how near it is said to be. */
function address(label: string, ms: number, says: Says, more: Partial<Address> = {}): Address {
  const asked: Ask[] = []
  const index: Index = {
    async getProject(_, ask = {}): Promise<Answer> {
      asked.push(ask)
      const { says, serial, etag } = it
      if (says === 'hangs') return new Promise(() => {})
      if (typeof says === 'string') throw new UpstreamError('up', says, `${label} fails with ${says}`)
      const [checkedAt, freshUntil] = [clock.now(), clock.now() + 600_000]
      return { page: says, checkedAt, freshUntil, ...(serial && { serial }), ...(etag && { validator: { etag } }) }
    },
    async listProjects(): Promise<ListAnswer> {
      const { list } = it
      if (typeof list === 'string') throw new UpstreamError('up', list, `${label} fails with ${list}`)
      const names = nameList((list ?? []).map(name))
      return { names, listed: list !== undefined, checkedAt: clock.now(), freshUntil: clock.now() }
    },
  }
  const health = { ...openHealth({ now: clock.now }), isUnknown: () => false }
  const member = openMember({
    url: `https://${label}.example/simple/`,
    label,
    isOwn: label === 'own',
    isListed: more.isListed ?? false,
    index,
    health: { ...health, latencyMs: () => ms, hedgeMs: () => 10 },
    addresses: mirrorAddresses([], ['https://up.example/']),
    readUpToDate: async () => it.upToDate,
    now: clock.now,
  })
  const it: Address = Object.assign(member, { says, asked, ...more })
  return it
}

function set(members: readonly Address[], isPrivate = false, needsAges = false) {
  return mirrorSet({
    needsAges,
    upstream: 'up',
    private: isPrivate,
    members: () => members,
    pageWithinMs: 200,
    listWithinMs: 200,
    confirm: (project) => confirmed.push(project),
    report: (_, event, fields) => events.push(`${event} ${String(fields?.['mirror'])}`),
    now: clock.now,
  })
}

const own = (says: Says, more?: Partial<Address>) => address('own', 100, says, more)
const near = (says: Says, more?: Partial<Address>) => address('near', 10, says, more)
const mid = (says: Says, more?: Partial<Address>) => address('mid', 50, says, more)
const far = (says: Says, more?: Partial<Address>) => address('far', 500, says, more)
const failure = (asking: Promise<Answer>) =>
  asking.then(
    () => undefined,
    (error: unknown) => (error as UpstreamError).code,
  )
const V1 = acme('acme-1.0.tar.gz')
const V2 = acme('acme-1.0.tar.gz', 'acme-2.0.tar.gz')

/** What was kept of the upstream's own answer. */
async function heldOf(says: Says, more?: Partial<Address>): Promise<Answer> {
  return set([own(says, more)]).getProject(ACME)
}

describe('of several addresses', () => {
  test('the nearest is asked, and no other', async () => {
    const held = await heldOf(V1)
    const members = [own(V1), near(V1), far(V1)]
    expect((await set(members).getProject(ACME, { held })).whence?.mirror).toBe('near')
    expect(members.map(({ asked }) => asked.length)).toEqual([0, 1, 0])
  })

  test('the own one of a private upstream is asked first, however far it is', async () => {
    const members = [own(V2), near(V1)]
    expect((await set(members, true).getProject(ACME)).page).toBe(V2)
    expect(members[1]?.asked).toEqual([])
  })

  test('one that somebody lists is never asked first for a page', async () => {
    const held = await heldOf(V1)
    const members = [own(V1), near(V1, { isListed: true })]
    expect((await set(members).getProject(ACME, { held })).whence?.mirror).toBeUndefined()
  })

  test('another answers where the nearest fails', async () => {
    const held = await heldOf(V1)
    const members = [own(V1), near('connect'), far(V1)]
    const index = set(members)
    expect((await index.getProject(ACME, { held })).page).toBe(V1)
    await index.getProject(ACME, { held })
    expect(members.map(({ asked }) => asked.length)).toEqual([2, 1, 0])
  })

  test('one that is back is found out behind, while others answer', async () => {
    const members = [own('connect'), near(V1)]
    const index = set(members, true)
    await index.getProject(ACME)
    clock.forward(4000)
    if (members[0] !== undefined) members[0].says = V2
    await index.getProject(ACME)
    await index.getProject(ACME)
    expect((await index.getProject(ACME)).page).toBe(V2)
  })

  test('all failing is the upstream failing, with the failure that may heal', async () => {
    expect(await failure(set([own('denied'), near('connect')]).getProject(ACME))).toBe('connect')
    expect(await failure(set([own('denied'), near('denied')]).getProject(ACME))).toBe('denied')
  })

  test('all failing are left alone, and say why', async () => {
    const members = [own('connect'), near('connect')]
    const index = set(members)
    await failure(index.getProject(ACME))
    expect(await failure(index.getProject(ACME))).toBe('connect')
    expect(members.map(({ asked }) => asked.length)).toEqual([1, 1])
  })

  test('all hanging is a failure in time', async () => {
    expect(await failure(set([own('hangs'), near('hangs')]).getProject(ACME))).toBe('timeout')
  })
})

describe('a page of a mirror', () => {
  test('of a project that is not known is that of the upstream itself', async () => {
    const members = [own(V1), near(V2)]
    expect((await set(members).getProject(ACME)).page).toBe(V1)
    expect(members.map(({ asked }) => asked.length)).toEqual([1, 0])
  })

  test('of a project that is not known counts where two nearer mirrors say the same, and is confirmed behind', async () => {
    const members = [own(V1), near(V1), mid(V1)]
    const answer = await set(members).getProject(ACME)
    expect([answer.page, members[0]?.asked.length, confirmed]).toEqual([V1, 0, ['acme']])
    expect(answer.freshUntil - answer.checkedAt).toBe(2000)
  })

  test('of a project that is not known does not count where two mirrors say different things', async () => {
    const evil = acme(file('up', 'acme-1.0.tar.gz', { hashes: { sha256: sha('evil') } }))
    expect((await set([own(V1), near(evil), mid(V1)]).getProject(ACME)).page).toBe(V1)
    expect((await set([own(V1), near(V1), mid(V2)]).getProject(ACME)).page).toBe(V1)
  })

  test('with a file that nobody knows yet is not believed alone', async () => {
    const held = await heldOf(V1)
    expect((await set([own(V1), near(V2)]).getProject(ACME, { held })).page).toBe(V1)
    expect((await set([own(V2), near(V2)]).getProject(ACME, { held })).page).toBe(V2)
  })

  test('is given where the upstream itself says nothing', async () => {
    expect((await set([own('hangs'), near(V1)]).getProject(ACME)).page).toEqual(V1)
  })

  test('holds as long as any where the own address confirmed it a moment ago', async () => {
    const held = await heldOf(V1)
    const answer = await set([own(V1), near(V1)]).getProject(ACME, { held })
    expect(confirmed).toEqual([])
    expect(answer.page).toBe(V1)
    expect(answer.freshUntil - answer.checkedAt).toBe(600_000)
  })

  test('holds as long as any while the own address is down', async () => {
    const members = [own('connect'), near(V1)]
    members[0]?.health.begin().failed(new UpstreamError('up', 'connect', 'down'))
    const answer = await set(members).getProject(ACME)
    expect([confirmed, answer.freshUntil - answer.checkedAt]).toEqual([[], 600_000])
  })

  test('that lacks a known file is not believed: the own address is asked', async () => {
    const held = await heldOf(V2)
    const answer = await set([own(V2), near(V1)]).getProject(ACME, { held })
    expect(answer.page).toBe(V2)
    expect(events).toContain('mirror_behind near')
  })

  test('that lacks a known file is no answer where nobody else has one: what is kept is better', async () => {
    const held = await heldOf(V2)
    expect(await failure(set([own('connect'), near(V1)]).getProject(ACME, { held }))).toBeDefined()
  })

  test('with an earlier serial is not believed, however many files it has', async () => {
    const held = await heldOf(V1, { serial: 7 })
    expect(await failure(set([own('connect'), near(V2, { serial: 6 })]).getProject(ACME, { held }))).toBeDefined()
    expect(events).toContain('mirror_behind near')
  })

  test('with a later serial may have lost a file', async () => {
    const held = await heldOf(V2, { serial: 7 })
    const answer = await set([own('connect'), near(V1, { serial: 8 })]).getProject(ACME, { held })
    expect(answer.page?.files.length).toBe(1)
  })

  test('of a project that the upstream just said is gone is not believed', async () => {
    const held = await heldOf(undefined)
    expect(await failure(set([own('connect'), near(V1)]).getProject(ACME, { held }))).toBeDefined()
    expect(events).toContain('mirror_behind near')
  })

  test('with another hash is overruled, and its mirror is the last to be asked from then on', async () => {
    const held = await heldOf(V1)
    const evil = acme(file('up', 'acme-1.0.tar.gz', { hashes: { sha256: sha('evil') } }))
    const members = [own(V1), near(evil)]
    const index = set(members)
    expect((await index.getProject(ACME, { held })).page).toBe(V1)
    expect(events).toContain('mirror_overruled near')
    await index.getProject(ACME, { held })
    expect(members.map(({ asked }) => asked.length)).toEqual([2, 1])
  })

  test('that was believed is found out by what the own address says later', async () => {
    const evil = acme(file('up', 'acme-1.0.tar.gz', { hashes: { sha256: sha('evil') } }))
    const index = set([own(V1), near(evil), mid(evil)])
    const held = await index.getProject(ACME)
    expect(held.page).toEqual(evil)
    expect((await index.getProject(ACME, { held, ownAddress: true })).page).toBe(V1)
    expect(events).toContain('mirror_overruled mid')
  })

  test('keeps a yank that is known', async () => {
    const yanked = acme(file('up', 'acme-1.0.tar.gz', { yanked: true }))
    const held = await heldOf(yanked)
    expect((await set([own('connect'), near(V1)]).getProject(ACME, { held })).page).toBe(yanked)
  })

  test('of a mirror that is behind is given where no other can say, and marked', async () => {
    const member = near(V1, { upToDate: clock.now() - 2 * 3_600_000 })
    const index = set([own('connect'), member])
    await index.getProject(ACME)
    expect((await index.getProject(ACME)).whence).toMatchObject({
      mirror: 'near',
      behind: 'it was brought up to date 2 hours ago',
    })
  })

  test('of a mirror that is behind is not given while another can say', async () => {
    const members = [own(V2), near(V1, { upToDate: clock.now() - 2 * 3_600_000 })]
    const index = set(members)
    await index.getProject(ACME)
    expect((await index.getProject(ACME)).page).toBe(V2)
  })
})

describe('where a cooldown must know how old files are', () => {
  const dated = acme(file('up', 'acme-1.0.tar.gz', { uploadTime: '2026-01-01T00:00:00Z' }))
  const ask = (says: ProjectDetail, held?: Answer) =>
    set([own('connect'), near(says)], false, true).getProject(ACME, held && { held })

  test('a page of a mirror that does not say it is no answer', async () => {
    expect(await failure(ask(V1))).toBeDefined()
    expect((await ask(dated)).page).toEqual(dated)
  })

  test('it need not be said again of what is known', async () => {
    expect((await ask(V1, await heldOf(dated))).page).toBe(dated)
    expect(await failure(ask(V2, await heldOf(dated)))).toBeDefined()
  })

  test('a mirror says no more than its upstream does', async () => {
    expect((await ask(V2, await heldOf(V1))).page).toEqual(V2)
  })
})

describe('while the own address is down, and nothing is known', () => {
  const evil = acme(file('up', 'acme-1.0.tar.gz', { hashes: { sha256: sha('evil') } }))

  async function ask(...mirrors: Address[]) {
    const down = own('connect')
    down.health.begin().failed(new UpstreamError('up', 'connect', 'down'))
    return set([down, ...mirrors]).getProject(ACME)
  }

  test('the newest page of all mirrors is given, and the nearest is found to be behind', async () => {
    expect((await ask(near(V1), far(V2))).page?.files.map(({ filename }) => filename)).toEqual([
      'acme-1.0.tar.gz',
      'acme-2.0.tar.gz',
    ])
    expect(events).toContain('mirror_behind near')
  })

  test('an older page of another mirror changes nothing', async () => {
    expect((await ask(near(V2), far(V1))).page).toEqual(V2)
    expect(events).toContain('mirror_behind far')
  })

  test('a file of which mirrors give different hashes is given to nobody', async () => {
    expect((await ask(near(evil), far(V1))).page?.files).toEqual([])
    expect((await ask(near(V1), far(evil))).page?.files).toEqual([])
  })

  test('a yank of any mirror counts', async () => {
    const yanked = acme(file('up', 'acme-1.0.tar.gz', { yanked: 'broken' }))
    expect((await ask(near(V1), far(yanked))).page).toEqual(yanked)
  })

  test('mirrors that cannot say keep nobody', async () => {
    expect((await ask(near(V1), far('connect'))).page).toEqual(V1)
  })
})

describe('an absence', () => {
  test('is the own address to say', async () => {
    expect((await set([own(undefined), near(V1)], true).getProject(ACME)).page).toBeUndefined()
  })

  test('of a mirror is none while the own address has it', async () => {
    const held = await heldOf(V1)
    expect((await set([own(V1), near(undefined)]).getProject(ACME, { held })).page).toBe(V1)
    expect(events).toEqual(['mirror_behind near'])
  })

  test('of a mirror is none while the own address fails', async () => {
    expect(await failure(set([own('connect'), near(undefined)]).getProject(ACME))).toBe('connect')
    expect(events).toContain('mirror_not_proved undefined')
  })

  test('of a mirror is one where it was brought up to date just now', async () => {
    const member = near(V1, { upToDate: clock.now() })
    const index = set([own('connect'), member])
    await index.getProject(ACME)
    member.says = undefined
    expect((await index.getProject(ACME)).page).toBeUndefined()
  })

  test('of a mirror is none where it was brought up to date before the own address answered last', async () => {
    const member = near(V1, { upToDate: clock.now() - 31 * 60_000 })
    const index = set([own('connect'), member])
    await index.getProject(ACME)
    member.says = undefined
    expect(await failure(index.getProject(ACME))).toBe('connect')
  })

  test('of a mirror is none where another mirror cannot be read', async () => {
    const member = near(V1, { upToDate: clock.now() })
    const index = set([own('connect'), member, far('bad-page')])
    await index.getProject(ACME)
    member.says = undefined
    expect(await failure(index.getProject(ACME))).toBeDefined()
  })

  test('of a mirror of a private upstream is never one', async () => {
    const member = near(V1, { upToDate: clock.now() })
    const index = set([own('connect'), member], true)
    await index.getProject(ACME)
    member.says = undefined
    expect(await failure(index.getProject(ACME))).toBe('connect')
  })
})

describe('a validator', () => {
  test('goes to the address that gave it, and to no other', async () => {
    const held = await heldOf(V1, { etag: '"own"' })
    const members = [own(V1), near('connect')]
    await set(members).getProject(ACME, { held })
    expect(members.map(({ asked }) => asked[0]?.held?.validator)).toEqual([{ etag: '"own"' }, undefined])
  })

  test('of each address is remembered for the same page', async () => {
    const held = await heldOf(V1, { etag: '"own"' })
    const members = [own(V1), near(V1, { etag: '"near"' })]
    const index = set(members)
    await index.getProject(ACME, { held })
    await index.getProject(ACME, { held })
    expect(members[1]?.asked.map((ask) => ask.held?.validator)).toEqual([undefined, { etag: '"near"' }])
  })
})

describe('a project list', () => {
  test('comes from a mirror where the own address fails', async () => {
    const answer = await set([own(V1, { list: 'connect' }), near(V1, { list: ['acme'] })]).listProjects()
    expect([answer.names.has(ACME), answer.mirror]).toEqual([true, 'near'])
  })

  test('of a private upstream comes from its own address alone', async () => {
    const index = set([own(V1, { list: 'connect' }), near(V1, { list: ['acme'] })], true)
    await expect(index.listProjects()).rejects.toThrow('own fails')
  })

  test('that a mirror does not have is not said to be missing', async () => {
    const index = set([own(V1, { list: 'connect' }), near(V1, { list: undefined })])
    await expect(index.listProjects()).rejects.toThrow(UpstreamError)
  })
})
