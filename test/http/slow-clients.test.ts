/** Clients that take their time, many of them: none keeps a connection, a file or memory for longer than it may. */
import { once } from 'node:events'
import { readFileSync, readdirSync, readlinkSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { temporaryFolder } from '../journey/support/programs.ts'
import { serve } from '../journey/support/server.ts'
import { type RawConnection, connectRaw, getRequest } from '../support/raw-client.ts'
import { type ServingOptions, serveUnidex } from '../support/serving.ts'
import { type SimpleUpstream, simpleUpstream, upstreamFile } from '../support/simple-upstream.ts'

/** More than all that the kernel keeps for a connection on loopback. */
const LARGE = Buffer.alloc(24 * 1024 * 1024)
const MiB = 1024 * 1024
/** Of a page that is larger than that, too. */
const MANY_FILES = Array.from({ length: 40_000 }, (_, i) => upstreamFile(`wide-${i}.tar.gz`, 'x'))

async function setUp(options: ServingOptions = {}, projects: SimpleUpstream['projects'] = {}) {
  const pypi = await simpleUpstream({
    big: [upstreamFile('big-1.0.tar.gz', LARGE)],
    small: [upstreamFile('small-1.0.tar.gz')],
    ...projects,
  })
  const unidex = await serveUnidex(
    { upstreams: { pypi: { url: pypi.url } }, indexes: { default: { upstreams: ['pypi'] } } },
    options,
  )
  const at = (filename: string) => `/files/pypi/${new URL(pypi.url).host}/files/${filename}`
  return { pypi, at, ...unidex }
}

const QUICK = { headersTimeout: 200, requestTimeout: 400, connectionsCheckingInterval: 50 }

/** Asks, and takes nothing more from the moment on when the answer has begun. */
async function askAndStall(origin: string, path: string): Promise<RawConnection> {
  const connection = await connectRaw(origin)
  connection.send(getRequest(path))
  await new Promise<void>((resolve) => connection.socket.once('data', () => resolve()))
  connection.socket.pause()
  return connection
}

async function ask(origin: string, path: string): Promise<number> {
  const connection = await connectRaw(origin)
  connection.send(getRequest(path, { Connection: 'close' }))
  return (await connection.answer()).status
}

/** Memory of a process. */
const residentBytes = (pid = 0) =>
  Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024

/** Files below `folder` that this process has open. */
function openFiles(folder: string): string[] {
  return readdirSync('/proc/self/fd').flatMap((each) => {
    try {
      return [readlinkSync(`/proc/self/fd/${each}`)].filter((path) => path.startsWith(folder))
    } catch {
      // The one that listed them, or one that was closed meanwhile.
      return []
    }
  })
}

describe('a request that does not come to its end', () => {
  it.each([
    ['nothing', ''],
    ['a part of the request line', 'GET /simp'],
    ['a part of the headers', 'GET /simple/small/ HTTP/1.1\r\nHost: 127.0.0.1\r\nX: '],
    ['headers without their end', 'GET /simple/small/ HTTP/1.1\r\nHost: 127.0.0.1\r\n'],
  ])('ends in 408: %s', async (_what, part) => {
    const { origin } = await setUp({ limits: QUICK })
    const connection = await connectRaw(origin)
    if (part !== '') connection.send(part)
    const { answers } = await connection.toEnd()
    expect(answers.map(({ status }) => status)).toEqual([408])
  })

  it('ends in 408, however regularly its bytes come', async () => {
    const { origin } = await setUp({ limits: QUICK })
    const connection = await connectRaw(origin)
    connection.send('GET /simple/small/ HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ')
    const drip = setInterval(() => connection.send('a'), 20)
    const { answers } = await connection.toEnd()
    clearInterval(drip)
    expect(answers.map(({ status }) => status)).toEqual([408])
  })

  it('ends, when it is its body that does not come', async () => {
    const { origin } = await setUp({ limits: QUICK })
    const connection = await connectRaw(origin)
    connection.send('POST /simple/small/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\na')
    expect((await connection.answer()).status).toBe(405)
    await connection.ended
  })

  it('ends within eleven seconds where nobody says otherwise', async () => {
    const { origin } = await setUp()
    const startedAt = performance.now()
    const connection = await connectRaw(origin)
    connection.send('GET /simple/small/ HTTP/1.1\r\n')
    expect((await connection.answer()).status).toBe(408)
    expect(performance.now() - startedAt).toBeLessThan(13_000)
  })
})

describe('a client that takes nothing of its answer', () => {
  const limits = { stallMs: 300 }

  it('is cut off, and its file is closed', async () => {
    const { origin, at, events, folder } = await setUp({ limits })
    expect(await ask(origin, at('big-1.0.tar.gz'))).toBe(200)
    const connection = await askAndStall(origin, at('big-1.0.tar.gz'))
    expect(openFiles(folder)).toHaveLength(1)
    await expect.poll(() => events.filter(({ event }) => event === 'client_slow'), { timeout: 10_000 }).toHaveLength(1)
    connection.socket.resume()
    await connection.ended
    expect(connection.received()).toBeLessThan(LARGE.length)
    connection.socket.destroy()
    await expect.poll(() => openFiles(folder), { timeout: 10_000 }).toEqual([])
  })

  it('is cut off, too, where the answer was handed over in one go', async () => {
    const { origin, events } = await setUp({ limits }, { wide: MANY_FILES })
    const connection = await askAndStall(origin, '/simple/wide/?token=x')
    const slow = () => events.filter(({ event }) => event === 'client_slow').map(({ fields }) => fields)
    await expect.poll(slow, { timeout: 10_000 }).toEqual([{ path: '/simple/wide/' }])
    connection.socket.resume()
    await connection.ended
    expect((await connection.toEnd()).answers).toEqual([])
  })

  it('holds no memory, neither for files nor for large pages', async () => {
    const pypi = await simpleUpstream({ big: [upstreamFile('big-1.0.tar.gz', LARGE)], wide: MANY_FILES })
    const server = await serve({
      folder: temporaryFolder(),
      rules: { upstreams: { pypi: { url: pypi.url } }, indexes: { default: { upstreams: ['pypi'] } } },
    })
    onTestFinished(() => void server.process.kill())
    const paths = [`/files/pypi/${new URL(pypi.url).host}/files/big-1.0.tar.gz`, '/simple/wide/']
    for (const path of paths) expect(await ask(server.origin, path)).toBe(200)
    const before = residentBytes(server.process.pid)
    for (let i = 0; i < 40; i += 1) for (const path of paths) await askAndStall(server.origin, path)
    expect(await ask(server.origin, '/healthz')).toBe(200)
    // All that they asked for is more than a gigabyte.
    expect(residentBytes(server.process.pid) - before).toBeLessThan(160 * MiB)
  })

  it('is not one that reads slowly, and gets all of it', async () => {
    const { origin, at, events } = await setUp({ limits: { stallMs: 1500 } })
    const { socket, answer } = await askAndStall(origin, at('big-1.0.tar.gz'))
    // Twice as long as a client may take nothing.
    for (const startedAt = performance.now(); performance.now() - startedAt < 3000;) {
      socket.resume()
      await Promise.race([once(socket, 'data'), sleep(20)])
      socket.pause()
      await sleep(20)
    }
    socket.resume()
    expect((await answer()).body.length).toBe(LARGE.length)
    expect(events.filter(({ event }) => event === 'client_slow')).toEqual([])
  })

  it.each(['/simple/small/', '/simple/', 'small-1.0.tar.gz', 'big-1.0.tar.gz'])(
    'is not one whose upstream takes its time (%s)',
    async (asked) => {
      const { origin, at, pypi, events } = await setUp({ limits: { stallMs: 100 } })
      const path = asked.startsWith('/') ? asked : at(asked)
      pypi.instead = (request, response) => {
        pypi.instead = undefined
        setTimeout(() => response.writeHead(307, { Location: request.url ?? '' }).end(), 600)
        return true
      }
      expect(await ask(origin, path)).toBe(200)
      expect(events.filter(({ event }) => event === 'client_slow')).toEqual([])
    },
  )

  it('is not one whose upstream takes its time in the middle of a file', async () => {
    const { origin, at, pypi, events } = await setUp({ limits: { stallMs: 100 } })
    pypi.instead = (request, response) => {
      if (!request.url?.startsWith('/files/')) return false
      response.writeHead(200, { 'Content-Length': LARGE.length })
      response.write(LARGE.subarray(0, MiB))
      setTimeout(() => response.end(LARGE.subarray(MiB)), 600)
      return true
    }
    const connection = await connectRaw(origin)
    connection.send(getRequest(at('big-1.0.tar.gz')))
    expect((await connection.answer()).body.length).toBe(LARGE.length)
    expect(events.filter(({ event }) => event === 'client_slow')).toEqual([])
  })

  it('keeps nothing of its further requests', async () => {
    const { origin, at, events, folder } = await setUp({ limits })
    expect(await ask(origin, at('big-1.0.tar.gz'))).toBe(200)
    const connection = await connectRaw(origin)
    connection.send(getRequest(at('big-1.0.tar.gz')).repeat(50))
    await new Promise<void>((resolve) => connection.socket.once('data', () => resolve()))
    connection.socket.pause()
    await expect.poll(() => events.filter(({ event }) => event === 'client_slow'), { timeout: 10_000 }).toHaveLength(1)
    connection.socket.destroy()
    await expect.poll(() => openFiles(folder), { timeout: 10_000 }).toEqual([])
    expect(await ask(origin, '/simple/small/')).toBe(200)
  })
})

describe('a client that leaves', () => {
  it('in the middle of a file leaves no open file behind', async () => {
    const { origin, at, folder } = await setUp()
    expect(await ask(origin, at('big-1.0.tar.gz'))).toBe(200)
    for (let i = 0; i < 20; i += 1) (await askAndStall(origin, at('big-1.0.tar.gz'))).socket.resetAndDestroy()
    await expect.poll(() => openFiles(folder), { timeout: 10_000 }).toEqual([])
    expect(await ask(origin, at('big-1.0.tar.gz'))).toBe(200)
  })
})

describe('connections', () => {
  it('are used for as many requests as they may, and then end', async () => {
    const { origin } = await setUp({ limits: { maxRequestsPerSocket: 3 } })
    const connection = await connectRaw(origin)
    const said: (string | undefined)[] = []
    for (let i = 0; i < 3; i += 1) {
      connection.send(getRequest('/simple/small/'))
      said.push((await connection.answer()).headers['connection'])
    }
    expect(said).toEqual(['keep-alive', 'keep-alive', 'close'])
    await connection.ended
  })

  it('end when they are idle for long', async () => {
    const { origin, events } = await setUp({ limits: { keepAliveTimeout: 100 } })
    const connection = await connectRaw(origin)
    connection.send(getRequest('/healthz'))
    expect((await connection.answer()).status).toBe(200)
    await connection.ended
    // Nobody was slow.
    expect(events.map(({ event }) => event)).toEqual(['request'])
  })

  it('that are idle make room for those that ask, and are never more than they may be', async () => {
    const { origin } = await setUp({ limits: { maxConnections: 100 } })
    const idle: RawConnection[] = []
    let open = 0
    for (let i = 0; i < 1000; i += 1) {
      const connection = await connectRaw(origin)
      open += 1
      void connection.ended.then(() => {
        open -= 1
        connection.socket.destroy()
      })
      connection.send(getRequest('/healthz'))
      expect((await connection.answer()).status).toBe(200)
      idle.push(connection)
    }
    await expect.poll(() => open, { timeout: 10_000 }).toBeLessThanOrEqual(100)
    expect(await ask(origin, '/simple/small/')).toBe(200)
  })

  it('that are all busy let nobody in, and everybody when they are done', async () => {
    const { origin, pypi } = await setUp({ limits: { maxConnections: 5 } })
    let release: (() => void)[] = []
    pypi.instead = (_request, response) => {
      release.push(() => response.writeHead(404).end())
      return true
    }
    const busy = await Promise.all(
      Array.from({ length: 5 }, async (_, i) => {
        const connection = await connectRaw(origin)
        connection.send(getRequest(`/simple/busy-${i}/`))
        return connection
      }),
    )
    await expect.poll(() => release.length, { timeout: 10_000 }).toBe(5)
    const late = await connectRaw(origin)
    late.send(getRequest('/healthz'))
    expect((await late.toEnd()).answers).toEqual([])
    pypi.instead = undefined
    for (const each of release) each()
    release = []
    expect(await Promise.all(busy.map(async (each) => (await each.answer()).status))).toEqual([404, 404, 404, 404, 404])
    await expect.poll(() => ask(origin, '/simple/small/').catch(() => 0), { timeout: 10_000 }).toBe(200)
  })
})

describe('a server that ends', () => {
  it('gives a slow client its whole file first, however late, and then waits no longer', async () => {
    const { origin, at, drain } = await setUp({ limits: { graceMs: 50 } })
    const [slow, silent] = [await askAndStall(origin, at('big-1.0.tar.gz')), await connectRaw(origin)]
    // Longer than the test may take.
    const drained = drain(60_000)
    expect((await silent.toEnd()).answers).toEqual([])
    slow.socket.resume()
    expect((await slow.answer()).body.length).toBe(LARGE.length)
    await slow.ended
    expect(await drained).toBe(0)
  })

  it('gives a slow client a whole page that was handed over in one go', async () => {
    const { origin, drain } = await setUp({}, { wide: MANY_FILES })
    const connection = await askAndStall(origin, '/simple/wide/')
    const drained = drain(10_000)
    connection.socket.resume()
    expect((await connection.answer()).body.toString()).toMatch(/<\/html>\s*$/)
    expect(await drained).toBe(0)
  })

  it('answers a request that is on its way', async () => {
    const { origin, drain } = await setUp()
    const asking = await connectRaw(origin)
    asking.send('GET /healthz HTTP/1.1\r\n')
    const drained = drain(60_000)
    asking.send('Host: 127.0.0.1\r\n\r\n')
    const { status, headers } = await asking.answer()
    expect([status, headers['connection']]).toEqual([200, 'close'])
    expect(await drained).toBe(0)
  })

  it('waits for nobody beyond its limit', async () => {
    const { origin, at, drain } = await setUp()
    const connection = await askAndStall(origin, at('big-1.0.tar.gz'))
    expect(await drain(100)).toBe(1)
    connection.socket.resume()
    await connection.ended
  })
})
