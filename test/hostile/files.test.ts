import { afterAll, describe, expect, test } from 'vitest'
import { BYTES, type FileExpectation, FILE_TRANSFERS, type FileRow, siteWith } from './faults/file-transfers.ts'
import { filesOfJson } from './pages.ts'
import { type Got, openWorld, type Role } from './world.ts'

const PAGE = '/simple/acme/'
const RUNS = [
  { role: 'private', phase: 'cold' },
  { role: 'private', phase: 'warm' },
  { role: 'public', phase: 'cold' },
] as const
const runs = FILE_TRANSFERS.flatMap((row) =>
  RUNS.map(({ role, phase }) => ({ id: row.id, what: row.what, row, role, phase })),
)
let met = 0

describe('faults of files', { concurrent: true }, () => {
  afterAll(() => process.stdout.write(`faults of files: ${FILE_TRANSFERS.length} faults were met in ${met} runs\n`))

  test.each(runs)('$id $what ($role, $phase)', async ({ row, role, phase }) => {
    const cleanUps: (() => Promise<void>)[] = []
    try {
      await meet(row, role, phase === 'warm', (cleanUp) => cleanUps.push(cleanUp))
      met += 1
    } finally {
      for (const cleanUp of cleanUps.toReversed()) await cleanUp()
    }
  })
})

async function meet(
  row: FileRow,
  role: Role,
  isWarm: boolean,
  atEnd: (cleanUp: () => Promise<void>) => void,
): Promise<void> {
  const site = siteWith(row.listed)
  const world = await openWorld({ role, site, timeout: row.id === 'F18a' ? '1s' : '5s', atEnd })
  const [listed] = filesOfJson((await world.get(PAGE)).body?.toString() ?? '')
  const path = new URL(listed?.url ?? '', `http://127.0.0.1${PAGE}`).pathname
  const isWrongPage = 'size' in row.listed && row.listed.size === 5
  const isKept = isWarm && listed?.sha256 !== undefined && !isWrongPage
  if (isWarm && !isWrongPage && !('md5' in (listedHashes(row) ?? {})))
    expect((await world.get(path)).body?.equals(BYTES)).toBe(true)
  await world.strike(typeof row.script === 'function' ? row.script({ a: world.a.url, b: world.b.url }) : row.script)
  const from = world.unidex.events.length
  const askedBefore = world.a.requests.length

  const first = await world.get(path)
  check(first, isKept ? 'whole' : row.cold)
  if (first.body === undefined || first.status >= 500)
    checkEvents(world.unidex.events.slice(from), world.a.requests.length - askedBefore, isKept ? 'whole' : row.cold)
  // What answers in several steps begins anew.
  await world.strike(typeof row.script === 'function' ? row.script({ a: world.a.url, b: world.b.url }) : row.script)
  if (!row.id.startsWith('F18')) {
    check(await world.get(path), isKept ? 'whole' : isWhole(first) ? 'whole' : row.cold)
    const range = await world.unidex.get(path, { range: `bytes=${BYTES.length - 100}-` })
    const tail = await range.arrayBuffer().then(
      (bytes) => Buffer.from(bytes),
      () => undefined,
    )
    if (range.status === 206 && tail !== undefined) expect(tail).toEqual(BYTES.subarray(-100))
  }
  expect((await world.get('/simple/control/')).status).toBe(200)

  await world.heal()
  world.unidex.clock.forward(5000)
  const healed = await world.get(path)
  if (!isWrongPage && !('md5' in (listedHashes(row) ?? {}))) expect(healed.body?.equals(BYTES)).toBe(true)
  expect(await world.faults()).toEqual([])
}

function listedHashes({ listed }: FileRow): object | undefined {
  return 'hashes' in listed ? (listed.hashes as object) : undefined
}

function isWhole({ status, body }: Got): boolean {
  return status === 200 && body !== undefined
}

function isBroken({ status, body }: Got): boolean {
  return status === 503 || body === undefined
}

function check(got: Got, expected: FileExpectation): void {
  if (expected === 'whole') {
    expect({ path: got.path, status: got.status }).toEqual({ path: got.path, status: 200 })
    expect(got.body?.equals(BYTES)).toBe(true)
  } else if (expected === 'broken') {
    expect(isBroken(got)).toBe(true)
  } else if (expected === 'sound') {
    expect(isBroken(got) || got.body?.equals(BYTES)).toBe(true)
  } else {
    expect(got.status).toBe(expected.status)
    expect(got.headers['retry-after'] ?? '').toMatch(expected.status === 503 ? /^[123]$/ : /^$/)
  }
}

/** Each failure is told with the upstream and the cause: once for each time that the file was fetched, and once as the request's. */
function checkEvents(
  events: readonly { event: string; fields: Readonly<Record<string, unknown>> }[],
  fetched: number,
  expected: FileExpectation,
): void {
  const told = events.filter(({ event }) => ['file_failed', 'file_refused', 'request_failed'].includes(event))
  const ofFile = told.filter(({ event }) => event !== 'request_failed')
  expect(ofFile.length).toBeLessThanOrEqual(fetched)
  expect(told.length - ofFile.length).toBeLessThanOrEqual(1)
  expect(told.length).toBeGreaterThan(0)
  for (const { fields } of told) {
    expect(fields).toMatchObject({ upstream: 'a', code: expect.any(String), reason: expect.stringMatching(/./) })
    if (typeof expected === 'object' && expected.code !== undefined) expect(fields['code']).toBe(expected.code)
  }
}
