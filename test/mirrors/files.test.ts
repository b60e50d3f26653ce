import { describe, expect, test, vi } from 'vitest'
import { type SimpleUpstream, upstreamFile } from '../support/simple-upstream.ts'
import { type Group, group } from './group.ts'

const BYTES = Buffer.alloc(300_000, 'acme')
const FILE = upstreamFile('acme-1.0.tar.gz', BYTES)
const EVIL = upstreamFile('acme-1.0.tar.gz', Buffer.alloc(300_000, 'evil'))

const pathOf = (own: SimpleUpstream, filename = FILE.filename) => `/files/up/${new URL(own.url).host}/files/${filename}`

async function download({ get, own }: Pick<Group, 'get' | 'own'>): Promise<[number, boolean]> {
  const answer = await get(pathOf(own))
  const bytes = Buffer.from(await answer.arrayBuffer())
  return [answer.status, bytes.equals(BYTES)]
}

/** Answers requests for files by itself. */
function filesOf(server: SimpleUpstream, answer: NonNullable<SimpleUpstream['instead']>): void {
  server.instead = (request, response) => (request.url?.startsWith('/files/') ? answer(request, response) : false)
}

const filesAsked = ({ requests }: SimpleUpstream) => requests.filter((request) => request.includes('/files/'))

describe('a file of an upstream with mirrors', () => {
  test('comes from a mirror where its own address is down', async () => {
    const world = await group({ acme: [FILE] })
    await world.files('acme')
    await world.own.stop()
    expect(await download(world)).toEqual([200, true])
  })

  test('comes from a mirror where its own address does not have it', async () => {
    const world = await group({ acme: [FILE] })
    filesOf(world.own, (_, response) => Boolean(response.writeHead(404).end()))
    expect(await download(world)).toEqual([200, true])
  })

  test('is not there where none of its addresses has it', async () => {
    const world = await group({ acme: [FILE] })
    for (const server of [world.own, ...world.mirrors])
      filesOf(server, (_, response) => Boolean(response.writeHead(404).end()))
    expect((await world.get(pathOf(world.own))).status).toBe(404)
  })

  test('may be there where only a mirror says that it is not', async () => {
    const world = await group({ acme: [FILE] })
    await world.files('acme')
    await world.own.stop()
    filesOf(world.mirror, (_, response) => Boolean(response.writeHead(404).end()))
    expect((await world.get(pathOf(world.own))).status).toBe(503)
  })

  test('goes on at a mirror where its own address breaks off, with what is missing', async () => {
    const world = await group({ acme: [FILE] })
    filesOf(world.own, (_, response) => {
      response.writeHead(200, { 'Content-Length': BYTES.length })
      response.write(BYTES.subarray(0, 200_000), () => response.destroy())
      return true
    })
    const ranges: unknown[] = []
    filesOf(world.mirror, ({ headers }, response) => {
      ranges.push(headers.range)
      const from = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1])
      response.writeHead(206, { 'Content-Range': `bytes ${from}-${BYTES.length - 1}/${BYTES.length}` })
      response.end(BYTES.subarray(from))
      return true
    })
    expect(await download(world)).toEqual([200, true])
    expect(ranges).toEqual([expect.stringMatching(/^bytes=[1-9]\d*-$/)])
  })

  test('goes on at a mirror that gives no ranges', async () => {
    const world = await group({ acme: [FILE] })
    filesOf(world.own, (_, response) => {
      response.writeHead(200, { 'Content-Length': BYTES.length })
      response.write(BYTES.subarray(0, 200_000), () => response.destroy())
      return true
    })
    expect(await download(world)).toEqual([200, true])
  })

  test('is right although a mirror has others bytes, and nobody sees them', async () => {
    const world = await group({ acme: [FILE] }, { mirrors: 2 })
    await world.files('acme')
    await world.own.stop()
    world.mirror.projects = { acme: [EVIL] }
    expect(await download(world)).toEqual([200, true])
    expect(world.events.map(({ event }) => event)).toContain('mirror_wrong_file')
  })

  test('is right although a mirror has more bytes than there are', async () => {
    const world = await group({ acme: [FILE] }, { mirrors: 2 })
    await world.files('acme')
    await world.own.stop()
    world.mirror.projects = { acme: [upstreamFile(FILE.filename, Buffer.alloc(400_000))] }
    expect(await download(world)).toEqual([200, true])
  })

  test('is an error where all that can be had of it is wrong', async () => {
    const world = await group({ acme: [FILE] })
    await world.files('acme')
    await world.own.stop()
    world.mirror.projects = { acme: [EVIL] }
    expect((await world.get(pathOf(world.own))).status).toBe(503)
  })

  test('of a mirror that gave wrong bytes is asked for elsewhere', async () => {
    const other = upstreamFile('acme-2.0.tar.gz', 'two')
    const world = await group({ acme: [FILE, other] }, { mirrors: 2 })
    await world.files('acme')
    await world.own.stop()
    world.mirror.projects = { acme: [EVIL, other] }
    // The other one is farther away.
    for (const server of world.mirrors.slice(1)) {
      filesOf(server, ({ url }, response) => {
        setTimeout(() => response.end(url?.includes('2.0') ? other.bytes : BYTES), 100)
        return true
      })
    }
    expect(await download(world)).toEqual([200, true])
    world.clock.forward(61_000)
    const before = filesAsked(world.mirror).length
    expect((await world.get(pathOf(world.own, other.filename))).status).toBe(200)
    expect(filesAsked(world.mirror).length).toBe(before)
  })

  test('has the metadata that its own address has, wherever it comes from', async () => {
    const wheel = upstreamFile('acme-1.0-py3-none-any.whl', 'wheel', { 'core-metadata': true })
    const other = upstreamFile('acme-2.0.tar.gz', 'two')
    const world = await group({ acme: [FILE, other, wheel] })
    filesOf(world.own, ({ url }, response) => {
      if (url?.includes('2.0')) response.writeHead(404).end()
      else setTimeout(() => response.end(url?.endsWith('.metadata') ? 'own' : BYTES), 200)
      return true
    })
    filesOf(world.mirror, ({ url }, response) => Boolean(response.end(url?.includes('2.0') ? 'two' : 'mirror')))
    // Now it is known that the mirror is nearer, and gives what is right.
    await download(world)
    expect((await world.get(pathOf(world.own, other.filename))).status).toBe(200)
    const answer = await world.get(`${pathOf(world.own, wheel.filename)}.metadata`)
    expect(await answer.text()).toBe('own')
  })

  test('is there while its addresses come and go', async () => {
    const files = Array.from({ length: 20 }, (_, i) => upstreamFile(`acme-${i}.0.tar.gz`))
    const world = await group({ acme: files }, { mirrors: 2 })
    await world.files('acme')
    for (const [i, { filename }] of files.entries()) {
      // One of three is always there.
      for (const [at, server] of [world.own, ...world.mirrors].entries())
        server.instead = at === i % 3 ? undefined : (_, response) => Boolean(response.destroy())
      world.clock.forward(300)
      expect((await world.get(pathOf(world.own, filename))).status).toBe(200)
    }
  })

  test('is given to all who came for it while a mirror was found out', async () => {
    const world = await group({ acme: [FILE] }, { mirrors: 2 })
    await world.files('acme')
    await world.own.stop()
    world.mirror.projects = { acme: [EVIL] }
    expect(await Promise.all([download(world), download(world), download(world)])).toEqual(
      Array.from({ length: 3 }, () => [200, true]),
    )
    await vi.waitFor(async () => expect(await download(world)).toEqual([200, true]))
  })
})
