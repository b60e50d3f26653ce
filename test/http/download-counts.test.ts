/** Which requests are counted as downloads, and what happens to the counts. */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import type { DownloadStats } from '../../src/stats/download-stats.ts'
import { dayOf } from '../../src/stats/day.ts'
import { serveUnidex } from '../support/serving.ts'
import { simpleUpstream, upstreamFile } from '../support/simple-upstream.ts'
import { published, testStats } from '../support/stats.ts'

/** More than a connection holds on its way. */
const LARGE = randomBytes(24_000_000)
const PIP = { 'user-agent': 'pip/26.3 {"cpu":"x86_64"}' }

async function setUp(stats: DownloadStats = testStats()) {
  const pypi = await simpleUpstream({
    big: [upstreamFile('big-1.0.tar.gz', LARGE)],
    small: [upstreamFile('small-1.0.tar.gz', 'small')],
    ours: [upstreamFile('ours-1.0.tar.gz', 'ours')],
  })
  const corp = await simpleUpstream({ ours: [upstreamFile('ours-1.0.tar.gz', 'ours')] })
  const unidex = await serveUnidex(
    {
      upstreams: { corp: { url: corp.url, private: true, owns: ['ours'] }, pypi: { url: pypi.url } },
      indexes: { default: { upstreams: ['corp', 'pypi'] } },
    },
    { stats },
  )
  const at = (filename: string, { url } = pypi) =>
    `/files/${url === pypi.url ? 'pypi' : 'corp'}/${new URL(url).host}/files/${filename}`
  const ask = async (path: string, headers: Record<string, string> = {}, method = 'GET') => {
    const response = await fetch(unidex.origin + path, { headers: { ...PIP, ...headers }, method })
    await response.arrayBuffer()
    return response.status
  }
  /** After everything that is under way. */
  const counted = async () => {
    await unidex.drain(1000)
    await unidex.unidex.close()
    return published(stats)
  }
  return { ...unidex, corp, at, ask, counted, stats }
}

describe('a download', () => {
  it('is counted when all of it was taken, cold and warm, by client', async () => {
    const { ask, at, counted } = await setUp()
    for (const filename of ['big-1.0.tar.gz', 'small-1.0.tar.gz', 'big-1.0.tar.gz'])
      expect(await ask(at(filename))).toBe(200)
    await ask(at('big-1.0.tar.gz'), { 'user-agent': 'uv/0.13.9 {"installer":{}}' })
    expect(await counted()).toEqual([
      'big-1.0.tar.gz pip/26.3 2',
      'big-1.0.tar.gz uv/0.13.9 1',
      'small-1.0.tar.gz pip/26.3 1',
    ])
  })

  it('is none where nothing, or the head alone, was sent', async () => {
    const { ask, at, counted, origin } = await setUp()
    const etag = (await fetch(origin + at('big-1.0.tar.gz'), { method: 'HEAD', headers: PIP })).headers.get('etag')
    expect(await ask(at('big-1.0.tar.gz'), { 'if-none-match': etag ?? '' })).toBe(304)
    expect(await ask(at('small-2.0.tar.gz'))).toBe(404)
    expect(await ask(`${at('big-1.0.tar.gz')}.metadata`)).toBe(404)
    expect(await counted()).toEqual([])
  })

  it('in parts is one when they are complete, and none before', async () => {
    const { ask, at, counted } = await setUp()
    expect(await ask(at('big-1.0.tar.gz'), { range: 'bytes=-1000000' })).toBe(206)
    expect(await ask(at('small-1.0.tar.gz'), { range: 'bytes=1-' })).toBe(206)
    expect(await ask(at('big-1.0.tar.gz'), { range: 'bytes=0-22999999' })).toBe(206)
    expect(await counted()).toEqual(['big-1.0.tar.gz pip/26.3 1'])
  })

  it('that broke off is none, and one when the rest of it was fetched', async () => {
    const { ask, at, counted, origin } = await setUp()
    const path = at('big-1.0.tar.gz')
    await ask(path, { 'user-agent': 'uv/0.13.9' })
    const socket = connect(Number(new URL(origin).port), '127.0.0.1')
    socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: ${PIP['user-agent']}\r\n\r\n`)
    await once(socket, 'readable')
    socket.destroy()
    expect(await ask(path, { range: 'bytes=10-' })).toBe(206)
    expect(await ask(path, { range: 'bytes=0-9' })).toBe(206)
    expect(await counted()).toEqual(['big-1.0.tar.gz pip/26.3 1', 'big-1.0.tar.gz uv/0.13.9 1'])
  })

  it('of a private upstream is counted and not published', async () => {
    const { ask, at, corp, counted, stats, clock } = await setUp()
    expect(await ask(at('ours-1.0.tar.gz', corp))).toBe(200)
    expect(await counted()).toEqual([])
    expect([...stats.projectsOn(dayOf(clock.now()), { peers: [] })]).toEqual([{ project: 'ours', count: 1 }])
  })

  it('succeeds where it cannot be counted, and is counted as soon as it can', async () => {
    const stats = testStats()
    let isBroken = true
    const { ask, at, counted, events, unidex } = await setUp({
      ...stats,
      add(downloads) {
        if (isBroken) throw new Error('database or disk is full')
        stats.add(downloads)
      },
    })
    expect(await ask(at('big-1.0.tar.gz'))).toBe(200)
    await unidex.close()
    expect(events.filter(({ event }) => event === 'stats_write_failed')).toMatchObject([
      { level: 'warn', fields: { reason: 'database or disk is full', pending: 1 } },
    ])
    isBroken = false
    await counted()
    expect(published(stats)).toEqual(['big-1.0.tar.gz pip/26.3 1'])
  })
})
