import type { IncomingMessage, ServerResponse } from 'node:http'
import { describe, expect, test, vi } from 'vitest'
import { sendJson, upstreamFile, pageOf } from '../support/simple-upstream.ts'
import { group, hang, pagesAsked } from './group.ts'

const V1 = upstreamFile('acme-1.0.tar.gz')
const V2 = upstreamFile('acme-2.0.tar.gz')
/** Longer than any page is fresh, and refreshed behind. */
const LATER_MS = 20 * 60_000

describe('an upstream with mirrors', () => {
  test('serves the same bytes whichever of its addresses answers', async () => {
    const { get, own, clock } = await group({ acme: [V1, V2] })
    const before = await (await get('/simple/acme/')).text()
    await own.stop()
    clock.forward(LATER_MS)
    const after = await get('/simple/acme/')
    expect([after.status, await after.text()]).toEqual([200, before])
    expect(after.headers.get('x-unidex-sources')).toBe('up;fresh')
    expect(before).toContain(`../../files/up/${new URL(own.url).host}/files/acme-1.0.tar.gz#sha256=`)
  })

  test('says its own addresses although nothing was ever read there', async () => {
    const { get, own } = await group({ acme: [V1] })
    await own.stop()
    expect(await (await get('/simple/acme/')).text()).toContain(
      `/files/up/${new URL(own.url).host}/files/acme-1.0.tar.gz`,
    )
  })

  test('serves everything while half of six addresses are down and one hangs', async () => {
    const { get, own, mirrors } = await group({ acme: [V1], bcme: [V1], ccme: [V1] }, { mirrors: 5 })
    await Promise.all([own.stop(), mirrors[0]?.stop(), mirrors[3]?.stop()])
    hang(...mirrors.slice(1, 2))
    const answers = await Promise.all(['acme', 'bcme', 'ccme'].map((name) => get(`/simple/${name}/`)))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
  })

  test('serves everything while its addresses come and go', async () => {
    const names = Array.from({ length: 20 }, (_, i) => `acme-${i}`)
    const { get, clock, own, mirrors } = await group(Object.fromEntries(names.map((name) => [name, []])), {
      mirrors: 2,
    })
    const servers = [own, ...mirrors]
    for (const [i, name] of names.entries()) {
      // One of three is always there.
      for (const [at, server] of servers.entries())
        server.instead = at === i % 3 ? undefined : (_, response) => Boolean(response.destroy())
      clock.forward(300)
      expect((await get(`/simple/${name}/`)).status).toBe(200)
    }
  })

  test('serves everything while all of its addresses are slow', async () => {
    const { get, own, mirrors } = await group({ acme: [V1], bcme: [V1] }, { mirrors: 2 })
    for (const server of [own, ...mirrors]) {
      const answers = (request: IncomingMessage, response: ServerResponse) => {
        if (!request.url?.endsWith('cme/')) return false
        setTimeout(() => sendJson(response, pageOf(request.url?.split('/')[2] ?? '', [V1])), 1500)
        return true
      }
      server.instead = answers
    }
    const answers = await Promise.all(['acme', 'bcme'].map((name) => get(`/simple/${name}/`)))
    expect(answers.map(({ status }) => status)).toEqual([200, 200])
  })

  test('asks one that hangs no more than a few times', async () => {
    const names = Array.from({ length: 30 }, (_, i) => `acme-${i}`)
    const { get, own } = await group(Object.fromEntries(names.map((name) => [name, []])))
    hang(own)
    for (const name of names) expect((await get(`/simple/${name}/`)).status).toBe(200)
    expect(pagesAsked(own).length).toBeLessThan(5)
  })

  test('is asked again at an address that is back, within 5 seconds', async () => {
    const { get, own, clock, unidex } = await group({ acme: [V1], bcme: [V1], ccme: [V1] })
    own.instead = (_, response) => Boolean(response.destroy())
    await get('/simple/acme/')
    await get('/simple/bcme/')
    const state = () =>
      unidex
        .current()
        .upstreams[0]?.mirrors()
        .find(({ isOwn }) => isOwn)?.state
    expect(state()).toBe('down')
    own.instead = undefined
    clock.forward(5000)
    await get('/simple/ccme/')
    await vi.waitFor(() => expect(state()).toBe('ready'))
  })

  test('fails as any upstream where all of its addresses fail', async () => {
    const { get, own, mirrors, events } = await group({ acme: [V1] })
    await Promise.all([own.stop(), mirrors[0]?.stop()])
    const answer = await get('/simple/acme/')
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, expect.stringMatching(/^[123]$/)])
    expect(events.map(({ event }) => event)).toContain('upstream_left_alone')
  })

  test('has what only its own address has, although a mirror says no', async () => {
    const { get, own, mirror } = await group({ acme: [V1] })
    mirror.projects = {}
    own.instead = (request, response) => {
      if (request.url !== '/simple/acme/') return false
      setTimeout(() => sendJson(response, pageOf('acme', [V1])), 100)
      return true
    }
    expect((await get('/simple/acme/')).status).toBe(200)
  })

  test('cannot say that a project is not there while only mirrors say so', async () => {
    const { get, own } = await group({ acme: [V1] })
    await own.stop()
    expect((await get('/simple/other/')).status).toBe(503)
  })

  test('gives what is kept rather than what a mirror had before, and marks it', async () => {
    const { get, files, own, mirror, clock } = await group({ acme: [V1, V2] })
    await files('acme')
    await own.stop()
    mirror.projects = { acme: [V1] }
    clock.forward(LATER_MS)
    const answer = await get('/simple/acme/')
    expect(answer.headers.get('x-unidex-sources')).toBe('up;stale')
    expect(await answer.text()).toContain('acme-2.0.tar.gz')
  })

  test('corrects what a mirror said alone as soon as its own address has spoken', async () => {
    const { json, own, mirror, clock, events } = await group({ acme: [V1] })
    const evil = upstreamFile('acme-1.0.tar.gz', 'evil')
    mirror.projects = { acme: [evil] }
    own.instead = (_, response) => Boolean(response.destroy())
    expect((await json('/simple/acme/')).files[0]?.['hashes']).toEqual(hashOf(pageOf('acme', [evil])))
    own.instead = undefined
    clock.forward(LATER_MS)
    await vi.waitFor(async () => {
      clock.forward(3000)
      await json('/simple/acme/')
      expect(events.map(({ event }) => event)).toContain('mirror_overruled')
    })
    expect((await json('/simple/acme/')).files[0]?.['hashes']).toEqual(hashOf(pageOf('acme', [V1])))
  })

  test('marks a page of a mirror that is behind', async () => {
    const { get, own, mirror } = await group({ acme: [V1], bcme: [V1] })
    await own.stop()
    mirror.instead = (request, response) => {
      if (request.url !== '/last-modified') return false
      response.end('20200101T00:00:00\n')
      return true
    }
    await get('/simple/acme/')
    await vi.waitFor(async () => {
      await new Promise(setImmediate)
      expect((await get('/simple/bcme/')).headers.get('x-unidex-sources')).toBe('up;behind')
    })
  })

  test('shows on the front page in which order its addresses are asked, and why', async () => {
    const { get, own, mirror } = await group({ acme: [V1] }, { mirrors: 2 })
    await own.stop()
    await get('/simple/acme/')
    const page = (await (await get('/', { accept: 'text/html' })).text()).replaceAll(/<[^>]+>|\s+/g, ' ')
    expect(page).toContain('3 addresses, in the order in which they are asked')
    const places = [mirror.url, own.url].map((url) => page.indexOf(`${new URL(url).host}/simple`))
    expect(places.toSorted((a, b) => a - b)).toEqual(places)
    expect(page).toMatch(/down .{0,99}, its own address/)
  })

  test('says of a project which of its addresses gave the page', async () => {
    const { get, own, mirror } = await group({ acme: [V1] })
    await own.stop()
    const answer = await get('/projects/acme', { accept: 'application/json' })
    expect(JSON.stringify(await answer.json())).toContain(`asked just now at ${new URL(mirror.url).host}/simple`)
  })

  test('never shows a mirror the credentials and headers of its own address', async () => {
    const { get, own, mirrors } = await group(
      { acme: [V1] },
      { entry: { auth: { token: 's3cret' }, headers: { 'X-Key': 's3cret' } } },
    )
    await get('/simple/acme/')
    await own.stop()
    await get(`/files/up/${new URL(own.url).host}/files/acme-1.0.tar.gz`)
    expect(JSON.stringify(mirrors[0]?.headersSeen)).not.toContain('s3cret')
    expect(mirrors[0]?.requests.length).toBeGreaterThan(0)
    expect(JSON.stringify(own.headersSeen)).toContain('s3cret')
  })
})

function hashOf(page: unknown): unknown {
  return (page as { files: { hashes: unknown }[] }).files[0]?.hashes
}
