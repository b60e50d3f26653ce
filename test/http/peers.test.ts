/** The sum over several servers: each day of each once, whatever they do. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { type IncomingMessage, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openPeer } from '../../src/assembly/peer.ts'
import { dayAfter, dayOf } from '../../src/stats/day.ts'
import { type WatchedPeers, watchPeers } from '../../src/stats/watched-peers.ts'
import { name } from '../support/build.ts'
import { serveUnidex } from '../support/serving.ts'
import { testStats } from '../support/stats.ts'

const TODAY = dayOf(Date.now())
const YESTERDAY = dayAfter(TODAY, -1)
const EMPTY = {
  upstreams: { pypi: { url: 'https://pypi.org/simple/' } },
  indexes: { default: { upstreams: ['pypi'] } },
}

const packed = (text: string) => execFileSync('bzip2', ['-c'], { input: text })

/** A web server that publishes a folder, as a mirror does it. */
async function plainMirror(files: Record<string, string | Buffer> = {}) {
  const asked: string[] = []
  const mirror = {
    files,
    asked,
    url: '',
    instead: undefined as ((request: IncomingMessage) => Buffer | undefined) | undefined,
  }
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    const file = request.url?.replace('/local-stats/days/', '') ?? ''
    const body = mirror.instead?.(request) ?? bodyOf(mirror.files, file)
    if (body === undefined) response.writeHead(404).end()
    else response.writeHead(200, { ETag: `"${body.length}-${body.subarray(-8).toString('hex')}"` }).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const stop = () => {
    server.close()
    server.closeAllConnections()
  }
  onTestFinished(stop)
  mirror.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  return Object.assign(mirror, { stop })
}

function bodyOf(files: Record<string, string | Buffer>, file: string): Buffer | undefined {
  if (file === '')
    return Buffer.from(
      Object.keys(files)
        .map((each) => `<a href="${each}">${each}</a>`)
        .join('\n'),
    )
  const found = files[file]
  return found === undefined ? undefined : typeof found === 'string' ? packed(found) : found
}

async function setUp(peers: string[]) {
  const stats = testStats()
  const unidex = await serveUnidex({ ...EMPTY, peers }, { stats, offline: true })
  const { clock } = unidex
  const failures: unknown[] = []
  const watched: WatchedPeers = watchPeers({
    peers: () => peers,
    open: (peer) => openPeer(peer, { environment: {}, userAgent: 'unidex/test' }),
    stats,
    report: (_, event, fields) => void failures.push([event, fields?.['reason']]),
    now: clock.now,
  })
  onTestFinished(() => watched.close())
  return {
    ...unidex,
    stats,
    failures,
    /** An hour later. */
    async look() {
      clock.forward(3_600_001)
      await watched.look()
    },
    async sum(file = `days/${YESTERDAY}.csv`, root = 'stats') {
      clock.forward(61_000)
      const text = await (await unidex.get(`/${root}/${file}`)).text()
      return text.split('\n').slice(1, -1)
    },
  }
}

const line = (count: number, filename = 'tool-1.0.tar.gz', client = 'pip/26.3') => `tool,${filename},${client},${count}`
const file = { project: name('tool'), filename: 'tool-1.0.tar.gz', upstream: 'pypi', isPrivate: false }

describe('the sum over peers', () => {
  it('is what each of them counted, and ours, each day of each once', async () => {
    const mirrors = [
      await plainMirror({ [`${YESTERDAY}.bz2`]: `${line(10)}\n${line(1, 'tool-2.0.zip', 'Python-urllib/3.11')}\n` }),
      await plainMirror({ [`${YESTERDAY}.bz2`]: `# package,filename,useragent,count\n${line(100)}\n` }),
    ]
    const theirs = testStats()
    const node = await serveUnidex(EMPTY, { stats: theirs, offline: true })
    theirs.add([{ day: YESTERDAY, file, client: 'pip/26.3', count: 1000 }])
    const { stats, look, sum } = await setUp([...mirrors.map(({ url }) => url), `${node.origin}/`])
    stats.add([{ day: YESTERDAY, file, client: 'pip/26.3', count: 10_000 }])
    for (let round = 0; round < 3; round += 1) await look()
    expect(await sum()).toEqual([line(11_110), line(1, 'tool-2.0.zip', 'python-urllib/3.11')])
    expect(await sum(`days/${YESTERDAY}.csv`, 'local-stats')).toEqual([line(10_000)])
  })

  it('has what comes late, and takes what is repeated in the place of what was there', async () => {
    const mirror = await plainMirror({ [`${YESTERDAY}.bz2`]: `${line(10)}\n` })
    const { look, sum } = await setUp([mirror.url])
    await look()
    mirror.files = { [`${YESTERDAY}.bz2`]: `${line(15)}\n`, [`${dayAfter(TODAY, -400)}.bz2`]: `${line(3)}\n` }
    await look()
    expect(await sum()).toEqual([line(15)])
    expect(await sum(`days/${dayAfter(TODAY, -400)}.csv`)).toEqual([line(3)])
    mirror.files = {}
    await look()
    expect(await sum()).toEqual([line(15)])
  })

  it('keeps what a peer said that is down or talks nonsense, and says so', async () => {
    const mirror = await plainMirror({ [`${YESTERDAY}.bz2`]: `${line(10)}\n` })
    const { look, sum, stats, failures } = await setUp([mirror.url])
    await look()
    for (const nonsense of [Buffer.from('<html>'), packed('a\nb\nc\n'), packed(`${line(99)}\n`).subarray(0, -9)]) {
      mirror.files = { [`${YESTERDAY}.bz2`]: nonsense }
      await look()
      expect(stats.standing(mirror.url)).toMatchObject({ days: 1, failure: `${YESTERDAY}.bz2 cannot be read` })
    }
    mirror.stop()
    await look()
    expect(await sum()).toEqual([line(10)])
    expect(failures.at(-1)).toEqual(['peer_failed', expect.stringContaining('no connection')])
  })

  it('is asked of a peer once an hour, and of what has not changed only whether it has', async () => {
    const old = dayAfter(TODAY, -100)
    const mirror = await plainMirror({ [`${old}.bz2`]: '', [`${YESTERDAY}.bz2`]: `${line(10)}\n` })
    const { look, clock } = await setUp([mirror.url])
    await look()
    mirror.asked.length = 0
    clock.forward(-1000)
    await look()
    expect(mirror.asked).toEqual([])
    await look()
    expect(mirror.asked).toEqual(['GET /local-stats/days/', `HEAD /local-stats/days/${YESTERDAY}.bz2`])
  })

  it('does not count this server itself', async () => {
    const peers: string[] = []
    const { origin, stats, look, sum, failures } = await setUp(peers)
    peers.push(`${origin}/`)
    stats.add([{ day: YESTERDAY, file, client: 'pip/26.3', count: 5 }])
    await look()
    expect(await sum()).toEqual([line(5)])
    expect(failures).toEqual([['peer_failed', 'it is this server itself, whose counts are counted already']])
  })

  it('does not grow with what a peer sends without end', async () => {
    const mirror = await plainMirror({ [`${YESTERDAY}.bz2`]: packed('x'.repeat(100_000_000)) })
    const { look, stats } = await setUp([mirror.url])
    await look()
    expect(stats.standing(mirror.url)).toMatchObject({ days: 0, failure: `${YESTERDAY}.bz2 cannot be read` })
  })
})

describe('stats fetch and export', () => {
  it('let plain mirrors take part that publish a folder', async () => {
    const mirror = await plainMirror()
    const { folder } = await setUp([])
    const run = (...words: string[]) =>
      execFileSync(process.execPath, [new URL('../../src/cli/main.ts', import.meta.url).pathname, 'stats', ...words], {
        encoding: 'utf8',
      })
    const [data, www] = [join(folder, 'data'), join(folder, 'www')]
    mkdirSync(www)
    const [day, month, year] = [
      YESTERDAY.slice(8),
      new Date(YESTERDAY).toLocaleString('en', { month: 'short' }),
      YESTERDAY.slice(0, 4),
    ]
    writeFileSync(
      join(folder, 'log'),
      `10.0.0.1 - - [${day}/${month}/${year}:12:00:00 +0000] "GET /packages/aa/tool-1.0.tar.gz HTTP/1.1" 200 900 "-" "uv/0.13.9"\n`,
    )
    run('import', join(folder, 'log'), '--data', data)
    run('export', www, '--data', data)
    rmSync(data, { recursive: true })
    const published = execFileSync('cat', [join(www, 'days', `${YESTERDAY}.bz2`)])
    mirror.files = { [`${YESTERDAY}.bz2`]: published }
    expect(execFileSync('bzip2', ['-dc'], { input: published }).toString()).toContain(line(1, undefined, 'uv/0.13.9'))
    const { look, sum } = await setUp([mirror.url])
    await look()
    expect(await sum()).toEqual([line(1, undefined, 'uv/0.13.9')])
  })
})
