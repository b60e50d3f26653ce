/** Many clients at once on pages: upstreams are asked once, and within their limits. */
import { describe, expect, it } from 'vitest'
import { type SimpleUpstream, upstreamFile } from '../support/simple-upstream.ts'
import { SOON, type Visit, hold, openCrowd, pagesAsked } from './crowd.ts'

const CLIENTS = 1000
const PAGES = 300
/** What one upstream is given at most at a time. */
const CONNECTIONS = 32

const statuses = (visits: readonly Visit[]) => [...new Set(visits.map(({ status }) => status))]

describe(`${CLIENTS} clients on one cold page`, () => {
  it('ask each upstream once, and all have it', async () => {
    const { corp, pypi, visit } = await openCrowd()
    const gates = [hold(corp), hold(pypi)]
    const visitors = Array.from({ length: CLIENTS }, () => visit('/simple/lib/'))
    for (const gate of gates) {
      await expect.poll(gate.waiting, SOON).toBe(1)
      gate.open()
    }
    const visits = await Promise.all(visitors.map(({ whole }) => whole))
    expect(statuses(visits)).toEqual([200])
    expect(new Set(visits.map(({ body }) => body.toString())).size).toBe(1)
    expect([pagesAsked(corp), pagesAsked(pypi)]).toEqual([['GET /simple/lib/'], ['GET /simple/lib/']])
  })

  it.each<[string, SimpleUpstream['instead'], number]>([
    ['answers 500', (_message, response) => Boolean(response.writeHead(500).end()), 503],
    ['breaks off', (_message, response) => Boolean(response.destroy()), 503],
    ['denies us', (_message, response) => Boolean(response.writeHead(401).end()), 502],
    ['answers garbage', (_message, response) => Boolean(response.writeHead(200, { 'Content-Type': 'a/b' }).end()), 503],
  ])('ask an upstream that %s at most twice', async (_how, answer, status) => {
    const { corp, pypi, visit } = await openCrowd()
    pypi.projects['acme'] = [upstreamFile('acme-9.9.9.tar.gz')]
    const gate = hold(corp, answer)
    const visitors = Array.from({ length: CLIENTS }, () => visit('/simple/acme/'))
    await expect.poll(gate.waiting, SOON).toBe(1)
    gate.open()
    expect(statuses(await Promise.all(visitors.map(({ whole }) => whole)))).toEqual([status])
    expect(pagesAsked(corp).length).toBeLessThanOrEqual(2)
    expect(pagesAsked(pypi)).toEqual([])
  })

  it('have it although half of them leave before it comes', async () => {
    const { corp, visit } = await openCrowd()
    const gate = hold(corp)
    const visitors = Array.from({ length: CLIENTS }, () => visit('/simple/acme/'))
    await expect.poll(gate.waiting, SOON).toBe(1)
    for (const [i, { leave }] of visitors.entries()) if (i % 2 === 0) leave()
    gate.open()
    const stayed = await Promise.all(visitors.filter((_, i) => i % 2 === 1).map(({ whole }) => whole))
    expect(statuses(stayed)).toEqual([200])
    expect(pagesAsked(corp)).toEqual(['GET /simple/acme/'])
  })
})

it(`${PAGES} cold pages at once are all answered, over at most ${CONNECTIONS} connections to each upstream`, async () => {
  const { corp, pypi, visit } = await openCrowd()
  const names = Array.from({ length: PAGES }, (_, i) => `lib-${i}`)
  for (const name of names) pypi.projects[name] = [upstreamFile(`${name.replace('-', '_')}-1.0.tar.gz`)]
  const most = new Map<SimpleUpstream, number>()
  for (const upstream of [corp, pypi]) {
    const open = new Set()
    upstream.instead = (message) => {
      if (!open.has(message.socket)) message.socket.once('close', () => open.delete(message.socket))
      open.add(message.socket)
      most.set(upstream, Math.max(most.get(upstream) ?? 0, open.size))
      return false
    }
  }
  const gate = hold(pypi, pypi.instead)
  const visitors = names.map((name) => visit(`/simple/${name}/`))
  // As many as may wait at a time do, and all others behind them.
  await expect.poll(gate.waiting, SOON).toBe(CONNECTIONS)
  gate.open()
  const visits = await Promise.all(visitors.map(({ whole }) => whole))
  expect(visits.map(({ body }) => JSON.parse(body.toString()).name)).toEqual(names)
  expect([most.get(corp), most.get(pypi)].every((each) => each !== undefined && each <= CONNECTIONS)).toBe(true)
  expect(pagesAsked(pypi)).toHaveLength(PAGES)
})
