/** `unidex check --online`: upstreams of every habit, and what is said of them. */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type SimpleUpstream, sendJson, simpleUpstream, upstreamFile } from '../support/simple-upstream.ts'

const MAIN = new URL('../../src/cli/main.ts', import.meta.url).pathname
const SECRET = 'canary-of-check'

interface Said {
  readonly code: number | null
  /** Of each upstream its table, by topic with the sign in front. */
  readonly tables: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly text: string
}

async function checkOnline(upstreams: object, index: object = {}): Promise<Said> {
  const folder = mkdtempSync(join(tmpdir(), 'unidex-online-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const rules = join(folder, 'rules.json')
  const indexes = { default: { upstreams: Object.keys(upstreams), ...index } }
  writeFileSync(rules, JSON.stringify({ upstreams, indexes }, null, 2))
  const child = spawn(process.execPath, [MAIN, 'check', rules, '--online', '--data', join(folder, 'data')], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, CORP_TOKEN: SECRET },
  })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text += String(chunk)))
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  const tables = text.split('\n\n').flatMap((block) => {
    const name = /^Upstream (\w+), .*\n {2}[ !✗] transport /.exec(block)?.[1]
    const rows = block.matchAll(/^ {2}([ !✗]) (.{14})(.*)$/gm)
    return name === undefined
      ? []
      : [[name, Object.fromEntries(rows.map(([, sign, topic = '', said]) => [topic.trim(), `${sign} ${said}`]))]]
  })
  return { code, tables: Object.fromEntries(tables), text }
}

const GOOD = upstreamFile('six-1.0-py3-none-any.whl', 'wheel', {
  'upload-time': '2026-01-01T00:00:00Z',
  'core-metadata': true,
})

/** Does everything right: metadata, ranges, validators. */
async function goodUpstream(projects: SimpleUpstream['projects'] = { six: [GOOD] }): Promise<SimpleUpstream> {
  const upstream = await simpleUpstream(projects)
  upstream.instead = ({ url = '', headers }, response) => {
    if (url.endsWith('.metadata')) response.end('Metadata-Version: 2.1\n')
    else if (url.startsWith('/files/') && headers.range !== undefined)
      response.writeHead(206, { 'content-range': 'bytes 1-4/5', 'content-length': 4 }).end('heel')
    else if (headers['if-none-match'] !== undefined) response.writeHead(304).end()
    else {
      if (url.startsWith('/simple/')) response.setHeader('etag', '"1"').setHeader('cache-control', 'max-age=600')
      return false
    }
    return true
  }
  return upstream
}

describe('unidex check --online', () => {
  it('of an upstream that does everything right has nothing to mind, and exits with 0', async () => {
    const { url, requests } = await goodUpstream()
    const { code, tables, text } = await checkOnline({ pypi: { url } })
    expect(tables['pypi']).toEqual({
      transport: '  plain http on this machine',
      list: '  1 project',
      'no such name': '  it says that it does not have it',
      format: '  JSON',
      credentials: '  none are configured, and none were asked for',
      spelling:
        '  other spellings of a name are not found there; Unidex asks for normalized names only, so that they work here',
      caching: '  ETag, and 304 where nothing has changed; pages are good for 10 minutes',
      'upload times': '  of all files',
      sizes: '  of all files',
      hashes: '  sha256 or stronger, of all files',
      metadata: '  is there where it is promised',
      files: '  are there, and are given in parts',
    })
    expect(text).toContain(`Upstream pypi, ${url}, as six shows`)
    expect(code).toBe(0)
    expect(requests.length).toBeLessThan(12)
  })

  it('says which client trips over what is missing', async () => {
    const { url } = await simpleUpstream({
      six: [
        upstreamFile('six-1.0-py3-none-any.whl', 'wheel', {
          size: undefined,
          hashes: { md5: 'd41d8cd98f00b204e9800998ecf8427e' },
          'core-metadata': true,
        }),
      ],
    })
    const { code, tables } = await checkOnline({ pypi: { url } })
    expect(code).toBe(0)
    expect(tables['pypi']).toMatchObject({
      'upload times': expect.stringMatching(
        /^! none: pip --uploaded-prior-to ends with an error, uv and PDM.*"uploadTimes": "first-seen"/,
      ),
      hashes: expect.stringMatching(/^! none with sha256 or stronger/),
      caching: expect.stringMatching(/^! neither ETag nor Last-Modified/),
      metadata: '! of six-1.0-py3-none-any.whl is promised and not there: pip (23.2 and newer), uv and pipenv give up',
      files: expect.stringMatching(/^! are there, but never in parts/),
    })
  })

  it('does not mind missing times where files have those at which they were first seen', async () => {
    const { url } = await simpleUpstream({ six: [upstreamFile('six-1.0-py3-none-any.whl')] })
    const { tables } = await checkOnline({ pypi: { url, uploadTimes: 'first-seen' } })
    expect(tables['pypi']?.['upload times']).toMatch(/^ {2}none; pages have the time/)
  })

  it.each<[string, SimpleUpstream['instead'], RegExp]>([
    [
      'sends it elsewhere',
      (_, response) => Boolean(response.writeHead(302, { location: 'https://pypi.org/simple/x/' }).end()),
      /^✗ .*redirects to another origin, https:\/\/pypi\.org.*--disable-fallback/,
    ],
    ['denies it', (_, response) => Boolean(response.writeHead(403).end()), /^✗ .*"absentOn": \[403\]$/],
    [
      'gives an empty page',
      ({ url }, response) => {
        sendJson(response, { meta: { 'api-version': '1.1' }, name: url?.split('/')[2], files: [] })
        return true
      },
      /^✗ .*"emptyIsAbsent": true$/,
    ],
    ['fails', (_, response) => Boolean(response.writeHead(500).end()), /^✗ .*answered 500, so nothing that it lacks/],
  ])('an upstream that for a name that it lacks %s cannot be used', async (_, answer, said) => {
    const upstream = await goodUpstream()
    const good = upstream.instead
    upstream.instead = (request, response) =>
      request.url?.includes('no-such-project') ? answer?.(request, response) : good?.(request, response)
    const { code, tables } = await checkOnline({ pypi: { url: upstream.url } })
    expect(tables['pypi']?.['no such name']).toMatch(said)
    expect(code).toBe(1)
  })

  it('a copy of PyPI is not private', async () => {
    const { url } = await goodUpstream({ six: [GOOD], pip: [], setuptools: [] })
    const { code, tables } = await checkOnline({ corp: { url, private: true } })
    expect(tables['corp']?.['list']).toMatch(/^✗ 3 projects, PyPI's among them: it is no private index/)
    expect(code).toBe(1)
  })

  it.each([
    [
      'one that has its own list can be used',
      {},
      0,
      /^! it sends whoever asks to PyPI.*what its list does not have counts as absent/,
    ],
    [
      'one whose list is empty cannot',
      { '/simple/': 0 },
      1,
      /^✗ it sends whoever asks to PyPI, and its list is empty, as GitLab's is/,
    ],
    [
      'one without a list cannot',
      { '/simple/': 404 },
      1,
      /^✗ .*redirects to another origin, https:\/\/pypi\.org.*Package forwarding/,
    ],
  ])(
    'a private upstream that sends whoever asks to PyPI: %s',
    async (_, answers: Record<string, number>, exit, said) => {
      const corp = await goodUpstream({ acme: [GOOD] })
      const good = corp.instead
      corp.instead = (request, response) => {
        const { url = '' } = request
        const status = answers[url]
        if (status === 0) sendJson(response, { meta: { 'api-version': '1.1' }, projects: [] })
        else if (status !== undefined) response.writeHead(status).end()
        if (status !== undefined) return true
        if (!/^\/simple\/(?!acme\/)./.test(url)) return good?.(request, response)
        return Boolean(response.writeHead(302, { location: `https://pypi.org${url}` }).end())
      }
      const { code, tables } = await checkOnline({ corp: { url: corp.url, private: true, owns: ['acme'] } })
      expect(tables['corp']?.['no such name']).toMatch(said)
      expect(code).toBe(exit)
    },
  )

  it('a private upstream that lists well-known public projects is asked whether it has PyPI in it', async () => {
    const file = (name: string) => [upstreamFile(`${name}-1.0.tar.gz`)]
    const own = await goodUpstream({ numpy: file('numpy') })
    const virtual = await goodUpstream({ numpy: file('numpy'), pip: file('pip'), setuptools: file('setuptools') })
    const good = virtual.instead
    // It lists what was asked for before.
    virtual.instead = (request, response) => {
      if (request.url !== '/simple/') return good?.(request, response)
      sendJson(response, { meta: { 'api-version': '1.1' }, projects: [{ name: 'numpy' }] })
      return true
    }
    const { code, tables } = await checkOnline({
      own: { url: own.url, private: true },
      virtual: { url: virtual.url, private: true },
    })
    expect(tables['own']?.['public names']).toBe(
      '! its list has numpy: these are its own, and come from no public index',
    )
    expect(tables['virtual']?.['public names']).toMatch(/^✗ it gives pip and setuptools, .* it is no private index/)
    expect(code).toBe(1)
  })

  it('files that may not be fetched are said, with what to add', async () => {
    const file = upstreamFile('six-1.0.tar.gz', 'x', { url: 'https://files.example.com/six-1.0.tar.gz' })
    const { url } = await simpleUpstream({ six: [file] })
    const { code, tables } = await checkOnline({ pypi: { url } })
    expect(tables['pypi']?.['places']).toMatch(/^✗ 1 file of 1 outside "filesAt".*"https:\/\/files\.example\.com\/"/)
    expect(code).toBe(1)
  })

  it('credentials that work are told from those that are not needed, and shown to nobody', async () => {
    const auth = { token: { env: 'CORP_TOKEN' } }
    const [closed, open] = [await goodUpstream(), await goodUpstream()]
    const good = closed.instead
    closed.instead = (request, response) =>
      request.headers.authorization === `Bearer ${SECRET}`
        ? good?.(request, response)
        : Boolean(response.writeHead(401).end())
    const { code, tables, text } = await checkOnline({
      closed: { url: closed.url, auth },
      open: { url: open.url, auth },
    })
    expect(tables['closed']?.['credentials']).toBe('  accepted, and it refuses whoever has none')
    expect(tables['open']?.['credentials']).toBe('! accepted, but it gives the page without them as well')
    expect(code).toBe(0)
    expect(text).not.toContain(SECRET)
    const wrong = await checkOnline({ closed: { url: closed.url, auth: { token: { env: 'NOT_SET' } } } })
    expect([wrong.code, wrong.text]).toEqual([1, expect.stringContaining('NOT_SET')])
  })

  it('asks a private upstream for its own names, and nobody else for them', async () => {
    const corp = await goodUpstream({ 'acme-core': [upstreamFile('acme_core-1.0.tar.gz')] })
    const pypi = await goodUpstream()
    const { text } = await checkOnline({
      corp: { url: corp.url, private: true, owns: ['acme-core'] },
      pypi: { url: pypi.url },
    })
    expect(text).toContain('as acme-core shows')
    expect(corp.requests.join('\n')).not.toMatch(/pip|six/)
    const empty = await goodUpstream({})
    await checkOnline({ corp: { url: empty.url, private: true } })
    expect(empty.requests.map((each) => each.replace(/-[0-9a-f]{16}/, ''))).toEqual(
      expect.arrayContaining(['GET /simple/', 'GET /simple/no-such-project/']),
    )
    expect(empty.requests).toHaveLength(2)
    expect(pypi.requests.join('\n')).not.toMatch(/acme/i)
  })

  it('an expectation that is broken exits with 2, with its line', async () => {
    const [corp, pypi] = [await goodUpstream(), await goodUpstream()]
    const { code, text } = await checkOnline(
      { corp: { url: corp.url }, pypi: { url: pypi.url } },
      { expect: { six: 'pypi' } },
    )
    expect(text).toMatch(/rules\.json:\d+:\d+: "six" is expected from "pypi", and "corp" would give it/)
    expect(code).toBe(2)
  })

  it('an upstream that is down cannot be used, and no word of an upstream moves the cursor', async () => {
    const down = await simpleUpstream()
    await down.stop()
    const odd = await simpleUpstream()
    odd.instead = (_, response) => Boolean(response.writeHead(200, { 'content-type': 'text/\u009b31m' }).end())
    const { code, tables, text } = await checkOnline({ down: { url: down.url }, odd: { url: odd.url } })
    expect(code).toBe(1)
    expect(tables['down']?.['pages']).toMatch(/^✗ cannot be used: GET \/simple\/pip\/ failed/)
    expect(tables['odd']?.['pages']).toMatch(/^✗ /)
    expect(text).not.toMatch(/[^\P{Cc}\n]/u)
  })
})
