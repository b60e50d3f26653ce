/** A server of several processes as an operator runs it: starts, signals, and workers that die. */
import { rmSync, readdirSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type RunningServer, unidex } from '../journey/support/server.ts'
import { temporaryFolder } from '../store/temporary-folder.ts'
import { type RawConnection, connectRaw, getRequest } from '../support/raw-client.ts'
import { type SimpleUpstream, simpleUpstream, upstreamFile } from '../support/simple-upstream.ts'
import { ask, askAt, filesIn, serveWithTwo, signal, workersOf } from './several.ts'

const SOON = { timeout: 10_000, interval: 50 }
const LARGE = Buffer.alloc(24 * 1024 * 1024)

interface Place {
  readonly pypi: SimpleUpstream
  readonly folder: string
  readonly server: RunningServer
  /** The path of a file. */
  path(filename: string): string
}

async function setUp(words: readonly string[] = []): Promise<Place> {
  const pypi = await simpleUpstream({
    acme: [upstreamFile('acme-1.0.tar.gz')],
    big: [upstreamFile('big-1.0.tar.gz', LARGE)],
  })
  const folder = temporaryFolder()
  const rules = { upstreams: { pypi: { url: pypi.url } }, indexes: { default: { upstreams: ['pypi'] } } }
  const server = await serveWithTwo({ folder, rules, words })
  return { pypi, folder, server, path: (filename) => `/files/pypi/${new URL(pypi.url).host}/files/${filename}` }
}

/** A transfer that stands still after its first bytes, from the worker that is meant. */
async function stalledTransfer({ server, path }: Place, worker: number): Promise<RawConnection> {
  const others = workersOf(server).filter((pid) => pid !== worker)
  for (const other of others) signal(other, 'SIGSTOP')
  const connection = await connectRaw(server.origin)
  connection.send(getRequest(path('big-1.0.tar.gz')))
  await new Promise<void>((resolve) => connection.socket.once('data', () => resolve()))
  connection.socket.pause()
  for (const other of others) signal(other, 'SIGCONT')
  return connection
}

const isClosed = ({ origin }: RunningServer) =>
  connectRaw(origin).then(
    () => false,
    () => true,
  )

/** The workers that there are in the place of those that are `gone`. */
async function replacing(server: RunningServer, gone: readonly number[], others: readonly number[]): Promise<number[]> {
  const fresh = () => workersOf(server).filter((pid) => !gone.includes(pid) && !others.includes(pid))
  await expect.poll(() => fresh().length, SOON).toBe(gone.length)
  return fresh()
}

describe('a server of several processes', () => {
  it('says once where it is, when every one of them answers', async () => {
    const { server } = await setUp()
    const workers = workersOf(server)
    expect(workers).toHaveLength(2)
    for (const worker of workers) expect((await askAt(server, worker, '/healthz')).status).toBe(200)
    expect((await server.end()).stdout).toBe(`Unidex serves ${server.indexUrl}\n`)
  })

  it('answers only a loopback Host at each of them', async () => {
    const { server } = await setUp()
    for (let i = 0; i < 8; i += 1) {
      const connection = await connectRaw(server.origin)
      connection.send('GET /healthz HTTP/1.1\r\nHost: evil.example\r\n\r\n')
      expect((await connection.answer()).status).toBe(421)
    }
  })

  it.each(['0', '65', 'two', '1.5', '-1'])('is not started with --workers %s', async (workers) => {
    const { code, stderr } = await unidex(['serve', `--workers=${workers}`])
    expect([code, stderr]).toEqual([2, expect.stringContaining('expected a number from 1 to 64')])
  })

  it('is not started on a port that is taken, or with rules that are refused', async () => {
    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void taken.close())
    const folder = temporaryFolder()
    const words = ['serve', '--workers', '2', '--data', folder]
    const port = String((taken.address() as AddressInfo).port)
    expect(await unidex([...words, '--port', port], { environment: { HOME: folder } })).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/^Port \d+ of 127\.0\.0\.1 is taken by another program: [^\n]*\n$/),
    })
    expect(await unidex([...words, '--rules', join(folder, 'none.json')])).toMatchObject({ code: 2, stdout: '' })
  })

  it('is not started without the state that belongs to its cache', async () => {
    const { folder, server } = await setUp()
    await server.end()
    rmSync(join(folder, 'data', 'state'), { recursive: true })
    const words = ['serve', '--workers', '2', '--data', join(folder, 'data'), '--port', '0']
    const { code, stderr } = await unidex(words, { environment: { HOME: folder } })
    expect([code, stderr]).toEqual([2, expect.stringContaining('--new-state')])
  })
})

describe('a signal', () => {
  it('lets what is under way at every worker come to its end, and nothing new begin', async () => {
    const place = await setUp()
    const { server } = place
    const transfers: RawConnection[] = []
    for (const worker of workersOf(server)) transfers.push(await stalledTransfer(place, worker))
    server.process.kill('SIGTERM')
    await expect.poll(() => isClosed(server), SOON).toBe(true)
    for (const transfer of transfers) {
      transfer.socket.resume()
      expect((await transfer.answer()).body.equals(LARGE)).toBe(true)
    }
    const { code, stderr } = await server.ended
    expect([code, stderr.match(/ ended cut=.*/g)]).toEqual([0, [' ended cut=0']])
  })

  it('to every process, as a terminal sends it, is one signal; a second one ends all at once', async () => {
    const place = await setUp()
    const { server } = place
    const workers = workersOf(server)
    const toAll = () => {
      for (const worker of workers) signal(worker, 'SIGINT')
      server.process.kill('SIGINT')
    }
    const [worker = 0] = workers
    const transfer = await stalledTransfer(place, worker)
    toAll()
    await expect.poll(() => isClosed(server), SOON).toBe(true)
    expect(server.process.exitCode).toBe(null)
    toAll()
    expect((await server.ended).code).toBe(0)
    transfer.socket.destroy()
    await expect.poll(() => workers.filter((pid) => isAlive(pid)), SOON).toEqual([])
  })

  it('that kills the supervisor leaves no worker behind', async () => {
    const { server } = await setUp()
    const workers = workersOf(server)
    server.process.kill('SIGKILL')
    await expect.poll(() => workers.filter((pid) => isAlive(pid)), SOON).toEqual([])
  })
})

describe('a worker that dies', () => {
  it('is replaced, and the other one answers meanwhile', async () => {
    const { server } = await setUp()
    const [one = 0, other = 0] = workersOf(server)
    signal(one, 'SIGKILL')
    for (let i = 0; i < 20; i += 1) expect((await ask(server, '/healthz')).status).toBe(200)
    const [fresh = 0] = await replacing(server, [one], [other])
    expect(filesIn(await askAt(server, fresh, '/simple/acme/'))).toEqual(['acme-1.0.tar.gz'])
    const { code, stderr } = await server.end()
    expect([code, stderr.match(/worker_ended .*/g)]).toEqual([0, [`worker_ended pid=${one} how=SIGKILL`]])
  })

  it('together with all others is replaced at the same port', async () => {
    const { server } = await setUp()
    const before = workersOf(server)
    for (const worker of before) signal(worker, 'SIGKILL')
    for (const worker of await replacing(server, before, [])) {
      const status = () =>
        askAt(server, worker, '/healthz').then(
          (answer) => answer.status,
          () => 'nobody listens yet',
        )
      await expect.poll(status, SOON).toBe(200)
    }
    expect((await server.end()).code).toBe(0)
  })

  it('again and again at its start ends the server, with what was under way at the others', async () => {
    const place = await setUp()
    const { folder, server } = place
    const [one = 0, other = 0] = workersOf(server)
    const transfer = await stalledTransfer(place, other)
    // What is open stays open; nobody else can open it.
    rmSync(join(folder, 'data', 'state'), { recursive: true })
    signal(one, 'SIGKILL')
    await expect
      .poll(() => server.stderr(), { timeout: 15_000 })
      .toMatch(/given_up reason="5 workers in a row could not start/)
    transfer.socket.resume()
    expect((await transfer.answer()).body.equals(LARGE)).toBe(true)
    const { code, stderr } = await server.ended
    expect([code, stderr]).toEqual([1, expect.stringContaining('There is no state at')])
  })
})

describe('several workers', () => {
  it('write whole lines to one log', async () => {
    const { server } = await setUp(['--log', 'json'])
    const paths = Array.from({ length: 400 }, (_, i) => `/nothing/${i}/${'x'.repeat((i * 37) % 400)}`)
    await Promise.all(paths.map((path) => ask(server, path)))
    const { stderr } = await server.end()
    const events = stderr
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { event: string; path: string })
    expect(events.flatMap(({ event, path }) => (event === 'request' ? [path] : [])).toSorted()).toEqual(
      paths.toSorted(),
    )
  })

  it('keep one cache within its bound', async () => {
    const place = await setUp(['--cache-size', '5000'])
    const { pypi, folder, server, path } = place
    const names = Array.from({ length: 12 }, (_, i) => `many-1.${i}.tar.gz`)
    pypi.projects['many'] = names.map((name, i) => upstreamFile(name, Buffer.alloc(1000, i)))
    const workers = workersOf(server)
    for (const [i, name] of names.entries())
      expect((await askAt(server, workers[i % 2] ?? 0, path(name))).status).toBe(200)
    await expect.poll(() => storedIn(folder), SOON).toBeLessThanOrEqual(5)
    expect(server.stderr()).toMatch(/files_swept/)
  })

  it('give every client the whole of a file that all of them fetch at once', async () => {
    const place = await setUp()
    const { server, path } = place
    const bodies = await Promise.all(Array.from({ length: 6 }, () => ask(server, path('big-1.0.tar.gz'))))
    expect(bodies.map(({ status, body }) => [status, body.length])).toEqual(bodies.map(() => [200, LARGE.length]))
    const { code, stderr } = await server.end()
    expect([code, stderr]).toEqual([0, expect.not.stringMatching(/store_failed|store_corrupt|bug/)])
  })
})

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

function storedIn(folder: string): number {
  const files = readdirSync(join(folder, 'data', 'cache', 'files', 'sha256'), { recursive: true, withFileTypes: true })
  return files.filter((entry) => entry.isFile()).length
}
