import { describe, expect, it } from 'vitest'
import { httpIndex } from '../../src/indexes/http-index.ts'
import { publicWindows } from '../../src/indexes/windows.ts'
import type { PageReply, PageRequest, UpstreamClient } from '../../src/upstream/contract.ts'
import { name, page } from '../support/build.ts'
import { streamed } from '../support/streamed.ts'

const NOW = 1_000_000

/** A client that gives what the test writes down, one reply after the other. */
function clientOf(...replies: PageReply[]): UpstreamClient & { readonly requests: PageRequest[] } {
  const requests: PageRequest[] = []
  const unused = () => Promise.reject(new Error('not asked for here'))
  return {
    requests,
    async getPage(_url, request) {
      requests.push(request)
      const reply = replies.shift()
      if (reply === undefined) throw new Error('asked once too often')
      return reply
    },
    async streamPage(url, request, read) {
      return streamed(await this.getPage(url, request), read)
    },
    openFile: unused,
    readPart: unused,
    headFile: unused,
    close: () => Promise.resolve(),
  }
}

function indexOver(client: UpstreamClient, emptyIsAbsent = false) {
  return httpIndex(client, {
    upstream: 'corp',
    url: 'https://corp.example/simple/',
    format: 'auto',
    emptyIsAbsent,
    windows: publicWindows({ staleForMs: 1 }),
    now: () => NOW,
  })
}

function json(files: readonly object[], more: object = {}): PageReply {
  return {
    kind: 'page',
    url: 'https://corp.example/simple/acme/',
    mediaType: 'application/vnd.pypi.simple.v1+json',
    body: Buffer.from(JSON.stringify({ meta: { 'api-version': '1.0' }, name: 'acme', files, ...more })),
    delimited: true,
  }
}

const acme = name('acme')
const held = {
  page: page('corp', 'acme', ['acme-1.0.tar.gz']),
  checkedAt: 1,
  freshUntil: 2,
  validator: { etag: '"a"' },
}

describe('a page that is held', () => {
  it('is confirmed by a 304, and then as new as the answer', async () => {
    const client = clientOf({ kind: 'unchanged', validator: { etag: 'W/"a-gzip"' }, lifetimeMs: 120_000 })
    expect(await indexOver(client).getProject(acme, { held })).toEqual({
      ...held,
      checkedAt: NOW,
      freshUntil: NOW + 120_000,
      refreshUntil: NOW + 420_000,
    })
    expect(client.requests[0]?.validator).toEqual({ etag: '"a"' })
  })
  it('is not confirmed by a 304 that names another version: the page is asked for as it is', async () => {
    const client = clientOf({ kind: 'unchanged', validator: { etag: '"b"' } }, json([]))
    expect((await indexOver(client).getProject(acme, { held })).page?.files).toEqual([])
    expect(client.requests[1]).not.toHaveProperty('validator')
  })
})

it('an answer is as old as its question: what was published meanwhile is not in it', async () => {
  let now = NOW
  const client = clientOf(json([]))
  const slow = {
    ...client,
    getPage: (url: string, request: PageRequest) => ((now += 5000), client.getPage(url, request)),
  }
  const index = httpIndex(slow, {
    upstream: 'corp',
    url: 'https://corp.example/simple/',
    format: 'auto',
    emptyIsAbsent: false,
    windows: publicWindows({ staleForMs: 1 }),
    now: () => now,
  })
  expect((await index.getProject(acme)).checkedAt).toBe(NOW)
})

describe('a page without files', () => {
  it('is a page', async () => {
    expect((await indexOver(clientOf(json([]))).getProject(acme)).page?.files).toEqual([])
  })
  it('is an absence where the operator says so', async () => {
    expect((await indexOver(clientOf(json([])), true).getProject(acme)).page).toBeUndefined()
  })
  it('is a page all the same where it is quarantined, or where only its entries could not be used', async () => {
    const quarantined = json([], { 'project-status': { status: 'quarantined' } })
    const unusable = json([{ filename: 'other-1.0.tar.gz', url: 'other-1.0.tar.gz', hashes: {} }])
    for (const reply of [quarantined, unusable]) {
      expect((await indexOver(clientOf(reply), true).getProject(acme)).page?.files).toEqual([])
    }
  })
})

it('what cannot be read is a failure that names the upstream, and a later major version one that an operator must mend', async () => {
  const garbage = { ...json([]), body: Buffer.from('<') } as PageReply
  await expect(indexOver(clientOf(garbage)).getProject(acme)).rejects.toMatchObject({
    upstream: 'corp',
    code: 'bad-page',
    mayHeal: true,
  })
  const later = json([], { meta: { 'api-version': '2.0' } })
  await expect(indexOver(clientOf(later)).getProject(acme)).rejects.toMatchObject({
    code: 'api-version',
    mayHeal: false,
  })
})

it('the same list of projects stays the same object', async () => {
  const list = (names: string[]): PageReply =>
    ({
      ...json([]),
      body: Buffer.from(
        JSON.stringify({ meta: { 'api-version': '1.0' }, projects: names.map((each) => ({ name: each })) }),
      ),
    }) as PageReply
  const index = indexOver(clientOf(list(['b', 'a']), list(['a', 'b']), list(['a'])))
  const first = await index.listProjects()
  const second = await index.listProjects(first)
  const third = await index.listProjects(second)
  expect([second.names === first.names, third.names === first.names]).toEqual([true, false])
})

it('a list of which no entry can be read is a failure: an empty one would show that every name is absent', async () => {
  const html = (body: string): PageReply =>
    ({ ...json([]), mediaType: 'text/html', body: Buffer.from(body) }) as PageReply
  const slashes = html('<title>Index of simple</title><a href="acme//">acme/</a>')
  const names = { ...json([]), body: Buffer.from('{"projects":[{"name":"a b"}]}') } as PageReply
  for (const reply of [slashes, names])
    await expect(indexOver(clientOf(reply)).listProjects()).rejects.toMatchObject({
      upstream: 'corp',
      code: 'bad-page',
    })
  const parentAlone = html('<title>Index of simple</title><a href="/">Parent Directory</a>')
  expect((await indexOver(clientOf(parentAlone)).listProjects()).names.count).toBe(0)
})
