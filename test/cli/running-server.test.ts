/** A server as an operator runs it: signals, new rules and closed pipes, in the middle of requests. */
import { type ChildProcess, spawn } from 'node:child_process'
import { renameSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { temporaryFolder } from '../journey/support/programs.ts'
import { MAIN, type RunningServer, serve, unidex, writeRules } from '../journey/support/server.ts'
import { type RawConnection, connectRaw, getRequest } from '../support/raw-client.ts'
import { type SimpleUpstream, simpleUpstream, upstreamFile } from '../support/simple-upstream.ts'

const LARGE = Buffer.alloc(24 * 1024 * 1024)

interface Place {
  readonly corp: SimpleUpstream
  readonly pypi: SimpleUpstream
  readonly folder: string
  readonly rules: { readonly upstreams: Record<string, unknown>; readonly indexes: Record<string, unknown> }
  readonly server: RunningServer
}

async function setUp(words: readonly string[] = []): Promise<Place> {
  const corp = await simpleUpstream({ internal: [upstreamFile('internal-1.0.tar.gz')] })
  const pypi = await simpleUpstream({
    acme: [upstreamFile('acme-1.0.tar.gz')],
    big: [upstreamFile('big-1.0.tar.gz', LARGE)],
  })
  const folder = temporaryFolder()
  const rules = {
    upstreams: { corp: { url: corp.url, private: true }, pypi: { url: pypi.url } },
    indexes: { default: { upstreams: ['corp', 'pypi'] } },
  }
  const server = await serve({ folder, rules, words })
  onTestFinished(() => void server.process.kill('SIGKILL'))
  return { corp, pypi, folder, rules, server }
}

const bigFile = ({ pypi }: Place) => `/files/pypi/${new URL(pypi.url).host}/files/big-1.0.tar.gz`

/** Asks, and takes nothing more from the moment on when the answer has begun. */
async function askAndStall(origin: string, path: string): Promise<RawConnection> {
  const connection = await connectRaw(origin)
  connection.send(getRequest(path))
  await new Promise<void>((resolve) => connection.socket.once('data', () => resolve()))
  connection.socket.pause()
  return connection
}

async function status(server: RunningServer, project: string): Promise<number> {
  const response = await fetch(`${server.indexUrl}${project}/`, { headers: { 'cache-control': 'no-cache' } })
  await response.arrayBuffer()
  return response.status
}

/** Resolves when the log has said it so many times. */
async function says(server: RunningServer, pattern: RegExp, times = 1): Promise<void> {
  const count = () => server.stderr().match(new RegExp(pattern, 'g'))?.length ?? 0
  await expect.poll(count, { timeout: 10_000 }).toBeGreaterThanOrEqual(times)
}

describe('SIGTERM', () => {
  it('lets what is under way come to its end, and nothing new begin', async () => {
    const place = await setUp()
    const { server, pypi } = place
    let release: (() => void) | undefined
    pypi.instead = (request, response) => {
      if (request.url !== '/simple/late/') return false
      release = () => response.writeHead(404).end()
      return true
    }
    const slow = await askAndStall(server.origin, bigFile(place))
    const late = await connectRaw(server.origin)
    late.send(getRequest('/simple/late/'))
    await expect.poll(() => release !== undefined, { timeout: 10_000 }).toBe(true)
    const idle = await connectRaw(server.origin)
    idle.send(getRequest('/healthz'))
    await idle.answer()

    server.process.kill('SIGTERM')
    await idle.ended
    await expect(connectRaw(server.origin)).rejects.toThrow('ECONNREFUSED')
    release?.()
    const answer = await late.answer()
    expect([answer.status, answer.headers['connection']]).toEqual([404, 'close'])
    slow.socket.resume()
    expect((await slow.answer()).body.equals(LARGE)).toBe(true)
    const { code, stderr } = await server.ended
    expect(code).toBe(0)
    expect(stderr).toMatch(/ended cut=0\n$/)
  })

  it('cuts nothing of forty downloads, and ends well before its limit', { timeout: 60_000 }, async () => {
    const place = await setUp()
    const { server } = place
    const all = await Promise.all(Array.from({ length: 40 }, () => askAndStall(server.origin, bigFile(place))))
    const startedAt = performance.now()
    server.process.kill('SIGTERM')
    for (const each of all) each.socket.resume()
    const sizes = await Promise.all(all.map(async (each) => (await each.answer()).body.length))
    expect(new Set(sizes)).toEqual(new Set([LARGE.length]))
    expect((await server.ended).code).toBe(0)
    expect(performance.now() - startedAt).toBeLessThan(25_000)
  })

  it('is obeyed from the moment on when the address is printed', async () => {
    const { server } = await setUp()
    expect((await server.end('SIGTERM')).code).toBe(0)
  })

  it('a second signal ends it at once', async () => {
    const place = await setUp()
    const { server } = place
    await askAndStall(server.origin, bigFile(place))
    server.process.kill('SIGINT')
    await expect
      .poll(
        () =>
          connectRaw(server.origin).then(
            () => 'open',
            () => 'closed',
          ),
        { timeout: 10_000 },
      )
      .toBe('closed')
    server.process.kill('SIGINT')
    expect((await server.ended).code).toBe(0)
  })
})

describe('new rules', () => {
  it('that are wrong change nothing, and every fault is said with its line', async () => {
    const { server, folder } = await setUp(['--log', 'json'])
    expect(await status(server, 'acme')).toBe(200)
    const file = writeRules(
      folder,
      '{\n  "upstreams": { "pypi": { "url": "nonsense" } },\n  "indexes": {\n    "default": { "upstream": ["pypi"] },\n    "Bad Name": { "upstreams": ["nobody"] }\n  }\n}',
    )
    server.process.kill('SIGHUP')
    await says(server, /rules_refused/)
    // Everything that is said at once is in the log, not only the first.
    const { output: checked } = await unidex(['check', file])
    const faults = checked.trim().split('\n')
    expect(faults.length).toBeGreaterThan(2)
    await says(server, /rules_refused/, faults.length)
    const events = server
      .stderr()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    const refused = events.filter(({ event }) => event === 'rules_refused').map(({ reason }) => reason)
    expect(refused.slice(0, faults.length)).toEqual(faults)
    expect(await status(server, 'acme')).toBe(200)
  })

  it('that break an expectation are refused: where a project comes from is asked before they come into force', async () => {
    const { server, folder, rules } = await setUp()
    const file = writeRules(folder, {
      ...rules,
      indexes: { default: { upstreams: ['corp', 'pypi'], expect: { acme: 'pypi', 'no-such-project': 'pypi' } } },
    })
    server.process.kill('SIGHUP')
    await says(server, /rules_refused/)
    expect(server.stderr()).toContain(`${file}:`)
    expect(server.stderr()).toMatch(/no-such-project.*is expected from.*nobody gives it/)
    await says(server, /rules_kept/)
    expect(await status(server, 'acme')).toBe(200)
  })

  it('are noticed without a signal, written or replaced', async () => {
    const { server, folder, rules } = await setUp()
    expect(await status(server, 'acme')).toBe(200)
    const denying = (deny: string) => ({
      ...rules,
      indexes: { default: { upstreams: ['corp', 'pypi'], rules: [{ projects: ['acme'], deny }] } },
    })
    const body = async () => (await fetch(`${server.indexUrl}acme/`)).text()
    writeRules(folder, denying('first reason'))
    await expect.poll(body, { timeout: 10_000 }).toContain('first reason')
    // As editors and configuration managers do it.
    writeFileSync(join(folder, 'new.json'), JSON.stringify(denying('second reason')))
    renameSync(join(folder, 'new.json'), join(folder, 'merge-rules.json'))
    await expect.poll(body, { timeout: 10_000 }).toContain('second reason')
  })

  it(
    'fifty times under load let no request fail, and lose none that waits for its upstream',
    { timeout: 90_000 },
    async () => {
      const place = await setUp()
      const { server, corp, pypi, folder, rules } = place
      const file = bigFile(place).replace('big', 'acme')
      // Both take a moment, so that every question is under way while the rules change: the second one is asked after the first.
      const slowly: SimpleUpstream['instead'] = (request, response) => {
        const name = /^\/simple\/(new-\d+)\/$/.exec(request.url ?? '')?.[1]
        if (name === undefined) return false
        const isCorp = request.headers.host === new URL(corp.url).host
        setTimeout(() => {
          if (isCorp) response.writeHead(404).end()
          else
            response
              .writeHead(200, { 'Content-Type': 'application/vnd.pypi.simple.v1+json' })
              .end(JSON.stringify({ meta: { 'api-version': '1.1' }, name, versions: [], files: [] }))
        }, 30)
        return true
      }
      corp.instead = slowly
      pypi.instead = slowly
      const counts = new Map<number, number>()
      const over = new AbortController()
      let asked = 0
      async function client(): Promise<void> {
        while (!over.signal.aborted) {
          asked += 1
          const path = [`/simple/new-${asked}/`, '/simple/acme/', '/simple/internal/', file][asked % 4] ?? ''
          const response = await fetch(`${server.origin}${path}`)
          await response.arrayBuffer()
          counts.set(response.status, (counts.get(response.status) ?? 0) + 1)
        }
      }
      const clients = Promise.all(Array.from({ length: 8 }, client))
      for (let i = 1; i <= 50; i += 1) {
        writeRules(folder, {
          ...rules,
          indexes: { default: { upstreams: ['corp', 'pypi'], rules: [{ projects: [`denied-${i}`], deny: 'no' }] } },
        })
        server.process.kill('SIGHUP')
        await says(server, /rules_loaded/, i)
      }
      over.abort()
      await clients
      expect([...counts.keys()]).toEqual([200])
      expect(counts.get(200)).toBeGreaterThan(50)
      expect(server.stderr()).not.toMatch(/ (?:error|warn) +(?:bug|request_failed|upstream_failed)/)
      expect((await server.end()).code).toBe(0)
    },
  )
})

describe('a reader that went away', () => {
  /** A server whose output is a pipe that this test closes. */
  async function withPipes(): Promise<{ readonly child: ChildProcess; readonly origin: string }> {
    const pypi = await simpleUpstream({ acme: [upstreamFile('acme-1.0.tar.gz')] })
    const folder = temporaryFolder()
    const file = writeRules(folder, {
      upstreams: { pypi: { url: pypi.url } },
      indexes: { default: { upstreams: ['pypi'] } },
    })
    const words = ['serve', '--port', '0', '--rules', file, '--data', join(folder, 'data')]
    const child = spawn(process.execPath, [MAIN, ...words], { stdio: ['ignore', 'pipe', 'pipe'] })
    onTestFinished(() => void child.kill('SIGKILL'))
    const line = await new Promise<string>((resolve) => child.stdout.once('data', (chunk) => resolve(String(chunk))))
    return { child, origin: /http:\/\/[^/]+/.exec(line)?.[0] ?? '' }
  }

  it.each(['stdout', 'stderr', 'both'])('of %s does not end it', async (which) => {
    const { child, origin } = await withPipes()
    if (which !== 'stderr') child.stdout?.destroy()
    if (which !== 'stdout') child.stderr?.destroy()
    for (let i = 0; i < 50; i += 1) {
      const response = await fetch(`${origin}/simple/${i % 2 === 0 ? 'acme' : 'absent'}/`)
      await response.arrayBuffer()
      expect(response.status).toBe(i % 2 === 0 ? 200 : 404)
    }
    const code = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGHUP')
    expect((await fetch(`${origin}/healthz`)).status).toBe(200)
    child.kill('SIGTERM')
    expect(await code).toBe(0)
  })
})

describe('standard error', () => {
  it('has nothing but lines of the log, whatever breaks', async () => {
    const place = await setUp()
    const { server, pypi } = place
    pypi.instead = (request, response) => {
      if (request.url !== '/files/big-1.0.tar.gz') return false
      response.writeHead(200, { 'Content-Length': LARGE.length }).end(Buffer.alloc(LARGE.length, 1))
      return true
    }
    const wrong = await connectRaw(server.origin)
    wrong.send(getRequest(bigFile(place)))
    await expect(wrong.answer()).rejects.toThrow('The connection ended')
    expect(wrong.received()).toBeGreaterThan(0)
    pypi.instead = undefined
    const left = await askAndStall(server.origin, bigFile(place))
    left.socket.resetAndDestroy()
    for (const path of ['/simple/%0aerror%20forged/', '/simple/%1b%5b2J/', '/simple/%e2%80%ae/', '/simple/a/?\x01']) {
      const connection = await connectRaw(server.origin)
      connection.send(getRequest(path, { Connection: 'close' }))
      await connection.ended
    }
    expect(await status(server, 'acme')).toBe(200)
    const { stdout, stderr } = await server.end()
    expect(stdout.trim().split('\n')).toHaveLength(1)
    const lines = stderr.trim().split('\n')
    expect(
      lines.filter(
        (line) =>
          !/^\d{4}-\d\d-\d\dT[\d:.]+Z (?:error|warn |info |debug) [a-z_]+(?: |$)[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*$/u.test(
            line,
          ),
      ),
    ).toEqual([])
    expect(stderr).toContain('file_refused')
  })
})

describe('what cannot be started', () => {
  it.each([
    [['frobnicate']],
    [['serve', '--port', 'x']],
    [['serve', '--port', '70000']],
    [['serve', '--nonsense']],
    [['serve', 'word']],
    [['serve', '--log', 'xml']],
    [['check', 'a', 'b']],
    [['forget']],
  ])('ends with exit code 2 and says why: %j', async (words) => {
    const { code, stdout, stderr } = await unidex(words, { environment: { HOME: temporaryFolder() } })
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).not.toMatch(/^\s+at /m)
    expect(stderr.length).toBeGreaterThan(10)
  })

  it('a port that is taken ends with exit code 2', async () => {
    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void taken.close())
    const port = String((taken.address() as AddressInfo).port)
    const { code, stderr } = await unidex(['serve', '--port', port, '--data', temporaryFolder()])
    expect([code, stderr]).toEqual([2, expect.stringContaining('is taken by another program')])
  })
})
