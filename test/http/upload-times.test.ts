import { expect, it } from 'vitest'
import { memoryState } from '../../src/store/memory-state.ts'
import { simpleUpstream, upstreamFile } from '../support/simple-upstream.ts'
import { startUnidex } from '../support/unidex.ts'

const [OLD, NEW, TIMED] = ['acme-1.0.tar.gz', 'acme-1.1.tar.gz', 'acme-1.2.tar.gz']
const TIME = '2026-01-02T03:04:05Z'
const timed = upstreamFile(TIMED, TIMED, { 'upload-time': TIME })
const HOUR = 3_600_000

async function setUp(settings: Record<string, unknown> = { uploadTimes: 'first-seen' }, rules: unknown[] = []) {
  const plain = await simpleUpstream({ acme: [upstreamFile(OLD)] })
  const state = memoryState()
  const file = {
    upstreams: { plain: { url: plain.url, ...settings } },
    indexes: { default: { upstreams: ['plain'], rules } },
  }
  const started = await startUnidex(file, { state })
  const times = async (json = started.json) => {
    const { files } = await json('/simple/acme/')
    return Object.fromEntries(files.map((each) => [each['filename'], each['upload-time']]))
  }
  /** The next page has a second file. */
  const publish = () => {
    plain.projects = { acme: [upstreamFile(OLD), upstreamFile(NEW), timed] }
    started.clock.forward(HOUR)
  }
  return { ...started, plain, times, publish, restart: () => startUnidex(file, { state }) }
}

it('a file without an upload time has none, unless that is asked for', async () => {
  const { times } = await setUp({})
  expect(await times()).toEqual({ [OLD]: undefined })
})

it('what came since the first look has the time at which it was seen, marked as ours; what was there is old', async () => {
  const { json, times, publish, clock } = await setUp()
  expect(await times()).toEqual({ [OLD]: '1970-01-01T00:00:00.000Z' })
  publish()
  expect(await times()).toEqual({
    [OLD]: '1970-01-01T00:00:00.000Z',
    [NEW]: new Date(clock.now()).toISOString(),
    [TIMED]: TIME,
  })
  const marks = (await json('/simple/acme/')).files.map((each) => each['_upload-time'])
  expect(marks).toEqual(['first-seen', 'first-seen', undefined])
})

it('such a time never changes: not later, not after a restart', async () => {
  const { times, publish, clock, restart } = await setUp()
  await times()
  publish()
  const before = await times()
  clock.forward(24 * HOUR)
  expect(await times()).toEqual(before)
  expect(await times((await restart()).json)).toEqual(before)
})

it('HTML, which has no place for the mark, has only the times that the upstream gives', async () => {
  const { get, times, publish } = await setUp()
  await times()
  publish()
  const html = await (await get('/simple/acme/', { accept: 'text/html' })).text()
  expect(html.match(/data-upload-time="[^"]*"/g)).toEqual([`data-upload-time="${TIME}"`])
})

it('rules count ages as they do without it', async () => {
  const rules = [{ projects: ['acme'], excludeNewer: '2026-02-01' }]
  const { times, publish, reload, plain } = await setUp(undefined, rules)
  await times()
  publish()
  expect(await times()).toEqual({ [TIMED]: TIME })
  reload({
    upstreams: { plain: { url: plain.url, uploadTimes: 'first-seen', cooldown: '1d' } },
    indexes: { default: { upstreams: ['plain'] } },
  })
  expect(Object.keys(await times())).toEqual([OLD, TIMED])
})

it('people and programs are told that it is not the word of the upstream', async () => {
  const { get, times, publish, clock } = await setUp()
  await times()
  publish()
  const seen = new Date(clock.now()).toISOString()
  const explained = await (await get('/projects/acme', { accept: 'application/json' })).json()
  expect(explained).toMatchObject({
    files: [{ filename: OLD }, { filename: NEW, firstSeen: seen }, { uploadTime: TIME }],
  })
  const page = await (await get('/projects/acme', { accept: 'text/html' })).text()
  expect(page).toContain('there since it was first looked for')
  expect(page).toContain('first seen')
})
