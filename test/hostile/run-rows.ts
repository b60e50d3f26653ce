/** Goes through a table of faults: each from the start, cold and warm, of a private and of a public upstream, with all invariants after it. */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { HTML_TYPE, JSON_TYPE } from '../support/hostile-upstream.ts'
import { type Certificates, makeCertificates } from '../support/tls.ts'
import type { SecretPlace } from './canaries.ts'
import { filesOfHtml, filesOfJson } from './pages.ts'
import { type Expectation, givesWay, type Row, statusOf } from './rows.ts'
import { type Fault, GOOD, GOOD_BYTES, type Got, openWorld, type Role, STRANGE, type World } from './world.ts'

/** `outage`: A fails before Unidex is started. `cold`: it fails before anybody asked. `warm`: a good page is kept. */
type Phase = 'outage' | 'cold' | 'warm'

/** Ways in which the credentials of A are said take turns. */
const SECRET_OF: Readonly<Record<Phase, SecretPlace>> = { outage: 'netrc', cold: 'environment', warm: 'userinfo' }

/** After that a kept page is asked for again by whoever wants it: freshness, and the time of refreshing behind it. */
const TOO_OLD_MS: Readonly<Record<Role, number>> = { private: 2001, public: 60_000 + 300_000 + 1 }

const PAGE = '/simple/acme/'

/** Defines the tests of a table. */
export function meetFaults(what: string, rows: readonly Row[]): void {
  let certificates: Certificates | undefined
  let met = 0

  describe(`an upstream with ${what}`, { concurrent: true }, () => {
    beforeAll(async () => {
      if (rows.some(({ needs }) => needs === 'tls')) certificates = await makeCertificates()
    })
    afterAll(async () => {
      await certificates?.remove()
      process.stdout.write(`${what}: ${rows.length} faults were met in ${met} runs\n`)
    })

    const runs = rows.flatMap((row) =>
      runsOf(row).map(({ role, phase }) => ({ id: row.id, what: row.what, row, role, phase })),
    )
    test.each(runs)('$id $what ($role, $phase)', async ({ row, role, phase }) => {
      const cleanUps: (() => Promise<void>)[] = []
      try {
        await meet(row, role, phase, {
          certificates: row.needs === 'tls' ? certificates : undefined,
          atEnd: (cleanUp) => cleanUps.push(cleanUp),
        })
        met += 1
      } finally {
        for (const cleanUp of cleanUps.toReversed()) await cleanUp()
      }
    })
  })
}

const RUNS: readonly { readonly role: Role; readonly phase: Phase }[] = [
  { role: 'private', phase: 'cold' },
  { role: 'private', phase: 'warm' },
  { role: 'private', phase: 'outage' },
  { role: 'public', phase: 'cold' },
  { role: 'public', phase: 'warm' },
]

/** Where A's word counts it makes no difference who A is, nor since when it is odd. */
function runsOf({ cold }: Row): typeof RUNS {
  return cold.kind === 'lists' ? RUNS.slice(0, 2) : RUNS
}

interface Means {
  readonly certificates: Certificates | undefined
  readonly atEnd: (cleanUp: () => Promise<void>) => void
}

async function meet(row: Row, role: Role, phase: Phase, means: Means): Promise<void> {
  const expected = phase === 'warm' ? row.warm : row.cold
  const world = await openWorld({
    ...means,
    role,
    secret: SECRET_OF[phase],
    named: row.needs === 'name',
    timeout: isAboutTime(row) ? '1s' : '5s',
    ...(phase === 'outage' && { strickenBy: faultOf(row, { a: '{a}', b: '{b}' }) }),
  })
  const { unidex } = world
  if (role === 'private' && phase !== 'outage') await listWasAsked(world)
  if (phase === 'warm') await keepGoodPage(world, role)
  // Addresses are known now, so the fault is made again with them.
  await world.strike(faultOf(row, { a: world.a.url, b: world.b.url }))
  const eventsBefore = unidex.events.length
  const askedBefore = world.b.requests.length

  const first = await world.get(PAGE)
  checkEvents(world, eventsBefore, expected, phase)
  const second = await world.get(PAGE)
  const html = await world.get(PAGE, HTML_TYPE)
  const strange = await world.get(`/files/b/${new URL(world.b.url).host}/files/${STRANGE}`)
  const control = await world.get('/simple/control/')

  for (const got of [first, second, html]) checkAnswer(got, expected, role, phase)
  if (first.status === 200) expect(filesOfHtml(text(html))).toEqual(filesOfJson(text(first)))
  const bMayAnswer = expected.kind === 'absent' && givesWay(role, phase === 'warm')
  expect(strange.status === 200).toBe(bMayAnswer)
  if (role === 'private' && !bMayAnswer)
    expect(world.b.requests.slice(askedBefore).filter(({ path }) => path.includes('acme'))).toEqual([])
  expect(control.status).toBe(200)

  await world.heal()
  unidex.clock.forward(row.healsAfterMs)
  const healed = await world.get(PAGE)
  expect([healed.status, healed.headers['x-unidex-sources']]).toEqual([200, 'a;fresh'])
  const [file] = filesOfJson(text(healed))
  expect(file?.filename).toBe(GOOD)
  expect((await world.get(new URL(file?.url ?? '', `http://127.0.0.1${PAGE}`).pathname)).body).toEqual(GOOD_BYTES)
  expect(await world.faults()).toEqual([])
}

/** Limits are short only where they are waited for, so that a slow machine meets no other fault than the one of the row. */
function isAboutTime({ cold }: Row): boolean {
  return cold.kind === 'fails' && cold.codes.includes('timeout')
}

function faultOf({ script }: Row, at: { readonly a: string; readonly b: string }): Fault {
  return typeof script === 'function' ? script(at) : script
}

/** The list of a private upstream is read at the start: what comes later is about the page alone. */
async function listWasAsked({ unidex }: World): Promise<void> {
  await vi.waitFor(
    () => {
      const asked = unidex.events.some(
        ({ event, fields }) => event.startsWith('upstream_') && fields['what'] === 'project list',
      )
      if (!asked) throw new Error('The project list was not asked for')
    },
    { timeout: 5000, interval: 5 },
  )
}

async function keepGoodPage(world: World, role: Role): Promise<void> {
  const page = await world.get(PAGE)
  expect(filesOfJson(text(page)).map(({ filename }) => filename)).toEqual([GOOD])
  world.unidex.clock.forward(TOO_OLD_MS[role])
}

/** Each failure of A is one event that names it and the cause, and so is each page that was given although A failed. */
function checkEvents({ unidex }: World, from: number, expected: Expectation, phase: Phase): void {
  const events = unidex.events.slice(from)
  const of = (name: string) => events.filter(({ event, fields }) => event === name && fields['upstream'] === 'a')
  if (expected.kind === 'lists' || expected.kind === 'absent') {
    expect(of('upstream_failed')).toEqual([])
    return
  }
  const failures = of('upstream_failed').filter(({ fields }) => fields['what'] === 'acme')
  // Whoever failed at the start may be left alone already.
  if (phase !== 'outage') expect(failures).toHaveLength(1)
  for (const { fields } of failures)
    expect(fields).toMatchObject({ code: expect.toBeOneOf([...expected.codes]), reason: expect.stringMatching(/./) })
  const said = of(expected.kind === 'stale' ? 'served_stale' : 'request_failed')
  expect(said).toHaveLength(1)
  expect(said[0]?.fields['reason']).toMatch(/./)
  if (expected.kind === 'fails') expect(expected.codes).toContain(said[0]?.fields['code'])
}

function checkAnswer(got: Got, expected: Expectation, role: Role, phase: Phase): void {
  const { status, headers } = got
  const sources = headers['x-unidex-sources']
  const body = text(got)
  switch (expected.kind) {
    case 'fails':
      expect({ status, sources }).toEqual({ status: statusOf(expected.codes), sources: 'a;missing' })
      expect(headers['retry-after'] ?? '').toMatch(status === 503 ? /^[123]$/ : /^$/)
      expect(headers['cache-control']).toBe('no-store')
      expect(body).not.toMatch(/9\.9\.9|stranger/)
      break
    case 'stale':
      expect({ status, sources }).toEqual({ status: 200, sources: 'a;stale' })
      expect(headers['cache-control']).toMatch(role === 'private' ? /^no-cache$/ : /^max-age=0/)
      expect(filenames(got)).toEqual([GOOD])
      break
    case 'lists':
      expect({ status, sources }).toEqual({ status: 200, sources: 'a;fresh' })
      expect(filenames(got)).toEqual(expected.files.toSorted())
      break
    case 'absent':
      if (givesWay(role, phase === 'warm')) {
        expect({ status, files: status === 200 ? filenames(got) : body }).toEqual({ status: 200, files: [STRANGE] })
      } else {
        expect(status).toBe(404)
        expect(body).not.toMatch(/9\.9\.9|stranger/)
      }
      break
    default:
      expected satisfies never
  }
}

function filenames(got: Got): string[] {
  const isJson = got.headers['content-type'] === JSON_TYPE
  return (isJson ? filesOfJson : filesOfHtml)(text(got)).map(({ filename }) => filename)
}

function text({ body }: Got): string {
  if (body === undefined) throw new Error('The answer was cut')
  return body.toString()
}
