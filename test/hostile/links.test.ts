import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { sendJson, simpleUpstream, upstreamFile } from '../support/simple-upstream.ts'
import { startUnidex } from '../support/unidex.ts'

/** A server that nobody should ever connect to. */
async function canary(): Promise<{ readonly port: number; readonly connections: () => number }> {
  let count = 0
  const server = createServer((socket) => {
    count += 1
    socket.destroy()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const address = server.address()
  return { port: typeof address === 'object' && address !== null ? address.port : 0, connections: () => count }
}

/** Ways to write the loopback address, or one that leads there. */
const HOSTS = [
  '127.0.0.1',
  '127.1',
  '127.0.1',
  '127.0.0.1.',
  '2130706433',
  '0x7f000001',
  '0x7f.0.0.1',
  '0177.0.0.1',
  '017700000001',
  '0',
  '0.0.0.0',
  '0x0',
  '[::1]',
  '[::]',
  '[::ffff:127.0.0.1]',
  '[::ffff:7f00:1]',
  '[0:0:0:0:0:ffff:7f00:1]',
  '[64:ff9b::7f00:1]',
  'localhost',
  'LOCALHOST',
  'localhost.',
  'a.localhost',
  '127。0。0。1',
  '①②⑦.0.0.1',
  '１２７.０.０.１',
  '%31%32%37.0.0.1',
  '127.0.0.1%2f.example',
  'ci:x@127.0.0.1',
  'files.example@127.0.0.1',
  'files.example%40127.0.0.1',
  'files.example\\@127.0.0.1',
  '127.0.0.1#@files.example',
  '127.0.0.1?@files.example',
  '127.0.0.1\\@files.example',
  'files.example:80@127.0.0.1',
  '127.0.0.1.nip.io',
  'ⓛocalhost',
  'loc\u00adalhost',
  'loc%C2%ADalhost',
  '127.00.00.01',
  '127.0.0.01',
  '0127.0.0.1',
  '127.255.255.254',
] as const

/** What stands between the scheme and the rest. */
const FORMS = [
  'http://HOST:PORT/PATH',
  '//HOST:PORT/PATH',
  'http:HOST:PORT/PATH',
  'http:\\\\HOST:PORT\\PATH',
  'hTTp:///HOST:PORT/PATH',
  'http:/\t/HOST:PORT/PATH',
  ' http://HOST:PORT/PATH',
  'https://HOST:PORT/PATH',
  'ftp://HOST:PORT/PATH',
  'ws://HOST:PORT/PATH',
  'view-source:http://HOST:PORT/PATH',
  '\\/\\/HOST:PORT/PATH',
  '/\t/HOST:PORT/PATH',
] as const

/** Files and services of a machine or of its cloud. */
const OTHERS = [
  'file:///etc/FILE',
  'file://127.0.0.1/FILE',
  'gopher://127.0.0.1:PORT/_FILE',
  'dict://127.0.0.1:PORT/FILE',
  'data:text/plain,FILE',
  'javascript:FILE',
  'blob:http://127.0.0.1:PORT/FILE',
  'jar:http://127.0.0.1:PORT!/FILE',
  'http://169.254.169.254/FILE',
  'http://[fd00:ec2::254]/FILE',
  'http://metadata.google.internal/FILE',
  'http://100.100.100.200/FILE',
  'http://10.0.0.1/FILE',
  'http://192.168.0.1/FILE',
  'http://[fe80::1]/FILE',
  'unix:///var/run/docker.sock/FILE',
  'http+unix://%2Fvar%2Frun%2Fdocker.sock/FILE',
]

test('whatever a page links to, files are fetched below "filesAt" and nowhere else', async () => {
  const { port, connections } = await canary()
  const links = [
    ...HOSTS.flatMap((host) => FORMS.map((form) => form.replace('HOST', host).replace('PORT', String(port)))),
    ...OTHERS.map((link) => link.replace('PORT', String(port)).replace('FILE', 'PATH')),
  ]
  expect(links.length).toBeGreaterThan(500)
  const upstream = await simpleUpstream()
  const names = links.map((_, at) => `acme-${at}.tar.gz`)
  upstream.instead = (request, response) => {
    if (request.url !== '/simple/acme/') return false
    sendJson(response, {
      name: 'acme',
      files: links.map((link, at) => ({ filename: names[at], url: link.replace('PATH', names[at] ?? ''), hashes: {} })),
    })
    return true
  }
  const { json, get } = await startUnidex({
    upstreams: { a: { url: upstream.url } },
    indexes: { default: { upstreams: ['a'] } },
  })
  // What is left lies on the upstream itself: `http:HOST…` and the like are relative there.
  const own = new URL(upstream.url).host
  for (const { url } of (await json('/simple/acme/')).files) expect(String(url)).toMatch(`../../files/a/${own}/`)

  const askedBefore = upstream.requests.length
  for (const [at, name] of names.entries()) {
    const link = (links[at] ?? '').replace('PATH', name)
    const direct = link.replace(/^[a-z+]*:?[\\/]*/i, '')
    for (const path of [`/files/a/${direct}`, `/files/a/${encodeURIComponent(direct)}`, `/files/a/${link}`]) {
      const response = await get(path.replaceAll(/[#?\t ]/g, '')).catch(() => undefined)
      expect(response?.status ?? 404).toBeGreaterThanOrEqual(400)
    }
  }
  expect(connections()).toBe(0)
  expect(upstream.requests.slice(askedBefore).filter((each) => /etc|latest|169/.test(each))).toEqual([])
}, 60_000)

test('a redirect of a file leads below "filesAt" or nowhere', async () => {
  const { port, connections } = await canary()
  const upstream = await simpleUpstream({ acme: [upstreamFile('acme-1.0.tar.gz', 'right')] })
  const { get, json } = await startUnidex({
    upstreams: { a: { url: upstream.url } },
    indexes: { default: { upstreams: ['a'] } },
  })
  const [file] = (await json('/simple/acme/')).files
  const path = new URL(String(file?.['url']), 'http://127.0.0.1/simple/acme/').pathname
  const places = HOSTS.map((host) => `http://${host}:${port}/acme-1.0.tar.gz`)
  for (const place of [...places, ...OTHERS.map((each) => each.replace('PORT', String(port)))]) {
    upstream.instead = (request, response) => {
      if (!request.url?.startsWith('/files/')) return false
      const location = Buffer.from(place)
        .toString('latin1')
        .replaceAll(/[\r\n]/g, '')
      response.writeHead(302, { location }).end()
      return true
    }
    const response = await get(path)
    // Some forms are relative and lead back to the upstream, which then redirects for ever.
    expect([502, 503]).toContain(response.status)
  }
  expect(connections()).toBe(0)
  upstream.instead = undefined
  expect(await (await get(path)).text()).toBe('right')
})

test('the query of a link, which may be a signature, is asked with and shown to nobody', async () => {
  const signature = 'signature=canary-of-the-query'
  const upstream = await simpleUpstream()
  let status = 200
  upstream.instead = (request, response) => {
    if (request.url === '/simple/acme/') {
      const url = `/files/acme-1.0.tar.gz?${signature}`
      sendJson(response, { name: 'acme', files: [{ filename: 'acme-1.0.tar.gz', url, hashes: {} }] })
    } else if (request.url?.startsWith('/files/')) {
      response.writeHead(status, { location: `http://evil.example/?${signature}` }).end('right')
    } else return false
    return true
  }
  const { json, get, events } = await startUnidex({
    upstreams: { a: { url: upstream.url } },
    indexes: { default: { upstreams: ['a'] } },
  })
  const page = await json('/simple/acme/')
  const path = new URL(String(page.files[0]?.['url']), 'http://127.0.0.1/simple/acme/').pathname
  const shown: string[] = [JSON.stringify(page)]
  for (status of [200, 302, 401, 403, 404, 429, 500]) {
    for (const each of [path, `${path}.metadata`, `${path}.asc`]) {
      const response = await get(each)
      shown.push(JSON.stringify([...response.headers]), await response.text())
    }
  }
  expect(upstream.requests).toContain(`GET /files/acme-1.0.tar.gz?${signature}`)
  expect([...shown, JSON.stringify(events)].filter((each) => each.includes('canary'))).toEqual([])
})

test('no name of a project or a file becomes a path: neither on the disk nor at the upstream', async () => {
  const upstream = await simpleUpstream({ acme: [upstreamFile('acme-1.0.tar.gz')] })
  const { get } = await startUnidex({
    upstreams: { a: { url: upstream.url } },
    indexes: { default: { upstreams: ['a'] } },
  })
  const host = new URL(upstream.url).host
  const pieces = [
    '..',
    '%2e%2e',
    '..%2f',
    '%252e%252e%252f',
    '..%5c',
    '..\\',
    '.%00',
    '%00',
    'C:',
    'CON',
    '%ff',
    '%c0%ae%c0%ae',
    '~',
    '.',
    '...',
    '%2f%2fetc',
    '\u202e',
    '%e2%80%ae',
    'a'.repeat(300),
    '-',
    '_',
    '$(x)',
    ';x',
    '|x',
    '`x`',
    '%0d%0aset-cookie:x',
    '{{x}}',
    '%7b%7b',
    'x%20',
    '*',
    '?',
    '&',
    '@evil.example',
    '//evil.example',
  ]
  for (const one of pieces) {
    for (const two of ['', ...pieces]) {
      const name = `${one}${two}`
      for (const path of [
        `/simple/${name}/`,
        `/simple/${name}acme/`,
        `/${name}/simple/acme/`,
        `/files/a/${host}/files/${name}/acme-1.0.tar.gz`,
        `/files/a/${host}/files/${name}acme-1.0.tar.gz`,
        `/files/${name}/${host}/files/acme-1.0.tar.gz`,
        `/files/a/${name}/acme-1.0.tar.gz`,
      ]) {
        const response = await get(`http://127.0.0.1:8642${path}`)
        expect({ path, isOurs: response.status < 500 }).toEqual({ path, isOurs: true })
        await response.arrayBuffer()
      }
    }
  }
  const strange = upstream.requests.filter(
    (each) => !/^(?:GET|HEAD) \/(?:simple\/(?:[a-z0-9]+(?:-[a-z0-9]+)*\/)?|files\/acme-1\.0\.tar\.gz)$/.test(each),
  )
  expect(strange).toEqual([])
}, 60_000)
